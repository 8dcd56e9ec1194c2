import type { JobEnd, JobState } from '../../../domain/job.ts'
import type { Guard } from '../../../domain/ports/job-operator.ts'
import { loadScript } from '../scripts.ts'
import type { Pace } from './batches.ts'
import { changeInLine, type LineOf } from './line.ts'
import { changeWaiting, type Places } from './walk-line.ts'

const script = loadScript('reprioritize', 'guard', 'clock', 'in-line')
const lineScript = loadScript('reprioritize-line', 'guard', 'clock', 'in-line', 'walk', 'stretch')

/** Of one call for waiting jobs of any list, or for all others. */
interface Learned {
  readonly pace: Pace
  readonly places: Places
}

/**
 * Jobs get this priority (0 is none), as BullMQ 6 changes a single one: prioritized ones go behind the others of
 * that priority, or behind all that wait; waiting ones leave their list, which is gone through once, however long it
 * is; delayed ones have it when they are due. Active and ended jobs are skipped as `moved`.
 */
export async function reprioritizeJobs(
  line: LineOf,
  guard: Guard,
  { pace, places }: Learned,
  state: JobState,
  ids: readonly string[],
  priority: number,
): Promise<readonly JobEnd[]> {
  if (state === 'waiting' && priority > 0) {
    const style = await line.pauseStyle()
    const wanted = ids.map((id) => ({ id, about: priority }))
    return await changeWaiting(
      line,
      guard,
      places,
      { script: lineScript, option: () => style },
      wanted,
    )
  }
  if (state !== 'waiting' && state !== 'prioritized' && state !== 'delayed') {
    return ids.map((id) => ({ id, skipped: 'moved' }))
  }
  const change = { script, pace, options: [state, priority] }
  return await changeInLine(line, guard, change, ids, (id) => ({ id, args: [id] }))
}
