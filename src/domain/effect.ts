import type { EffectTier } from './action.ts'
import { formatDuration } from './duration.ts'
import { queueKey, type QueueRef, type QueueTier } from './queue.ts'
import { plural, thousands } from './text.ts'

const MINUTE_MS = 60_000
/** Effects of this long are looked at together: ten small ones are one big one. */
export const SUM_MS = 60 * MINUTE_MS
/** A critical queue may stay stopped this long on one person's word. */
export const CRITICAL_STOP_MS = 15 * MINUTE_MS
/** What lasts longer than this is meant for good, and forgotten. */
const LONG_STOP_MS = 24 * 60 * MINUTE_MS
/** So many jobs may run on one person's word. */
export const MAX_RUNS = 50
/** So many jobs of a non-critical queue may leave it on one person's word. */
export const MAX_LEAVES = 1000
/** A throttle below this share of the current rate stops the queue in all but name. */
const STOPPING_SHARE = 0.1

/**
 * What an action does to one queue, whatever it is called. Numbers are jobs; times in ms, null means without
 * an end, and for `stoppedMs` that nobody knows.
 */
export type Effect =
  | { readonly kind: 'stop'; readonly forMs: number | null }
  | { readonly kind: 'slow'; readonly forMs: number | null; readonly toShare: number | null }
  | { readonly kind: 'start'; readonly stoppedMs: number | null }
  | { readonly kind: 'run'; readonly jobs: number; readonly isPromotion: boolean }
  | { readonly kind: 'leave'; readonly jobs: number }
  /** Jobs go back to where they were taken from, and none of them runs for that. */
  | { readonly kind: 'restore'; readonly jobs: number }
  | { readonly kind: 'reorder'; readonly jobs: number }
  /** Wholesale, whether or not the vault keeps them. */
  | { readonly kind: 'clear'; readonly jobs: number }
  /** What has to be typed to be confirmed. */
  | { readonly kind: 'destroy'; readonly jobs: number }

/** One queue with what is about to be done to it. */
export interface QueueEffect {
  readonly ref: QueueRef
  readonly tier: QueueTier
  readonly effect: Effect
}

/**
 * What was ordered in the last hour on the same queue or in the same incident, whoever ordered it. A stop
 * counts with the time that it lasted or still may last, in ms; null without an end.
 */
export interface PastEffect {
  readonly ref: QueueRef
  readonly effect: Effect
}

export interface TierDecision {
  readonly tier: EffectTier
  /** Why, in words that follow "because". */
  readonly reason: string
}

const RANK: Readonly<Record<EffectTier, number>> = { T0: 0, T1: 1, T2: 2, T3: 3 }

/** The tier of an action on all its queues: the highest that any of them, or all together, demand. */
export function tierOf(
  effects: readonly QueueEffect[],
  past: readonly PastEffect[] = [],
): TierDecision {
  const decisions = [
    ...effects.map((one) =>
      tierOfOne(one, { past, beside: effects.filter((each) => each !== one) }),
    ),
    sumOfRuns(effects, past),
    sumOfLeaves(effects, past),
    severalStops(effects, past),
  ]
  return decisions.reduce(
    (worst, one) => (RANK[one.tier] > RANK[worst.tier] ? one : worst),
    NOTHING,
  )
}

const NOTHING: TierDecision = { tier: 'T0', reason: 'it changes nothing' }

/** What counts together with an effect: what was ordered before, and what the same plan does beside it. */
interface Company {
  readonly past: readonly PastEffect[]
  readonly beside: readonly PastEffect[]
}

function tierOfOne(one: QueueEffect, company: Company): TierDecision {
  const { effect } = one
  switch (effect.kind) {
    case 'stop':
      return stopTier(one, effect.forMs, company)
    case 'slow':
      return slowTier(one, effect, company)
    case 'start':
      return startTier(one, effect.stoppedMs)
    case 'run':
      return runTier(one.tier, effect)
    case 'leave':
      return leaveTier(one)
    case 'restore':
      return { tier: 'T2', reason: `${plural(effect.jobs, 'job')} would go back where they were` }
    case 'reorder':
      return reorderTier(one)
    case 'clear':
      return { tier: 'T3', reason: `${plural(effect.jobs, 'job')} would be cleared away` }
    case 'destroy':
      return { tier: 'T3', reason: 'it empties what it is about' }
  }
}

function stopTier(
  { ref, tier }: QueueEffect,
  forMs: number | null,
  { past, beside }: Company,
): TierDecision {
  if (tier !== 'critical') return mildStop(forMs)
  const limit = formatDuration(CRITICAL_STOP_MS)
  const before = stoppedFor(ref, past)
  // A pause that ends in a crawl stops the queue for the sum of both.
  const also = stoppedFor(ref, beside)
  if (forMs === null || also === null)
    return { tier: 'T3', reason: `a critical queue would stay stopped for more than ${limit}` }
  if (before !== null && before + forMs + also <= CRITICAL_STOP_MS)
    return { tier: 'T2', reason: `a critical queue stops for at most ${limit}` }
  const reason =
    before === 0
      ? `a critical queue would stay stopped for more than ${limit}`
      : `with the last hour's pauses a critical queue would be stopped for more than ${limit}`
  return { tier: 'T3', reason }
}

function mildStop(forMs: number | null): TierDecision {
  if (forMs === null) return { tier: 'T2', reason: 'the queue stays stopped without an end' }
  return forMs > LONG_STOP_MS
    ? { tier: 'T2', reason: 'the queue stays stopped for more than a day' }
    : { tier: 'T1', reason: 'one queue that is not critical stops for a while' }
}

/** Stops on this queue, added up; null when one has no end. */
function stoppedFor(ref: QueueRef, effects: readonly PastEffect[]): number | null {
  return effects.reduce<number | null>((sum, one) => {
    const { effect } = one
    if (!isStop(effect) || queueKey(one.ref) !== queueKey(ref)) return sum
    return sum === null || effect.forMs === null ? null : sum + effect.forMs
  }, 0)
}

type Stop = Extract<Effect, { kind: 'stop' | 'slow' }>

/** A pause, or a throttle that leaves next to nothing; of an unknown rate the worst is assumed. */
const isStop = (effect: Effect): effect is Stop =>
  effect.kind === 'stop' || (effect.kind === 'slow' && isStopping(effect.toShare))

/** Whether so small a share of the pace, 0 to 1, or an unknown one, is as good as a stop. */
export const isStopping = (share: number | null): boolean =>
  share === null || share < STOPPING_SHARE

function slowTier(
  one: QueueEffect,
  effect: Extract<Effect, { kind: 'slow' }>,
  company: Company,
): TierDecision {
  const { forMs } = effect
  if (isStop(effect)) {
    const { tier, reason } = stopTier(one, forMs, company)
    return { tier, reason: `so slow is as good as stopped, and ${reason}` }
  }
  if (one.tier === 'critical') return { tier: 'T2', reason: 'a critical queue slows' }
  return forMs === null
    ? { tier: 'T2', reason: 'the queue stays slow without an end' }
    : { tier: 'T1', reason: 'one queue that is not critical slows for a while' }
}

function startTier({ tier }: QueueEffect, stoppedMs: number | null): TierDecision {
  if (tier !== 'critical') return { tier: 'T2', reason: 'a queue runs again' }
  if (stoppedMs === null)
    return { tier: 'T3', reason: 'nobody knows how long this critical queue has been stopped' }
  return stoppedMs > CRITICAL_STOP_MS
    ? {
        tier: 'T3',
        reason: `a critical queue runs again after more than ${formatDuration(CRITICAL_STOP_MS)}`,
      }
    : { tier: 'T2', reason: 'a critical queue runs again after a short stop' }
}

function runTier(tier: QueueTier, effect: Extract<Effect, { kind: 'run' }>): TierDecision {
  return effect.isPromotion && effect.jobs <= 1 && tier !== 'critical'
    ? { tier: 'T1', reason: 'one delayed job runs earlier' }
    : { tier: 'T2', reason: `${plural(effect.jobs, 'job')} would run` }
}

const leaveTier = ({ tier, effect }: QueueEffect): TierDecision =>
  tier === 'critical'
    ? { tier: 'T3', reason: 'jobs would leave a critical queue' }
    : { tier: 'T2', reason: `${plural(jobsOf(effect), 'job')} would leave their queue` }

const reorderTier = ({ tier, effect }: QueueEffect): TierDecision =>
  tier === 'critical'
    ? { tier: 'T3', reason: 'the order of a critical queue would change' }
    : { tier: 'T2', reason: `${plural(jobsOf(effect), 'job')} would change places` }

const jobsOf = (effect: Effect): number => ('jobs' in effect ? effect.jobs : 0)

const sum = (
  effects: readonly { readonly effect: Effect }[],
  ...kinds: readonly Effect['kind'][]
): number =>
  effects.reduce(
    (total, { effect }) => total + (kinds.includes(effect.kind) ? jobsOf(effect) : 0),
    0,
  )

/** All that makes jobs leave their queue. */
const LEAVING = ['leave', 'clear', 'destroy'] as const

function sumOfRuns(effects: readonly QueueEffect[], past: readonly PastEffect[]): TierDecision {
  const [now, before] = [sum(effects, 'run'), sum(past, 'run')]
  if (now === 0) return NOTHING
  if (now + before > MAX_RUNS) return { tier: 'T3', reason: `${withPast(now, before)} would run` }
  return now + before > 1 ? { tier: 'T2', reason: `${withPast(now, before)} would run` } : NOTHING
}

function sumOfLeaves(effects: readonly QueueEffect[], past: readonly PastEffect[]): TierDecision {
  const [now, before] = [sum(effects, 'leave'), sum(past, ...LEAVING)]
  return now > 0 && now + before > MAX_LEAVES
    ? { tier: 'T3', reason: `${withPast(now, before)} would leave their queue` }
    : NOTHING
}

const withPast = (now: number, before: number): string =>
  before === 0
    ? plural(now, 'job')
    : `${plural(now, 'job')}, ${thousands(now + before)} with those of the last hour,`

/** One queue that stops is mild; a second one within the hour is a pattern. */
function severalStops(effects: readonly QueueEffect[], past: readonly PastEffect[]): TierDecision {
  const stopping = effects.filter(({ effect }) => isStop(effect))
  if (stopping.length === 0) return NOTHING
  const queues = new Set(
    [...stopping, ...past.filter(({ effect }) => isStop(effect))].map(({ ref }) => queueKey(ref)),
  )
  return queues.size > 1
    ? { tier: 'T2', reason: `${plural(queues.size, 'queue')} would be stopped within the hour` }
    : NOTHING
}
