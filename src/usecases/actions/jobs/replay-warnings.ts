import type { PlannedJobs } from '../../../domain/action.ts'
import type { QueueOverview } from '../../../domain/queue.ts'
import { plural } from '../../../domain/text.ts'

/**
 * Why a replay in its own queue might prove nothing, or take longer than it looks, for whoever approves it; of
 * another queue that it goes to, see `targetWarnings`.
 */
export function replayWarnings(
  { replay, options }: Pick<PlannedJobs, 'replay' | 'options'>,
  { isPaused, workers, counts }: Pick<QueueOverview, 'isPaused' | 'workers' | 'counts'>,
): readonly string[] {
  if (replay === undefined || options.target !== undefined) return []
  return [
    ...(isPaused ? ['The queue is paused: nothing would run. Resume it first, slowly.'] : []),
    ...(workers === 0 ? ['No worker is connected: nothing would run until one is.'] : []),
    ...(counts.prioritized === 0
      ? []
      : [
          `${plural(counts.prioritized, 'job')} there ${counts.prioritized === 1 ? 'has' : 'have'} a priority: what is replayed keeps its own, and goes ahead of its equals only.`,
        ]),
  ]
}
