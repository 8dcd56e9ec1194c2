import fc from 'fast-check'
import { expect, it } from 'vitest'

import { drainEstimate, drainWords, type DrainBasis } from '../../../src/domain/forecast.ts'
import type { WorkRate } from '../../../src/domain/queue.ts'

const HOUR_MS = 3_600_000
const rate = (perMinute: number, over = 200, sinceMs = HOUR_MS): WorkRate => ({
  perMinute,
  over,
  sinceMs,
})
const basis = (change: Partial<DrainBasis> = {}): DrainBasis => ({
  backlog: 1200,
  rate: rate(100),
  workers: 2,
  ...change,
})

it.each<[string, Partial<DrainBasis>]>([
  ["about 12 min at the rate of the last hour's 200 jobs", {}],
  [
    "about 1 h 5 min at the rate of the last minute's 1 job",
    { backlog: 65, rate: rate(1, 1, 60_000) },
  ],
  [
    "about 2 d at the rate of the last 37 min's 5,000 jobs",
    { backlog: 2880, rate: rate(1, 5000, 2_233_000) },
  ],
  ["less than a minute at the rate of the last hour's 200 jobs", { backlog: 99 }],
  ["about 12 min at the rate of the last hour's 200 jobs", { workers: null }],
  ['not known: no worker is connected', { workers: 0 }],
  ['not known: nothing tells how fast jobs were worked off lately', { rate: null }],
  ['nothing waits', { backlog: 0, rate: null, workers: 0 }],
])('says: %s', (words, change) => {
  expect(drainWords(basis(change))).toBe(words)
})

const numbers = fc.oneof(fc.nat(), fc.double({ noNaN: true, min: 0 }))
const someBasis = fc.record({
  backlog: numbers,
  rate: fc.option(fc.record({ perMinute: fc.double(), over: fc.nat(), sinceMs: fc.nat() })),
  workers: fc.option(fc.nat(3)),
})

it('is a time or a reason, never a number that is none', () => {
  fc.assert(
    fc.property(someBasis, (some) => {
      const estimate = drainEstimate(some)
      const isRight =
        'unknown' in estimate
          ? estimate.unknown !== '' && some.backlog > 0
          : Number.isSafeInteger(estimate.ms) && estimate.ms >= 0
      expect(isRight).toBe(true)
    }),
  )
})

it('never takes a longer time for fewer jobs, nor for faster workers', () => {
  const ms = (of: DrainBasis) => {
    const estimate = drainEstimate(of)
    return 'ms' in estimate ? estimate.ms : Number.NaN
  }
  const positive = fc.double({ min: 1e-6, max: 1e9, noNaN: true })
  fc.assert(
    fc.property(fc.nat(), fc.nat(), positive, positive, (few, more, slow, fast) => {
      const at = (backlog: number, perMinute: number) =>
        ms(basis({ backlog, rate: rate(perMinute) }))
      expect(at(few, slow)).toBeLessThanOrEqual(at(few + more, slow))
      expect(at(few, slow + fast)).toBeLessThanOrEqual(at(few, slow))
    }),
  )
})

it('says a time only where something was measured and somebody works', () => {
  fc.assert(
    fc.property(someBasis, (some) => {
      const isTold = 'ms' in drainEstimate(some)
      expect(isTold).toBe(
        some.backlog <= 0 || (some.workers !== 0 && (some.rate?.perMinute ?? 0) > 0),
      )
    }),
  )
})
