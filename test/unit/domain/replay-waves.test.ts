import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { canarySample, type Candidate } from '../../../src/domain/canary-sample.ts'
import { wavesFor } from '../../../src/domain/replay-ramp.ts'
import { canaryKey, intoWaves, strataOf } from '../../../src/domain/replay-waves.ts'
import { DEFAULT_REPLAY } from '../../../src/domain/settings.ts'

const candidate = (key: string, type: string, shape: string | null): Candidate => ({
  key,
  type,
  shape,
  at: null,
})

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n)

describe('the strata of jobs', () => {
  it('are types and errors, the largest first, and every job has one', () => {
    const { strata, of } = strataOf([
      candidate('1', 'send', 'reset'),
      candidate('2', 'send', 'timeout'),
      candidate('3', 'bill', 'timeout'),
      candidate('4', 'send', 'timeout'),
      candidate('5', 'send', null),
    ])
    expect(strata).toEqual([
      { type: 'send', shape: 'timeout', jobs: 2 },
      { type: 'send', shape: 'reset', jobs: 1 },
      { type: 'bill', shape: 'timeout', jobs: 1 },
      { type: 'send', shape: null, jobs: 1 },
    ])
    expect([...of]).toEqual([
      ['2', 0],
      ['4', 0],
      ['1', 1],
      ['3', 2],
      ['5', 3],
    ])
  })

  it('have each a job in the canary while there is room', () => {
    const all = upTo(1000).map((n) => candidate(`${n}`, n % 100 === 7 ? 'rare' : 'often', 'x'))
    const { of } = strataOf(all)
    const chosen = new Set(canarySample(all, 10).map((key) => of.get(key)))
    expect(chosen).toEqual(new Set([0, 1]))
  })
})

describe('waves', () => {
  it('are the canary first, then spread over age', () => {
    expect(intoWaves(upTo(12), new Set([11, 0]), [2, 5, 5])).toEqual([
      [0, 11],
      [2, 10, 6, 4, 8],
      [1, 9, 5, 3, 7],
    ])
  })

  it('leave out what is beyond the ramp', () => {
    expect(intoWaves(upTo(9), new Set([4]), [1, 2])).toEqual([[4], [2, 7]])
    expect(intoWaves(upTo(9), new Set([4]), [1])).toEqual([[4]])
    expect(intoWaves([], new Set(), [])).toEqual([])
  })

  it('refuse what does not add up', () => {
    expect(() => intoWaves(upTo(9), new Set([1, 2]), [1, 8])).toThrow(RangeError)
    expect(() => intoWaves(upTo(9), new Set([1]), [1, 9])).toThrow(RangeError)
  })

  it('have every job once, in waves of exactly these sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 50 }),
        fc.integer({ min: 1, max: 97 }),
        (sizes, beyond, stride) => {
          const jobs = upTo(sizes.reduce((sum, size) => sum + size, beyond))
          const start = stride % jobs.length
          const canary = new Set([...jobs.slice(start), ...jobs.slice(0, start)].slice(0, sizes[0]))
          const waves = intoWaves(jobs, canary, sizes)
          expect(waves.map(({ length }) => length)).toEqual(sizes)
          expect(new Set(waves.flat()).size).toBe(jobs.length - beyond)
          expect(new Set(waves[0])).toEqual(canary)
        },
      ),
    )
  })

  it('have of every stretch of age its share in each of their beginnings', () => {
    // So many of one minute fail: where they came first, a good wave would be halted.
    fc.assert(
      fc.property(
        fc.integer({ min: 200, max: 3000 }),
        fc.integer({ min: 0, max: 199 }),
        fc.integer({ min: 50, max: 150 }),
        (size, from, length) => {
          const [, wave = []] = intoWaves(upTo(size + 1), new Set([0]), [1, size])
          const isPoison = (job: number): boolean => job > from && job <= from + length
          for (let so = 25; so <= size; so += 25) {
            const seen = wave.slice(0, so).filter(isPoison).length
            expect(Math.abs(seen - (so * wave.filter(isPoison).length) / size)).toBeLessThan(8)
          }
        },
      ),
    )
  })

  it('reach from the oldest to the newest, however small they are', () => {
    const jobs = upTo(100_000)
    const sizes = wavesFor(jobs.length, DEFAULT_REPLAY.steps)
    const waves = intoWaves(jobs, new Set(jobs.slice(0, 10)), sizes)
    for (const wave of waves.slice(1)) {
      const older = wave.filter((job) => job < 50_000).length
      expect(Math.abs(older / wave.length - 0.5)).toBeLessThan(0.01)
    }
  })

  it('name no two jobs alike: a row of the vault may have the id of a job', () => {
    expect(canaryKey('1', true)).not.toBe(canaryKey('1', false))
  })
})
