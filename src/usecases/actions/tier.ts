import type { ActionKind, Hold, Plan, PlannedJobs, PlannedQueue } from '../../domain/action.ts'
import {
  type Effect,
  type PastEffect,
  type QueueEffect,
  SUM_MS,
  type TierDecision,
  tierOf,
} from '../../domain/effect.ts'
import { isJobAction, type JobAction, jobEffect } from '../../domain/job-actions.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { isSameQueue, type QueueRef, type QueueTier } from '../../domain/queue.ts'

/** What is about to be done, as far as its tier depends on it. */
interface Intended {
  readonly action: ActionKind
  readonly queues: readonly Pick<PlannedQueue, 'ref' | 'tier' | 'before' | 'jobs'>[]
  readonly jobs: PlannedJobs | null
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
    store.holds.recent(refs, since),
  ])
  const ids = plans.map(({ id }) => id)
  const set = await store.holds.ofPlans(ids)
  // What was ordered before the hour and stopped a queue within it, because it was approved late or lasts still.
  const older = holds.filter(({ planId }) => !ids.includes(planId))
  const past = [
    ...plans.flatMap((plan) => pastEffects(plan, set, now)),
    ...older.map((hold) => ({ ref: hold.ref, effect: stopOf(hold, now) })),
  ]
  return { past, holds, now }
}

/** What it does to each queue; `holdMs` is the length of a pause. */
export const effectsOf = (
  { action, queues, jobs }: Intended,
  holdMs: number | null,
  context: Context,
): readonly QueueEffect[] =>
  queues.flatMap((queue) => {
    const { ref, tier } = queue
    if (jobs === null || !isJobAction(action))
      return [{ ref, tier, effect: effectOf(action, queue, holdMs, context) }]
    const count = queue.jobs ?? 0
    const own = { ref, tier, effect: jobEffect(action, count, jobs) }
    const { target } = jobs.options
    return target === undefined ? [own] : [own, arriving(target, tier, count)]
  })

/** What is moved to another queue runs there; how critical that one is was asked for with the right to do it. */
const arriving = (ref: QueueRef, tier: QueueTier, jobs: number): QueueEffect => ({
  ref,
  tier,
  effect: { kind: 'run', jobs, isPromotion: false },
})

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
  const since = stoppedSince(holds.filter(({ ref }) => isSameQueue(ref, queue.ref)))
  return { kind: 'start', stoppedMs: since === null ? null : now.getTime() - since.getTime() }
}

/** Since when holds keep a queue stopped without a break: one may have ended while another went on. */
function stoppedSince(holds: readonly Hold[]): Date | null {
  const active = holds.filter(({ endedAt }) => endedAt === null)
  return holds
    .toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime())
    .reduce<Date | null>((since, { startedAt, endedAt }) => {
      if (since === null || startedAt >= since) return since
      return endedAt === null || endedAt >= since ? startedAt : since
    }, earliest(active))
}

const earliest = ([first, ...others]: readonly Hold[]): Date | null =>
  first === undefined
    ? null
    : others.reduce((at, { startedAt }) => (startedAt < at ? startedAt : at), first.startedAt)

/** What a pause does to each of its queues, or did. */
function pastEffects(plan: Plan, holds: readonly Hold[], now: Date): readonly PastEffect[] {
  if (isJobAction(plan.action)) return pastJobs(plan, plan.action)
  if (plan.action !== 'pause') return []
  return plan.queues.flatMap(({ ref, state }): readonly PastEffect[] => {
    if (state === 'skipped' || state === 'returned') return []
    const hold = holds.find((one) => one.planId === plan.id && isSameQueue(one.ref, ref))
    return [
      {
        ref,
        effect: hold === undefined ? { kind: 'stop', forMs: plan.holdMs } : stopOf(hold, now),
      },
    ]
  })
}

/** Jobs count as planned until their part is over, then as many as were dealt with. */
const pastJobs = ({ queues, jobs }: Plan, action: JobAction): readonly PastEffect[] =>
  queues.flatMap(({ ref, state, jobs: planned, outcome }): readonly PastEffect[] => {
    if (jobs === null || state === 'skipped' || state === 'returned') return []
    const count = outcome?.jobs?.done ?? planned ?? 0
    return [{ ref, effect: jobEffect(action, count, jobs) }]
  })

/**
 * A stop counts with what it lasted within the hour once it is over; else with its length, or more if it was
 * due to end and did not, as under a freeze.
 */
function stopOf({ startedAt, endsAt, endedAt }: Hold, now: Date): Effect {
  const from = Math.max(startedAt.getTime(), now.getTime() - SUM_MS)
  if (endedAt !== null) return { kind: 'stop', forMs: endedAt.getTime() - from }
  if (endsAt === null) return { kind: 'stop', forMs: null }
  return { kind: 'stop', forMs: Math.max(endsAt.getTime(), now.getTime()) - startedAt.getTime() }
}
