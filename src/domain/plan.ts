import { createHash } from 'node:crypto'

import type {
  ActionKind,
  EffectTier,
  JobOptions,
  Plan,
  PlannedJobs,
  PlannedQueue,
} from './action.ts'
import { canonicalJson, type Json } from './audit.ts'
import { CRITICAL_STOP_MS } from './effect.ts'
import { isJobAction } from './job-actions.ts'
import type { Slice } from './ports/vault-store.ts'
import { backlog, queueKey, type QueueOverview, type QueueRef, type QueueTier } from './queue.ts'
import type { PlannedReplay, RampWish } from './replay.ts'
import { plural, thousands } from './text.ts'
import { isSameThrottle, throttleWords } from './throttle.ts'

const MINUTE_MS = 60_000
/** An execution that cannot reach its system is given up after this. */
export const EXECUTION_PATIENCE_MS = 15 * MINUTE_MS
/** Queues that are changed and watched together; between two slices an execution can be stopped. */
export const QUEUES_PER_SLICE = 25

/** A reason is optional for what is mild, and needed for everything else. */
export const isReasonRequired = (tier: EffectTier): boolean => tier !== 'T0' && tier !== 'T1'

/** What is shorter explains to nobody later why the rule was not followed; in characters. */
export const MIN_JUSTIFICATION = 10

const CRITICAL_CHOICES_MS = [5 * MINUTE_MS, 10 * MINUTE_MS, CRITICAL_STOP_MS]
const LONG_CHOICES_MS = [30 * MINUTE_MS, 60 * MINUTE_MS, 4 * 60 * MINUTE_MS, null]
const DEFAULT_MS = 30 * MINUTE_MS

/** How long a pause may be, with the default: what was asked for, else the queue tier's usual. */
export function holdChoices(
  tier: QueueTier,
  askedMs: number | null,
): readonly { readonly holdMs: number | null; readonly isDefault: boolean }[] {
  const isCritical = tier === 'critical'
  const usual: readonly (number | null)[] = isCritical
    ? [...CRITICAL_CHOICES_MS, ...LONG_CHOICES_MS]
    : [CRITICAL_STOP_MS, ...LONG_CHOICES_MS]
  const chosen = askedMs ?? (isCritical ? CRITICAL_STOP_MS : DEFAULT_MS)
  const all = usual.includes(chosen) ? usual : [chosen, ...usual]
  return all.map((holdMs) => ({ holdMs, isDefault: holdMs === chosen }))
}

const TIERS: readonly QueueTier[] = ['critical', 'high', 'medium', 'low']

/** The most cautious tier among a plan's queues: it decides for all. */
export const worstTier = (queues: readonly Pick<PlannedQueue, 'tier'>[]): QueueTier =>
  TIERS.find((tier) => queues.some((queue) => queue.tier === tier)) ?? 'low'

type Frozen = Pick<
  Plan,
  | 'id'
  | 'action'
  | 'scope'
  | 'queues'
  | 'jobs'
  | 'throttle'
  | 'actor'
  | 'tier'
  | 'holdMs'
  | 'reason'
  | 'incidentId'
  | 'endsHoldId'
  | 'undoesPlanId'
>

/** What is confirmed and approved is exactly this: SHA-256, hex, over the plan's canonical form. */
export const planHash = (plan: Frozen): string =>
  createHash('sha256')
    .update(
      canonicalJson({
        id: plan.id,
        action: plan.action,
        scope: plan.scope,
        incident: plan.incidentId,
        ends: plan.endsHoldId,
        undoes: plan.undoesPlanId,
        actor: { team: plan.actor.teamId, user: plan.actor.userId },
        tier: plan.tier,
        holdMs: plan.holdMs,
        reason: plan.reason,
        ...(plan.jobs === null ? {} : { jobs: hashedJobs(plan.jobs) }),
        ...(plan.throttle === null ? {} : { throttle: hashedThrottle(plan) }),
        queues: plan.queues.map((queue) => ({
          queue: queueKey(queue.ref),
          tier: queue.tier,
          counts: { ...queue.before.counts },
          isPaused: queue.before.isPaused,
          stranded: queue.before.stranded,
          holds: queue.holdIds,
        })),
      }),
    )
    .digest('hex')

/** The digest stands for every single id. */
const hashedJobs = ({ filter, count, digest, options, replay }: PlannedJobs) => ({
  filter,
  count,
  digest,
  options: hashedOptions(options),
  ...(replay === undefined ? {} : { replay: hashedReplay(replay) }),
})

const hashedOptions = ({ target, ramp, ...options }: JobOptions) => ({
  ...options,
  target: target === undefined ? null : queueKey(target),
  ...(ramp === undefined ? {} : { ramp: rampFacts(ramp) }),
})

/** Waves and limits are what the approval is about. */
const hashedReplay = ({ ramp, waves, continues }: PlannedReplay) => ({
  ramp: rampFacts(ramp),
  waves,
  continues: continues ?? null,
})

/** A ramp, or what was asked for of one, as facts. */
export const rampFacts = ({ steps, ...others }: RampWish): Json => ({
  ...others,
  ...(steps === undefined ? {} : { steps: steps.map((step) => ({ ...step })) }),
})

/** With the limits of before: what a throttle changes, and what comes back after it. */
const hashedThrottle = ({ throttle, queues }: Pick<Plan, 'throttle' | 'queues'>) => ({
  to: throttle === null ? '' : throttleWords(throttle.to),
  thenMs: throttle?.thenMs ?? null,
  before: queues.map(({ before }) => throttleWords(before.throttle)),
})

/** Over queues, states and ids in order, of a replay also waves and places; SHA-256, hex: `PlannedJobs.digest`. */
export function jobsDigest(
  slices: readonly Pick<Slice, 'ref' | 'state' | 'ids' | 'wave' | 'isInVault'>[],
): string {
  const hash = createHash('sha256')
  for (const { ref, state, ids, wave, isInVault = false } of slices) {
    const inWaves = wave === undefined ? [] : [wave, isInVault]
    hash.update(JSON.stringify([queueKey(ref), state, ids, ...inWaves])).update('\n')
  }
  return hash.digest('hex')
}

/** Fewer than these more are no drift, whatever share they are. */
const DRIFT_JOBS = 100

/** What a queue is now, as far as drift is concerned. */
export interface QueueNow {
  readonly overview: QueueOverview
  readonly tier: QueueTier
  readonly holdIds: readonly string[]
}

/**
 * Why what was shown of a queue no longer holds, as words that follow its name; null while it does. Stopping
 * is easy: a pause minds only that somebody else was faster. A start minds who holds the queue, and how many
 * more jobs than shown would run. `share` is the tolerance, 0.25 for a quarter more.
 */
export function driftOf(
  action: ActionKind,
  shown: Pick<PlannedQueue, 'tier' | 'before' | 'holdIds'>,
  now: QueueNow,
  share: number,
): string | null {
  if (shown.tier !== now.tier) return `is of tier ${now.tier} now, not ${shown.tier}`
  if (action === 'drain' && !now.overview.isPaused) return 'is not paused any more'
  // What is about jobs looks at those jobs; whether the queue is paused is no concern of theirs.
  if (isJobAction(action)) return null
  if (action === 'throttle' || action === 'unthrottle') return driftOfLimits(shown, now)
  if (!shown.before.isPaused && now.overview.isPaused) return 'was paused meanwhile'
  return action === 'resume' ? driftOfStart(shown, now, share) : null
}

/** What comes back at the end of a throttle is what was found at its beginning. */
function driftOfLimits(
  shown: Pick<PlannedQueue, 'before' | 'holdIds'>,
  { overview, holdIds }: QueueNow,
): string | null {
  if (holdIds.some((id) => !shown.holdIds.includes(id))) return 'is throttled by somebody else, too'
  const [was, is] = [shown.before.throttle, overview.throttle]
  return isSameThrottle(was, is)
    ? null
    : `has other limits now: ${throttleWords(is)}, not ${throttleWords(was)}`
}

function driftOfStart(
  shown: Pick<PlannedQueue, 'before' | 'holdIds'>,
  now: QueueNow,
  share: number,
): string | null {
  if (shown.before.isPaused && !now.overview.isPaused) return 'was resumed meanwhile'
  if (now.holdIds.some((id) => !shown.holdIds.includes(id))) return 'is held by somebody else, too'
  const [was, is] = [runnable(shown.before), runnable(now.overview)]
  return is - was > Math.max(DRIFT_JOBS, was * share)
    ? `has ${plural(is, 'job')} that would run, not ${thousands(was)}`
    : null
}

const runnable = ({ counts }: QueueOverview): number => backlog(counts)

/** One canonical order, so that two plans for the same queues begin with the same one. */
export const byQueue = (a: { readonly ref: QueueRef }, b: { readonly ref: QueueRef }): number =>
  queueKey(a.ref) < queueKey(b.ref) ? -1 : queueKey(a.ref) > queueKey(b.ref) ? 1 : 0

/** What an execution still has to do, a slice at a time. */
export const nextSlice = (queues: readonly PlannedQueue[]): readonly PlannedQueue[] =>
  queues
    .filter(({ state }) => state === 'pending' || state === 'executing')
    .slice(0, QUEUES_PER_SLICE)
