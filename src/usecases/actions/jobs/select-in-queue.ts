import { OperatorError } from '../../../domain/errors.ts'
import { MOST_JOBS, SELECT_MS } from '../../../domain/job-actions.ts'
import type { JobFilter } from '../../../domain/job-filter.ts'
import type { Watch } from '../../../domain/ports/job-operator.ts'
import type { QueueRef } from '../../../domain/queue.ts'
import type { Deps } from '../../deps.ts'
import { countOf, type Found } from './found.ts'
import { operatorOf } from './operator-of.ts'
import { selectStuck } from './select-stuck.ts'

/**
 * The jobs of these queues that a filter means, one queue after the other. `onProgress` hears the share that was
 * looked at, 0 to 1. Throws `busy` where that takes too long.
 */
export async function selectInQueues(
  deps: Pick<Deps, 'systems' | 'clock'>,
  refs: readonly QueueRef[],
  filter: JobFilter,
  onProgress: (share: number) => void,
): Promise<readonly Found[]> {
  const found: Found[] = []
  const signal = AbortSignal.timeout(SELECT_MS)
  let room = Math.min(filter.limit ?? MOST_JOBS, MOST_JOBS)
  for (const [index, ref] of refs.entries()) {
    if (room <= 0) break
    const watch: Watch = {
      signal,
      onProgress: (share) => onProgress((index + share) / refs.length),
    }
    const one = await selectInQueue(deps, ref, filter, { most: room, watch })
    found.push(one)
    room -= countOf(one)
  }
  return found
}

async function selectInQueue(
  deps: Pick<Deps, 'systems' | 'clock'>,
  ref: QueueRef,
  filter: JobFilter,
  { most, watch }: { readonly most: number; readonly watch: Watch },
): Promise<Found> {
  try {
    const selection = filter.states.includes('active')
      ? await selectStuck(deps, ref, filter, { most, watch })
      : await operatorOf(deps, ref).select(ref.queue, filter, most, watch)
    return { ref, ...selection }
  } catch (error) {
    throw watch.signal.aborted && error === watch.signal.reason ? tookTooLong(error) : error
  }
}

const tookTooLong = (cause: unknown): OperatorError =>
  new OperatorError(
    'busy',
    `Looking through so many jobs took longer than ${SELECT_MS / 1000} s and was given up.`,
    'Nothing was changed. Name one state, an exact `type:`, an `id:` or a `limit:`: those are found sooner.',
    cause,
  )
