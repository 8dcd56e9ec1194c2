import { formatDuration } from './duration.ts'
import type { QueueTier } from './queue.ts'
import type { PlannedReplay, Ramp, RampStep, RampWish } from './replay.ts'
import type { ReplaySettings } from './settings.ts'
import { thousands } from './text.ts'

/** What is put in line at once is at most what may be put in line in so long: a limit is no limit on average only. */
const BURST_MS = 10_000

/** Where most jobs may fail, a wave that is called good says nothing. */
export const LEAST_SUCCESS = 0.5

const MINUTE_MS = 60_000

/** A slice is one commit, and one guarded call of the system. */
const MOST_IN_SLICE = 1000
const SLICES_IN_FLIGHT = 4

/**
 * The wish, with the configuration where it says nothing. Who promotes is not for a wish to say on queues of which
 * the configuration keeps it for people; elsewhere it may ask for a person.
 */
export function rampOf(wish: RampWish, settings: ReplaySettings, tier: QueueTier): Ramp {
  const { inFlight, perMinute } = wish
  return {
    steps: wish.steps ?? settings.steps,
    inFlight: inFlight === undefined ? settings.inFlight : inFlight,
    perMinute: perMinute === undefined ? settings.perMinute : perMinute,
    watchMs: wish.watchMs ?? settings.watchMs,
    patienceMs: wish.patienceMs ?? Math.max(settings.patienceMs, wish.watchMs ?? settings.watchMs),
    promotes: settings.byHand.includes(tier) ? 'person' : (wish.promotes ?? 'itself'),
    success: wish.success ?? settings.success,
  }
}

/**
 * In what a replay of so many jobs is less careful than the configuration has it, in one sentence; null if in
 * nothing. Whoever approves it must not have to know by heart what is usual.
 */
export function weakerWords(
  { ramp, waves }: Pick<PlannedReplay, 'ramp' | 'waves'>,
  usual: ReplaySettings,
): string | null {
  const jobs = waves.reduce((sum, size) => sum + size, 0)
  const [first = 0] = waves
  const [usualFirst = 0] = wavesFor(jobs, usual.steps)
  const parts = [
    weaker(ramp.success < usual.success, 'success', [ramp.success, usual.success], shareWords),
    weaker(ramp.watchMs < usual.watchMs, 'watch', [ramp.watchMs, usual.watchMs], formatDuration),
    weaker(first > usualFirst, 'first wave', [first, usualFirst], thousands),
    weaker(isAbove(ramp.inFlight, usual.inFlight), 'at once', [ramp.inFlight, usual.inFlight]),
    weaker(isAbove(ramp.perMinute, usual.perMinute), 'per min', [ramp.perMinute, usual.perMinute]),
  ].filter((part) => part !== null)
  return parts.length === 0 ? null : `Less careful than usual: ${parts.join(', ')}.`
}

const isAbove = (limit: number | null, usual: number | null): boolean =>
  usual !== null && (limit === null || limit > usual)

const limitWords = (limit: number | null): string =>
  limit === null ? 'no limit' : String(Number(limit.toFixed(2)))

function weaker<T extends number | null>(
  isWeaker: boolean,
  name: string,
  [value, usual]: readonly [T, T],
  words: (value: T) => string = limitWords,
): string | null {
  return isWeaker ? `${name} ${words(value)} (usual: ${words(usual)})` : null
}

const shareWords = (share: number): string => `${percentOf(share)} %`

/**
 * Jobs in each wave of so many jobs. Steps count what ran before; one that does not go beyond the steps before it
 * makes no wave, as 5 % of 100 jobs after 10. A ramp whose last step is less than everything ends there.
 */
export function wavesFor(jobs: number, steps: readonly RampStep[]): readonly number[] {
  const waves: number[] = []
  let reached = 0
  for (const step of steps) {
    const goal = goalOf(step, jobs)
    if (goal <= reached) continue
    waves.push(goal - reached)
    reached = goal
  }
  return waves
}

/** Rounded up, so that no share of something is nothing; less what a double adds to 5 % of 100,000. */
const goalOf = (step: RampStep, jobs: number): number =>
  Math.min(jobs, 'jobs' in step ? step.jobs : Math.ceil(step.share * jobs - 1e-6))

/** `10 → 5 % → 25 % → 100 %`. */
export const rampWords = (steps: readonly RampStep[]): string =>
  steps
    .map((step) => ('jobs' in step ? thousands(step.jobs) : `${percentOf(step.share)} %`))
    .join(' → ')

const percentOf = (share: number): number => Number((100 * share).toFixed(2))

/**
 * How many jobs a slice may have, at least 1: what may be put in line in ten seconds, and a part of what may be in
 * line at once, for a slice waits until there is room for all of it, and few slow jobs must not keep the rest waiting.
 */
export const sliceJobs = ({ inFlight, perMinute }: Pick<Ramp, 'inFlight' | 'perMinute'>): number =>
  Math.max(
    1,
    Math.min(
      MOST_IN_SLICE,
      inFlight === null ? MOST_IN_SLICE : Math.floor(inFlight / SLICES_IN_FLIGHT),
      burstOf(perMinute),
    ),
  )

/** Jobs that a limit allows at once: those of ten seconds, at least one. */
export const burstOf = (perMinute: number | null): number =>
  perMinute === null ? Infinity : Math.max(1, Math.floor((perMinute * BURST_MS) / MINUTE_MS))
