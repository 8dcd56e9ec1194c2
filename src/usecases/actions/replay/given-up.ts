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
  const run = await runOf(deps, planId)
  if (run === null) return
  const { plan, queue } = run.part
  const { replays, slices } = deps.store.now
  const now = deps.clock.now()
  const since = plan.finishedAt ?? now
  if (now.getTime() > since.getTime() + LONGEST_MS) {
    await replays.change(planId, { state: 'halted', endedAt: now }, now)
    await replays.endOpen(planId, now)
    return
  }
  // What is in doubt of it may be in line: that is settled first.
  if ((await slices.open(planId, queue.ref, 1)).length > 0) return
  await observe(deps, run, true)
  if ((await goOnHalting(deps, await refreshed(deps, run))) !== 'again') return
  await takeFailed(deps, await refreshed(deps, run), null)
  await replays.endOpen(planId, now)
}

async function runOf(deps: Deps, planId: string): Promise<Run | null> {
  const { plans, replays } = deps.store.now
  const [plan, replay] = await Promise.all([plans.byId(planId), replays.byPlan(planId)])
  const [queue] = plan?.queues ?? []
  const planned = plan?.jobs?.replay
  if (plan === null || replay === null || queue === undefined || planned === undefined) return null
  const { ref } = replay
  const part = { plan, fence: 0, attempt: 0, queue, wasTouched: true, isEnding: true }
  return { part, planned, replay, operator: operatorOf(deps, ref), ref }
}
