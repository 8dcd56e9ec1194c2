import { LEAST_SUCCESS } from '../domain/replay-ramp.ts'
import type { Path, Problem } from './problems.ts'
import type { ConfigFile } from './schema.ts'

const DAY_MS = 24 * 60 * 60_000

/** A ramp must rise, a share that has to succeed must be one, and no wave may take for ever. */
export function checkReplay({ replay, recovery }: ConfigFile): Problem[] {
  const problems = checkRamp(replay.ramp)
  const say = (path: Path, words: string): void => void problems.push({ path, words })
  if (replay.success < LEAST_SUCCESS)
    say(['replay', 'success'], `must be at least ${100 * LEAST_SUCCESS}%.`)
  if (recovery.success === 0) say(['recovery', 'success'], 'must be more than nothing.')
  if (replay.patience < replay.watch)
    say(['replay', 'patience'], 'must not be shorter than replay.watch.')
  const times = [
    { path: ['replay', 'patience'], ms: replay.patience },
    { path: ['replay', 'max_wait'], ms: replay.max_wait },
    { path: ['recovery', 'for'], ms: recovery.for },
  ]
  for (const { path } of times.filter(({ ms }) => ms > DAY_MS)) say(path, 'must be at most 1d.')
  return problems
}

type Step = ConfigFile['replay']['ramp'][number]

const checkRamp = (steps: readonly Step[]): Problem[] =>
  steps.flatMap((step, index) =>
    isBeyond(step, steps[index - 1])
      ? []
      : [
          {
            path: ['replay', 'ramp', index],
            words: 'must go beyond the step before it: numbers of jobs first, then per cents.',
          },
        ],
  )

/** Whether 5 % is more than 10 jobs is known once there are jobs, so numbers come first. */
function isBeyond(step: Step, before: Step | undefined): boolean {
  if (before === undefined) return true
  if ('jobs' in step) return 'jobs' in before && step.jobs > before.jobs
  return 'jobs' in before || step.share > before.share
}
