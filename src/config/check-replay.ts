import type { Problem } from './problems.ts'
import type { ConfigFile } from './schema.ts'

/** A ramp must rise, and what is watched must be waited for. */
export const checkReplay = ({ replay }: ConfigFile): Problem[] => [
  ...checkRamp(replay.ramp),
  ...(replay.patience < replay.watch
    ? [
        {
          path: ['replay', 'patience'],
          words:
            'must not be shorter than replay.watch: jobs may take as long as they are watched.',
        },
      ]
    : []),
]

type Step = ConfigFile['replay']['ramp'][number]

/** Numbers among themselves, and per cents: which of the two is more depends on how many jobs there are. */
function checkRamp(steps: readonly Step[]): Problem[] {
  return steps.flatMap((step, index) => {
    const isDown = steps.slice(0, index).some((earlier) => !rises(earlier, step))
    return isDown
      ? [{ path: ['replay', 'ramp', index], words: 'must be more than the steps before it.' }]
      : []
  })
}

function rises(from: Step, to: Step): boolean {
  if ('jobs' in from && 'jobs' in to) return from.jobs < to.jobs
  return 'share' in from && 'share' in to ? from.share < to.share : true
}
