import type {
  ActionKind,
  Hold,
  Plan,
  PlannedJobs,
  PlannedQueue,
  ThrottleHold,
} from '../../domain/action.ts'
import {
  type Effect,
  isStopping,
  type PastEffect,
  type QueueEffect,
  SUM_MS,
  type TierDecision,
  tierOf,
} from '../../domain/effect.ts'
import { isJobAction, type JobAction, jobEffect } from '../../domain/job-actions.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { isSameQueue, queueKey, type QueueRef, type QueueTier } from '../../domain/queue.ts'
import type { PlannedThrottle } from '../../domain/throttle.ts'

/** What is about to be done, as far as its tier depends on it. */
interface Intended {
  readonly action: ActionKind
  readonly queues: readonly Pick<PlannedQueue, 'ref' | 'tier' | 'before' | 'jobs'>[]
  readonly jobs: PlannedJobs | null
  readonly throttle: PlannedThrottle | null
  readonly incidentId: number | null
}

/** What was ordered in the last hour and counts together with what is about to be. */
export interface Context {
  readonly past: readonly PastEffect[]
  readonly holds: readonly Hold[]
  readonly throttles: readonly ThrottleHold[]
  readonly now: Date
}

/** Gathers it from our rows. Inside the transaction that confirms, nothing can slip in between. */
export async function contextOf(
  store: Repositories,
  { queues, jobs, incidentId }: Intended,
  now: Date,
): Promise<Context> {
  const target = jobs?.options.target
  const refs = [...queues.map(({ ref }) => ref), ...(target === undefined ? [] : [target])]
  const since = new Date(now.getTime() - SUM_MS)
  // One after the other: within a transaction there is one connection.
  const plans = await store.plans.actingSince(since, { refs, incidentId })
  const holds = await store.holds.recent(refs, since)
  const throttles = await store.throttles.recent(refs, since)
  const ids = plans.map(({ id }) => id)
  const set = {
    holds: await store.holds.ofPlans(ids),
    throttles: await store.throttles.ofPlans(ids),
  }
  // What was ordered before the hour and lasted into it, because it was approved late or lasts still.
  const isOlder = ({ planId }: Hold): boolean => !ids.includes(planId)
  const past = [
    ...plans.flatMap((plan) => pastEffects(plan, set, now)),
    ...holds.filter(isOlder).map((hold) => ({ ref: hold.ref, effect: stopOf(hold, now) })),
    ...throttles.filter(isOlder).map((hold) => ({ ref: hold.ref, effect: slowOf(hold, now) })),
  ]
  return { past, holds, throttles, now }
}

/** What it does to each queue; `holdMs` is the length of a pause or a throttle. */
export const effectsOf = (
  { action, queues, jobs, throttle }: Intended,
  holdMs: number | null,
  context: Context,
): readonly QueueEffect[] =>
  queues.flatMap((queue) => {
    const { ref, tier } = queue
    if (jobs === null || !isJobAction(action))
      return holdEffects({ action, throttle }, queue, holdMs, context).map((effect) => ({
        ref,
        tier,
        effect,
      }))
    const count = queue.jobs ?? 0
    const own = { ref, tier, effect: jobEffect(action, count, jobs) }
    const { target, targetTier = tier } = jobs.options
    return target === undefined ? [own] : [own, arriving(target, targetTier, count)]
  })

/** What is moved to another queue runs there. */
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

/** A pause that ends in a throttle does both. */
function holdEffects(
  { action, throttle }: Pick<Intended, 'action' | 'throttle'>,
  queue: Pick<PlannedQueue, 'ref' | 'before'>,
  holdMs: number | null,
  context: Context,
): readonly Effect[] {
  const slow = (forMs: number | null): readonly Effect[] =>
    throttle === null ? [] : [{ kind: 'slow', forMs, toShare: shareOn(throttle, queue.ref) }]
  if (action === 'pause')
    return [{ kind: 'stop', forMs: holdMs }, ...slow(throttle?.thenMs ?? null)]
  if (action === 'throttle') return slow(holdMs)
  if (action === 'unthrottle') return [{ kind: 'start', stoppedMs: crawledMs(queue.ref, context) }]
  return [startOf(queue, context)]
}

const shareOn = ({ shares }: PlannedThrottle, ref: QueueRef): number | null =>
  shares[queueKey(ref)] ?? null

/** For how long throttles have left a queue next to nothing: to end them is to start it. 0 if they did not. */
function crawledMs(ref: QueueRef, { throttles, now }: Context): number {
  const crawling = throttles.filter(
    (hold) => hold.endedAt === null && isStopping(hold.share) && isSameQueue(hold.ref, ref),
  )
  const since = earliest(crawling)
  return since === null ? 0 : now.getTime() - since.getTime()
}

function startOf(
  queue: Pick<PlannedQueue, 'ref' | 'before'>,
  { holds, now }: Pick<Context, 'holds' | 'now'>,
): Effect {
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

interface SetHolds {
  readonly holds: readonly Hold[]
  readonly throttles: readonly ThrottleHold[]
}

/** What a pause or a throttle does to each of its queues, or did. */
function pastEffects(plan: Plan, set: SetHolds, now: Date): readonly PastEffect[] {
  if (isJobAction(plan.action)) return pastJobs(plan, plan.action)
  return plan.queues.flatMap(({ ref, state }): readonly PastEffect[] => {
    if (state === 'skipped' || state === 'returned') return []
    const isIts = (hold: Hold): boolean => hold.planId === plan.id && isSameQueue(hold.ref, ref)
    const effects = [
      ...(plan.action === 'pause' ? [pastStop(plan, set.holds.find(isIts), now)] : []),
      ...(plan.throttle === null
        ? []
        : [pastSlow(plan, plan.throttle, ref, set.throttles.find(isIts), now)]),
    ]
    return effects.map((effect) => ({ ref, effect }))
  })
}

const pastStop = ({ holdMs }: Plan, hold: Hold | undefined, now: Date): Effect =>
  hold === undefined ? { kind: 'stop', forMs: holdMs } : stopOf(hold, now)

const pastSlow = (
  { action, holdMs }: Plan,
  throttle: PlannedThrottle,
  ref: QueueRef,
  hold: ThrottleHold | undefined,
  now: Date,
): Effect =>
  hold === undefined
    ? {
        kind: 'slow',
        forMs: action === 'pause' ? throttle.thenMs : holdMs,
        toShare: shareOn(throttle, ref),
      }
    : slowOf(hold, now)

/** Jobs count as planned until their part is over, then as many as were dealt with. */
const pastJobs = ({ queues, jobs }: Plan, action: JobAction): readonly PastEffect[] =>
  queues.flatMap(({ ref, state, jobs: planned, outcome }): readonly PastEffect[] => {
    if (jobs === null || state === 'skipped' || state === 'returned') return []
    const count = outcome?.jobs?.done ?? planned ?? 0
    const own = { ref, effect: jobEffect(action, count, jobs) }
    const { target } = jobs.options
    if (target === undefined) return [own]
    return [own, { ref: target, effect: { kind: 'run', jobs: count, isPromotion: false } }]
  })

const stopOf = (hold: Hold, now: Date): Effect => ({ kind: 'stop', forMs: lengthOf(hold, now) })

const slowOf = (hold: ThrottleHold, now: Date): Effect => ({
  kind: 'slow',
  forMs: lengthOf(hold, now),
  toShare: hold.share,
})

/**
 * A hold counts with what it lasted within the hour once it is over; else with its length, or more if it was
 * due to end and did not, as under a freeze.
 */
function lengthOf({ startedAt, endsAt, endedAt }: Hold, now: Date): number | null {
  const from = Math.max(startedAt.getTime(), now.getTime() - SUM_MS)
  if (endedAt !== null) return endedAt.getTime() - from
  if (endsAt === null) return null
  return Math.max(endsAt.getTime(), now.getTime()) - startedAt.getTime()
}
