import type { JobEnd } from '../../../domain/job.ts'
import type { Guard } from '../../../domain/ports/job-operator.ts'
import { loadScript } from '../scripts.ts'
import type { Pace } from './batches.ts'
import { changeInLine, type LineOf } from './line.ts'

const script = loadScript('retry', 'guard', 'clock', 'in-line')

/**
 * Failed jobs in line again, as BullMQ 6 retries a single one, whatever version wrote them: with their priority,
 * or behind all (in front of all for `lifo`, and with `isFirst`), and aside while the queue is paused that way. Without
 * `resetsAttempts` an exhausted job gets one more try. Deduplication keys are left alone, as BullMQ does. A child
 * goes back among those that its parent waits for; it is skipped as `child` while its parent, not ended yet, went
 * on without it, for that parent would not take its result, or fail because it waits for it again.
 */
export const retryJobs = (
  line: LineOf,
  guard: Guard,
  pace: Pace,
  ids: readonly string[],
  resetsAttempts: boolean,
  isFirst = false,
): Promise<readonly JobEnd[]> => {
  const options = [resetsAttempts ? 1 : 0, isFirst ? 1 : 0]
  const change = { script, pace, options, isFirst }
  return changeInLine(line, guard, change, ids, (id) => ({ id, args: [id] }))
}
