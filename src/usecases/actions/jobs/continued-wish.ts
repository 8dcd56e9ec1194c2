import type { RampWish } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import type { JobsWish } from './resolve-jobs.ts'

/**
 * A replay that goes on with another one goes where that one went and as carefully, but for its waves, unless it is
 * told otherwise. To be asked before rights are: it may be about a second queue.
 */
export async function continuedWish(
  { store }: Pick<Deps, 'store'>,
  wish: JobsWish,
): Promise<JobsWish> {
  const { continues } = wish.options
  const former = continues === undefined ? null : await store.now.plans.byNumber(continues)
  if (former === null || former.action !== 'replay' || former.jobs === null) return wish
  const { target, resetsAttempts, ramp } = former.jobs.options
  const inherited = {
    ...(target === undefined ? {} : { target }),
    ...(resetsAttempts === undefined ? {} : { resetsAttempts }),
  }
  const how = { ...withoutSteps(ramp), ...wish.options.ramp }
  return { ...wish, options: { ...inherited, ...wish.options, ramp: how } }
}

function withoutSteps(ramp: RampWish = {}): RampWish {
  const { steps: _, ...limits } = ramp
  return limits
}
