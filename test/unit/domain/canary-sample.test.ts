import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { canarySample, type Candidate } from '../../../src/domain/canary-sample.ts'

const jobs = (count: number, about: Partial<Candidate> = {}, first = 0): readonly Candidate[] =>
  Array.from({ length: count }, (_, n) => ({
    key: `${about.type ?? 'a'}${first + n}`,
    type: 'a',
    shape: 'c1',
    at: new Date(1_000_000 + n * 1000),
    ...about,
  }))

describe('a canary', () => {
  it('has a job of every error and type, however rare', () => {
    const all = [
      ...jobs(9990),
      ...jobs(8, { type: 'rare' }),
      ...jobs(1, { type: 'b', shape: 'c2' }),
      ...jobs(1, { type: 'never', shape: null }),
    ]
    const keys = canarySample(all, 10)
    expect(keys).toHaveLength(10)
    expect(keys.map((key) => key.replace(/\d+$/, '')).toSorted()).toEqual([
      'a',
      'a',
      'a',
      'a',
      'a',
      'a',
      'a',
      'b',
      'never',
      'rare',
    ])
  })

  it('has the largest ones where there are more than it takes', () => {
    const all = [...jobs(1, { type: 'x' }), ...jobs(3, { type: 'y' }), ...jobs(2, { type: 'z' })]
    expect(canarySample(all, 2).map((key) => key[0])).toEqual(['y', 'z'])
  })

  it('shares what is left by size', () => {
    const all = [...jobs(600), ...jobs(300, { type: 'b' }), ...jobs(100, { type: 'c' })]
    const types = canarySample(all, 10).map((key) => key[0])
    expect(types.filter((type) => type === 'a')).toHaveLength(6)
    expect(types.filter((type) => type === 'b')).toHaveLength(3)
  })

  it('is spread over age, so that neither the newest nor the oldest stand for all', () => {
    expect(canarySample(jobs(100), 4)).toEqual(['a12', 'a37', 'a62', 'a87'])
    expect(canarySample(jobs(101).toReversed(), 1)).toEqual(['a50'])
  })

  it('is as many different jobs as there are, at most as many as asked for, and always the same', () => {
    const candidate = fc.record({
      type: fc.constantFrom('a', 'b', 'c'),
      shape: fc.constantFrom('c1', 'c2', null),
      at: fc.option(fc.date({ noInvalidDate: true })),
    })
    fc.assert(
      fc.property(fc.array(candidate), fc.integer({ min: 1, max: 50 }), (found, size) => {
        const all = found.map((one, n) => ({ ...one, key: `${n}` }))
        const keys = canarySample(all, size)
        expect(new Set(keys).size).toBe(Math.min(size, all.length))
        expect(keys).toEqual(canarySample(all, size))
        expect(keys.map(Number)).toEqual(keys.map(Number).toSorted((a, b) => a - b))
      }),
    )
  })
})
