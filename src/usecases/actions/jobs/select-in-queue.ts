import type { JobFilter } from '../../../domain/job-filter.ts'
import type { QueueRef } from '../../../domain/queue.ts'
import type { Deps } from '../../deps.ts'
import { operatorOf } from './operator-of.ts'
import type { Found } from './resolve-jobs.ts'

/** A preview that takes longer than this is given up: a narrower filter, or a limit, answers sooner. */
const SELECT_MS = 60_000

/** The jobs of one queue that a filter means. */
export async function selectInQueue(
  deps: Pick<Deps, 'systems'>,
  ref: QueueRef,
  filter: JobFilter,
  most: number,
): Promise<Found> {
  const selection = await operatorOf(deps, ref).select(ref.queue, filter, most, {
    onProgress: () => {},
    signal: AbortSignal.timeout(SELECT_MS),
  })
  return { ref, ...selection }
}
