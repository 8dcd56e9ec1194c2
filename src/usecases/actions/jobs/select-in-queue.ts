import type { JobFilter } from '../../../domain/job-filter.ts'
import type { QueueRef } from '../../../domain/queue.ts'
import type { Deps } from '../../deps.ts'
import type { Found } from './found.ts'
import { operatorOf } from './operator-of.ts'
import { selectStuck } from './select-stuck.ts'

/** A preview that takes longer than this is given up: a narrower filter, or a limit, answers sooner. */
const SELECT_MS = 60_000

/** The jobs of one queue that a filter means. */
export async function selectInQueue(
  deps: Pick<Deps, 'systems' | 'clock'>,
  ref: QueueRef,
  filter: JobFilter,
  most: number,
): Promise<Found> {
  const watch = { onProgress: () => {}, signal: AbortSignal.timeout(SELECT_MS) }
  const selection = filter.states.includes('active')
    ? await selectStuck(deps, ref, filter, { most, watch })
    : await operatorOf(deps, ref).select(ref.queue, filter, most, watch)
  return { ref, ...selection }
}
