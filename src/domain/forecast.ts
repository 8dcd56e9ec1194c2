import { formatDuration } from './duration.ts'
import type { WorkRate } from './queue.ts'
import { plural } from './text.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** What a forecast is made from. */
export interface DrainBasis {
  /** Jobs that a worker could take, or could once the queue runs. */
  readonly backlog: number
  readonly rate: WorkRate | null
  /** Connected workers; null where the system cannot tell. */
  readonly workers: number | null
}

/** In milliseconds; or why nobody can say, in words that follow "not known:". */
export type DrainEstimate = { readonly ms: number } | { readonly unknown: string }

/** How long the backlog takes at the rate of late, if nothing is added meanwhile. Never a guess without a rate. */
export function drainEstimate({ backlog, rate, workers }: DrainBasis): DrainEstimate {
  if (backlog <= 0) return { ms: 0 }
  if (workers === 0) return { unknown: 'no worker is connected' }
  if (rate === null || !(rate.perMinute > 0))
    return { unknown: 'nothing tells how fast jobs were worked off lately' }
  const ms = Math.ceil((backlog / rate.perMinute) * MINUTE_MS)
  // Small rates make times beyond all reason, and those must stay numbers.
  return { ms: Math.min(ms, Number.MAX_SAFE_INTEGER) }
}

/** `about 12 min at the rate of the last hour's 200 jobs`, `not known: no worker is connected`, `nothing waits`. */
export function drainWords(basis: DrainBasis): string {
  if (basis.backlog <= 0) return 'nothing waits'
  const estimate = drainEstimate(basis)
  if ('unknown' in estimate) return `not known: ${estimate.unknown}`
  const time =
    estimate.ms < MINUTE_MS ? 'less than a minute' : `about ${formatDuration(estimate.ms)}`
  return basis.rate === null ? time : `${time} at the rate of ${rateWords(basis.rate)}`
}

const rateWords = ({ over, sinceMs }: WorkRate): string =>
  `the last ${SPANS.get(sinceMs) ?? formatDuration(sinceMs)}'s ${plural(over, 'job')}`

const SPANS: ReadonlyMap<number, string> = new Map([
  [MINUTE_MS, 'minute'],
  [HOUR_MS, 'hour'],
])
