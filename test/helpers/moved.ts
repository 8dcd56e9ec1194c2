import type { Throttle, ThrottleChange } from '../../src/domain/throttle.ts'

const isIn = (found: unknown, from: readonly unknown[]): boolean =>
  from.some((one) => JSON.stringify(one) === JSON.stringify(found))

/** The limits after a change, as every system moves them. */
export const moved = (found: Throttle, { rate, concurrency }: ThrottleChange): Throttle => ({
  rate: rate !== undefined && isIn(found.rate, rate.from) ? rate.to : found.rate,
  concurrency:
    concurrency !== undefined && isIn(found.concurrency, concurrency.from)
      ? concurrency.to
      : found.concurrency,
})
