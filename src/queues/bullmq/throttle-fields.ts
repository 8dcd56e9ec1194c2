import type { Rate, Throttle } from '../../domain/throttle.ts'

/** Of a queue's metadata: what BullMQ's own `setGlobalConcurrency` and `setGlobalRateLimit` write. */
export const LIMIT_FIELDS = ['concurrency', 'max', 'duration'] as const

/** The values of `LIMIT_FIELDS`, as Redis gives them, in that order. */
export function readLimits([concurrency, max, duration]: readonly unknown[]): Throttle {
  const [limit, durationMs] = [numberOf(max), numberOf(duration)]
  return {
    rate: limit === null || durationMs === null ? null : { max: limit, durationMs },
    concurrency: numberOf(concurrency),
  }
}

function numberOf(field: unknown): number | null {
  if (typeof field !== 'string' || field === '') return null
  const number = Number(field)
  return Number.isFinite(number) ? number : null
}

/** As the script compares it: empty for no limit. */
export const rateText = (rate: Rate | null): string =>
  rate === null ? '' : `${rate.max}:${rate.durationMs}`

export const concurrencyText = (concurrency: number | null): string =>
  concurrency === null ? '' : String(concurrency)
