import { formatDuration } from './duration.ts'
import { listing, thousands } from './text.ts'

/** So many jobs per `durationMs`. Both are whole numbers above 0. */
export interface Rate {
  readonly max: number
  readonly durationMs: number
}

/** Limits of a queue as a whole, over all its workers; null where there is none, or none is asked for. */
export interface Throttle {
  readonly rate: Rate | null
  /** So many jobs at once. */
  readonly concurrency: number | null
}

export const NO_THROTTLE: Throttle = { rate: null, concurrency: null }

/** What a hold asks for, and what the queue's limits were before the first one. */
export interface HeldThrottle {
  readonly wanted: Throttle
  readonly former: Throttle
}

/** To what a plan slows its queues. */
export interface PlannedThrottle {
  readonly to: Throttle
  /** How long after the end of a pause; null until somebody ends it. A throttle alone lasts for the plan's `holdMs`. */
  readonly thenMs: number | null
  /** By queue key, what it leaves of the pace as it was when planned: 0 to 1; null where nobody could say. */
  readonly shares: Readonly<Record<string, number | null>>
}

/**
 * Limits to be moved from what is expected to be found. One that is neither in `from` nor `to` is somebody
 * else's by now, and is left; one that is not named is not looked at.
 */
export interface ThrottleChange {
  readonly rate?: Step<Rate | null>
  readonly concurrency?: Step<number | null>
}

interface Step<T> {
  readonly from: readonly T[]
  readonly to: T
}

/** The limits of a queue just now, and who may not keep to them. */
export interface ThrottleState {
  readonly throttle: Throttle
  readonly hazards: readonly ThrottleHazard[]
}

/** How a limit can fail to hold, from what is known of the queue's workers. */
export interface ThrottleHazard {
  readonly about: 'rate' | 'concurrency' | 'both'
  readonly explanation: string
}

const isSameRate = (a: Rate | null, b: Rate | null): boolean =>
  a?.max === b?.max && a?.durationMs === b?.durationMs

export const isSameThrottle = (a: Throttle, b: Throttle): boolean =>
  isSameRate(a.rate, b.rate) && a.concurrency === b.concurrency

export const isThrottled = (throttle: Throttle): boolean => !isSameThrottle(throttle, NO_THROTTLE)

const MINUTE_MS = 60_000

const perMinute = ({ max, durationMs }: Rate): number => (max * MINUTE_MS) / durationMs

/** Of two that come to the same the one with the smaller bursts. */
const isStricter = (a: Rate, b: Rate): boolean =>
  perMinute(a) === perMinute(b) ? a.max < b.max : perMinute(a) < perMinute(b)

const stricterRate = (a: Rate | null, b: Rate | null): Rate | null =>
  a === null || (b !== null && isStricter(b, a)) ? b : a

const fewer = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? (a ?? b) : Math.min(a, b)

/** What counts while several throttles last: of each limit the strictest. */
export const strictest = (throttles: readonly Throttle[]): Throttle =>
  throttles.reduce(
    (all, { rate, concurrency }) => ({
      rate: stricterRate(all.rate, rate),
      concurrency: fewer(all.concurrency, concurrency),
    }),
    NO_THROTTLE,
  )

/** What a queue's limits are while these holds last: never looser than they were before. */
export const heldAt = (former: Throttle, holds: readonly HeldThrottle[]): Throttle =>
  strictest([former, ...holds.map(({ wanted }) => wanted)])

/**
 * What the limits were before any of Spillway's holds, where `found` is what they are now: what the holds did
 * not set is somebody else's, and is what comes back at the end.
 */
export function formerOf(found: Throttle, holds: readonly HeldThrottle[]): Throttle {
  const [first] = holds
  if (first === undefined) return found
  const ours = heldAt(first.former, holds)
  return {
    rate: isSameRate(found.rate, ours.rate) ? first.former.rate : found.rate,
    concurrency:
      found.concurrency === ours.concurrency ? first.former.concurrency : found.concurrency,
  }
}

/** Sets `own` beside the other holds. It moves only the limits that it asks for. */
export function startOf(own: HeldThrottle, others: readonly HeldThrottle[]): ThrottleChange {
  const { wanted, former } = own
  const before = heldAt(former, others)
  return changeOf(wanted, [former, before], strictest([before, wanted]))
}

/** Ends `ending`, while the `rest` goes on; the limits of before come back with the last one. */
export function endOf(
  ending: readonly HeldThrottle[],
  rest: readonly HeldThrottle[],
): ThrottleChange {
  const [first] = ending
  if (first === undefined) return {}
  const { former } = first
  const asked = strictest(ending.map(({ wanted }) => wanted))
  return changeOf(asked, [heldAt(former, [...ending, ...rest])], heldAt(former, rest))
}

const changeOf = (asked: Throttle, from: readonly Throttle[], to: Throttle): ThrottleChange => ({
  ...(asked.rate === null ? {} : { rate: { from: from.map(({ rate }) => rate), to: to.rate } }),
  ...(asked.concurrency === null
    ? {}
    : {
        concurrency: {
          from: from.map(({ concurrency }) => concurrency),
          to: to.concurrency,
        },
      }),
})

/** Whether the limits are as the change was to leave them. */
export const isMade = ({ rate, concurrency }: ThrottleChange, found: Throttle): boolean =>
  (rate === undefined || isSameRate(found.rate, rate.to)) &&
  (concurrency === undefined || found.concurrency === concurrency.to)

/**
 * What a throttle leaves of the pace of now, 0 to 1; null where nobody can say. `perMinute` is the current rate,
 * null if unknown; of `active` jobs that run just now a limit leaves so many.
 */
export function shareOf(
  { rate, concurrency }: Throttle,
  now: { readonly perMinute: number | null; readonly active: number },
): number | null {
  const shares = [
    ...(rate === null ? [] : [ratio(perMinute(rate), now.perMinute ?? 0)]),
    ...(concurrency === null ? [] : [ratio(concurrency, now.active)]),
  ]
  return shares.reduce<number | null>(
    (least, share) => (least === null || share === null ? null : Math.min(least, share)),
    1,
  )
}

const ratio = (part: number, whole: number): number | null =>
  whole > 0 ? Math.min(1, part / whole) : null

const UNITS: ReadonlyMap<number, string> = new Map([
  [1000, 's'],
  [MINUTE_MS, 'min'],
  [60 * MINUTE_MS, 'h'],
  [24 * 60 * MINUTE_MS, 'day'],
])

/** `20/min`, `200/day`, `50 in 30 s`. */
function rateWords({ max, durationMs }: Rate): string {
  const unit = UNITS.get(durationMs)
  if (unit !== undefined) return `${thousands(max)}/${unit}`
  const time = durationMs % 1000 === 0 ? formatDuration(durationMs) : `${thousands(durationMs)} ms`
  return `${thousands(max)} in ${time}`
}

/** `20/min`, `2 at once`, `20/min and 2 at once`; `no limit`. */
export function throttleWords({ rate, concurrency }: Throttle): string {
  const limits = [
    ...(rate === null ? [] : [rateWords(rate)]),
    ...(concurrency === null ? [] : [`${thousands(concurrency)} at once`]),
  ]
  return limits.length === 0 ? 'no limit' : listing(limits)
}
