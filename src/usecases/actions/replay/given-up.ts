import { OperatorError } from '../../../domain/errors.ts'
import type { Deps } from '../../deps.ts'
import { LeaseLost } from '../execution.ts'
import { operatorOf } from '../jobs/operator-of.ts'
import { goOnHalting, takeFailed } from './halting.ts'
import { observe } from './observe.ts'
import { refreshed, type Run } from './run.ts'

const AT_ONCE = 20
/** After this what is left in line stays there: whatever is in the way, the queue is not kept from another replay. */
const LONGEST_MS = 60 * 60_000

/**
 * Goes on with the halting of replays whose plans were given up: what they have in line is taken back, what failed
 * again goes to the vault. One look at each of them; to be called again and again.
 */
export async function endGivenUp(deps: Deps): Promise<void> {
  for (const planId of await deps.store.now.replays.givenUp(AT_ONCE)) {
    try {
      await goOn(deps, planId)
    } catch (error) {
      // Its system is away still, or not configured any more; or another replica was faster.
      if (error instanceof OperatorError || error instanceof LeaseLost) continue
      const about = { event: 'replay.not_ended', plan: planId, err: error }
      deps.log.error(about, 'a replay that was given up could not be ended')
    }
  }
}

async function goOn(deps: Deps, planId: string): Promise<void> {
  const plan = await deps.store.now.plans.byId(planId)
  const replay = await deps.store.now.replays.byPlan(planId)
  const [queue] = plan?.queues ?? []
  const planned = plan?.jobs?.replay
  if (plan === null || replay === null || queue === undefined || planned === undefined) return
  const now = deps.clock.now()
  if (now.getTime() > (plan.finishedAt ?? now).getTime() + LONGEST_MS) {
    await deps.store.now.replays.change(planId, { state: 'halted', endedAt: now }, now)
    return
  }
  // What is in doubt of it may be in line: that is settled first.
  if ((await deps.store.now.slices.open(planId, queue.ref, 1)).length > 0) return
  const { ref } = replay
  const part = { plan, fence: 0, attempt: 0, queue, wasTouched: true, isEnding: true }
  const run: Run = { part, planned, replay, operator: operatorOf(deps, ref), ref }
  await observe(deps, run, true)
  if ((await goOnHalting(deps, await refreshed(deps, run))) === 'again')
    await takeFailed(deps, await refreshed(deps, run), null)
}
