import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  rampOf,
  rampWords,
  sliceJobs,
  wavesFor,
  weakerWords,
} from '../../../src/domain/replay-ramp.ts'
import type { RampStep, RampWish } from '../../../src/domain/replay.ts'
import { DEFAULT_REPLAY } from '../../../src/domain/settings.ts'

const USUAL = DEFAULT_REPLAY.steps
const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0)

describe('a ramp', () => {
  it('is as configured where nothing else is asked for', () => {
    const { byHand, maxWaitMs, ...asConfigured } = DEFAULT_REPLAY
    expect(rampOf({}, DEFAULT_REPLAY, 'medium')).toEqual({ ...asConfigured, promotes: 'itself' })
    expect([byHand, maxWaitMs]).toHaveLength(2)
  })

  it('is as asked for, no limit included', () => {
    const wish = {
      steps: [{ jobs: 3 }],
      inFlight: null,
      perMinute: 20,
      watchMs: 1,
      patienceMs: 2,
      success: 0.5,
      promotes: 'person',
    } as const
    expect(rampOf(wish, DEFAULT_REPLAY, 'low')).toEqual(wish)
    expect(rampOf({ inFlight: 7 }, DEFAULT_REPLAY, 'low').inFlight).toBe(7)
    expect(
      rampOf({ perMinute: null }, { ...DEFAULT_REPLAY, perMinute: 9 }, 'low').perMinute,
    ).toBeNull()
  })

  it('leaves promotion to people where the configuration does, whatever is asked for', () => {
    expect(rampOf({ promotes: 'itself' }, DEFAULT_REPLAY, 'critical').promotes).toBe('person')
    expect(rampOf({ promotes: 'itself' }, DEFAULT_REPLAY, 'high').promotes).toBe('itself')
  })

  it('waits for what has not ended at least as long as it watches', () => {
    expect(rampOf({ watchMs: 3_600_000 }, DEFAULT_REPLAY, 'low').patienceMs).toBe(3_600_000)
  })

  it('says in what it is less careful than usual, and nothing where it is not', () => {
    const said = (wish: RampWish, waves = [10, 990], usual = DEFAULT_REPLAY) =>
      weakerWords({ ramp: rampOf(wish, usual, 'low'), waves }, usual)
    expect(said({})).toBeNull()
    expect(said({ success: 1, watchMs: 60_000, inFlight: 5, perMinute: 2 }, [5, 995])).toBeNull()
    expect(said({ success: 0.6, watchMs: 1000, inFlight: null, perMinute: null })).toBe(
      'Less careful than usual: success 60 % (usual: 95 %), watch 1 s (usual: 30 s), at once no limit (usual: 500).',
    )
    expect(said({ steps: [{ share: 1 }] }, [1000])).toContain('first wave 1,000 (usual: 10)')
    expect(said({ perMinute: 90 }, [10], { ...DEFAULT_REPLAY, perMinute: 60 })).toContain(
      'per min 90 (usual: 60)',
    )
  })

  it('is said as it is written', () => {
    expect(rampWords(USUAL)).toBe('10 → 5 % → 25 % → 100 %')
    expect(rampWords([{ jobs: 1500 }, { share: 0.005 }])).toBe('1,500 → 0.5 %')
    expect(rampWords([{ share: 0.07 }, { share: 0.29 }])).toBe('7 % → 29 %')
  })
})

describe('the waves of a ramp', () => {
  const steps = (...all: readonly RampStep[]) => all
  it.each([
    [100_000, USUAL, [10, 4990, 20_000, 75_000]],
    [500_000, USUAL, [10, 24_990, 100_000, 375_000]],
    [100, USUAL, [10, 15, 75]],
    [30, USUAL, [10, 20]],
    [10, USUAL, [10]],
    [3, USUAL, [3]],
    [0, USUAL, []],
    [500, steps({ jobs: 10 }), [10]],
    [4, steps({ jobs: 10 }), [4]],
    [1000, steps({ jobs: 10 }, { share: 0.5 }), [10, 490]],
    [100, steps({ share: 0.07 }), [7]],
    [10, steps({ share: 0.001 }, { share: 1 }), [1, 9]],
    [100, steps({ jobs: 10 }, { jobs: 50 }, { jobs: 20 }, { jobs: 100 }), [10, 40, 50]],
  ])('of %i jobs', (jobs, ramp, waves) => {
    expect(wavesFor(jobs, ramp)).toEqual(waves)
  })

  it('are never empty, and are all jobs once the last step is', () => {
    const step = fc.oneof(
      fc.record({ jobs: fc.integer({ min: 1, max: 10_000 }) }),
      fc.record({ share: fc.double({ min: 0.0001, max: 1, noNaN: true }) }),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.array(step), (jobs, ramp) => {
        const waves = wavesFor(jobs, [...ramp, { share: 1 }])
        expect(sum(waves)).toBe(jobs)
        expect(Math.min(...waves)).toBeGreaterThan(0)
        expect(sum(wavesFor(jobs, ramp))).toBeLessThanOrEqual(jobs)
      }),
    )
  })
})

describe('a slice of a wave', () => {
  it.each([
    [null, null, 1000],
    [500, null, 125],
    [5000, null, 1000],
    [500, 60, 10],
    [20, 600, 5],
    [1, null, 1],
    [null, 3, 1],
    [null, 1_000_000, 1000],
  ])('with %s at once and %s a minute', (inFlight, perMinute, jobs) => {
    expect(sliceJobs({ inFlight, perMinute })).toBe(jobs)
  })
})
