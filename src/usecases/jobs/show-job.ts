import type { QueueRef } from '../../domain/queue.ts'
import type { JobView } from '../../domain/views-jobs.ts'
import type { Deps } from '../deps.ts'
import { ignoreDatabase } from '../queues/list-queues.ts'
import { jobReaderOf } from './job-reader-of.ts'

/** One job, wherever it is: in its queue, in the vault, or gone. Throws what systems throw. */
export async function showJob(
  deps: Pick<Deps, 'store' | 'systems' | 'clock'>,
  { ref, id }: { readonly ref: QueueRef; readonly id: string },
): Promise<JobView> {
  const [detail, stays] = await Promise.all([
    jobReaderOf(deps, ref).job(ref.queue, id),
    deps.store.now.vaultReads.ofJob(ref, id).catch(ignoreDatabase),
  ])
  return { ref, id, detail, stays, at: deps.clock.now() }
}
