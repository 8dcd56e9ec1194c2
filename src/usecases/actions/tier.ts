import type { ActionKind, Hold, Plan, PlannedQueue } from '../../domain/action.ts'
import {
  type Effect,
  type PastEffect,
  type QueueEffect,
  SUM_MS,
  type TierDecision,
  tierOf,
} from '../../domain/effect.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { isSameQueue } from '../../domain/queue.ts'

/** What is about to be done, as far as its tier depends on it. */
interface Intended {
  readonly action: ActionKind
  readonly queues: readonly Pick<PlannedQueue, 'ref' | 'tier' | 'before'>[]
  readonly incidentId: number | null
}

/** What was ordered in the last hour and counts together with what is about to be. */
export interface Context {
  readonly past: readonly PastEffect[]
  readonly holds: readonly Hold[]
  readonly now: Date
}

/** Gathers it from our rows. Inside the transaction that confirms, nothing can slip in between. */
export async function contextOf(
  store: Repositories,
  { queues, incidentId }: Intended,
  now: Date,
): Promise<Context> {
  const refs = queues.map(({ ref }) => ref)
  const since = new Date(now.getTime() - SUM_MS)
  const [plans, holds] = await Promise.all([
    store.plans.actingSince(since, { refs, incidentId }),
    store.holds.active(null),
  ])
  const set = await store.holds.ofPlans(plans.map(({ id }) => id))
  return { past: plans.flatMap((plan) => pastEffects(plan, set)), holds, now }
}

/** What it does to each queue; `holdMs` is the length of a pause. */
export const effectsOf = (
  { action, queues }: Intended,
  holdMs: number | null,
  context: Context,
): readonly QueueEffect[] =>
  queues.map((queue) => ({
    ref: queue.ref,
    tier: queue.tier,
    effect: effectOf(action, queue, holdMs, context),
  }))

/** The tier for a pause of this length, or for a resume (whose length does not matter). */
export const tierFor = (
  intended: Intended,
  holdMs: number | null,
  context: Context,
): TierDecision => tierOf(effectsOf(intended, holdMs, context), context.past)

function effectOf(
  action: ActionKind,
  queue: Pick<PlannedQueue, 'ref' | 'before'>,
  holdMs: number | null,
  { holds, now }: Context,
): Effect {
  if (action === 'pause') return { kind: 'stop', forMs: holdMs }
  if (!queue.before.isPaused) return { kind: 'start', stoppedMs: 0 }
  const own = holds.filter(({ ref }) => isSameQueue(ref, queue.ref))
  const since = Math.min(...own.map(({ startedAt }) => startedAt.getTime()))
  return { kind: 'start', stoppedMs: own.length === 0 ? null : now.getTime() - since }
}

/** A pause counts with what it lasted once it is over, else with what it may still last. */
function pastEffects(plan: Plan, holds: readonly Hold[]): readonly PastEffect[] {
  if (plan.action !== 'pause') return []
  return plan.queues.flatMap(({ ref, state }): readonly PastEffect[] => {
    if (state === 'skipped' || state === 'returned') return []
    const hold = holds.find((one) => one.planId === plan.id && isSameQueue(one.ref, ref))
    const ended = hold?.endedAt ?? null
    const lasted =
      hold === undefined || ended === null
        ? plan.holdMs
        : ended.getTime() - hold.startedAt.getTime()
    return [{ ref, effect: { kind: 'stop', forMs: lasted } }]
  })
}
