import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  estimateOf,
  shareAtLeast,
  shareUpTo,
  weightedEstimate,
} from '../../../src/domain/proportion.ts'

/** The chance of `most` failures or fewer, summed one by one. */
function chanceOfAtMost(most: number, of: number, share: number): number {
  let [sum, ways] = [0, 1]
  for (let count = 0; count <= most; count += 1) {
    sum += ways * share ** count * (1 - share) ** (of - count)
    ways *= (of - count) / (count + 1)
  }
  return sum
}

const samples = fc
  .integer({ min: 1, max: 200 })
  .chain((judged) => fc.tuple(fc.integer({ min: 0, max: judged }), fc.constant(judged)))

describe('the bounds of a share', () => {
  // By bisection over sums of 60 digits.
  it.each([
    [0, 10, 0, 0.2589],
    [0, 20, 0, 0.1391],
    [0, 50, 0, 0.0582],
    [1, 10, 0.0051, 0.3942],
    [3, 10, 0.0873, 0.6066],
    [10, 10, 0.7411, 1],
    [50, 1000, 0.0392, 0.0629],
    [0, 0, 0, 1],
  ])('after %i failures in %i are %f and %f', (failed, judged, atLeast, upTo) => {
    expect(shareAtLeast(failed, judged)).toBeCloseTo(atLeast, 4)
    expect(shareUpTo(failed, judged)).toBeCloseTo(upTo, 4)
  })

  it('are those at which a sum over all counts gives one in twenty', () => {
    fc.assert(
      fc.property(samples, ([failed, judged]) => {
        const [atLeast, upTo] = [shareAtLeast(failed, judged), shareUpTo(failed, judged)]
        const orMore = failed === 0 ? 0.05 : 1 - chanceOfAtMost(failed - 1, judged, atLeast)
        const orFewer = failed === judged ? 0.05 : chanceOfAtMost(failed, judged, upTo)
        expect(orMore).toBeCloseTo(0.05, 8)
        expect(orFewer).toBeCloseTo(0.05, 8)
      }),
    )
  })

  it('have the share between them, and are those of the jobs that completed, turned round', () => {
    fc.assert(
      fc.property(samples, ([failed, judged]) => {
        const { atLeast, share, upTo } = estimateOf(failed, judged)
        expect(atLeast).toBeLessThanOrEqual(share)
        expect(upTo).toBeGreaterThanOrEqual(share)
        expect(atLeast).toBeCloseTo(1 - shareUpTo(judged - failed, judged), 10)
      }),
    )
  })

  it('hold for half a million jobs, where powers are too small for a double', () => {
    // The normal approximation is good to five digits there.
    const apart = 1.6448536 * Math.sqrt((0.03 * 0.97) / 500_000)
    expect(shareUpTo(15_000, 500_000)).toBeCloseTo(0.03 + apart, 5)
    expect(shareAtLeast(15_000, 500_000)).toBeCloseTo(0.03 - apart, 5)
    expect(shareUpTo(0, 500_000)).toBeCloseTo(1 - 0.05 ** (1 / 500_000), 12)
    expect(shareAtLeast(500_000, 500_000)).toBeCloseTo(0.05 ** (1 / 500_000), 12)
  })

  it('are wider where more certainty is asked for', () => {
    expect(shareAtLeast(3, 10, 0.999)).toBeLessThan(shareAtLeast(3, 10))
    expect(shareAtLeast(10, 10, 0.999)).toBeCloseTo(0.001 ** 0.1, 10)
    expect(shareUpTo(3, 10, 0.999)).toBeGreaterThan(shareUpTo(3, 10))
  })
})

describe('a sample in which rare causes have more than their share', () => {
  it('counts every part by its size', () => {
    const poison = [
      { weight: 97, failed: 0, judged: 9 },
      { weight: 3, failed: 1, judged: 1 },
    ]
    const { share, atLeast, upTo } = weightedEstimate(poison)
    expect(share).toBeCloseTo(0.03, 10)
    expect(atLeast).toBeLessThan(0.001)
    expect(upTo).toBeGreaterThan(0.26)
    expect(upTo).toBeLessThan(0.35)
  })

  it('is a plain sample where the shares are fair', () => {
    const plain = estimateOf(5, 10)
    const parts = weightedEstimate([
      { weight: 50, failed: 5, judged: 5 },
      { weight: 50, failed: 0, judged: 5 },
    ])
    expect(parts.share).toBeCloseTo(plain.share, 10)
    expect(parts.atLeast).toBeCloseTo(plain.atLeast, 10)
    expect(parts.upTo).toBeCloseTo(plain.upTo, 10)
  })

  it('proves the same when all of ten causes fail as when ten jobs of one do', () => {
    const causes = Array.from({ length: 10 }, () => ({ weight: 1, failed: 1, judged: 1 }))
    expect(weightedEstimate(causes).atLeast).toBeCloseTo(shareAtLeast(10, 10), 8)
  })

  it('says nothing of what was not tried', () => {
    const untried = { weight: 1000, failed: 0, judged: 0 }
    expect(weightedEstimate([untried])).toEqual({ share: 0, atLeast: 0, upTo: 1 })
    expect(weightedEstimate([untried, { weight: 1, failed: 1, judged: 2 }]).share).toBe(0.5)
  })
})
