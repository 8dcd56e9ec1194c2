import type { JobEnd } from '../../../domain/job.ts'
import type { Guard } from '../../../domain/ports/job-operator.ts'
import { loadScript } from '../scripts.ts'
import type { JobsOf } from './guard.ts'
import type { SafeCopy } from './take.ts'
import { changeWaiting, type Places } from './walk-line.ts'

const script = loadScript(
  'take-line',
  'room',
  'guard',
  'clock',
  'ties',
  'look',
  'removed',
  'walk',
  'stretch',
)

/** Removes jobs out of the lists in which they wait, each only if it is still what was copied. */
export const takeFromLine = (
  jobs: JobsOf,
  guard: Guard,
  places: Places,
  copies: readonly SafeCopy[],
): Promise<readonly JobEnd[]> =>
  changeWaiting(
    jobs,
    guard,
    places,
    { script, option: (state) => state },
    copies.map(({ id, digest }) => ({ id, about: digest })),
  )
