import type { JobEnd } from '../../../domain/job.ts'
import type { Guard } from '../../../domain/ports/job-operator.ts'
import { loadScript } from '../scripts.ts'
import type { Pace } from './batches.ts'
import { changeInLine, type LineOf } from './line.ts'

const script = loadScript('promote', 'guard', 'clock', 'in-line')

/** Delayed jobs in line now, as BullMQ promotes a single one: with their priority, or behind all. */
export const promoteJobs = (
  line: LineOf,
  guard: Guard,
  pace: Pace,
  ids: readonly string[],
): Promise<readonly JobEnd[]> =>
  changeInLine(line, guard, { script, pace, options: [] }, ids, (id) => ({ id, args: [id] }))
