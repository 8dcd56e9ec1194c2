import { describe, expect, it } from 'vitest'

import { inBatches, learnPace } from '../../../../../src/queues/bullmq/jobs/batches.ts'

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

describe('items in batches', () => {
  it.each([1, 2] as const)(
    'are all dealt with, in %i lanes, also where a call comes less far',
    async (lanes) => {
      const calls: number[] = []
      const ends = await inBatches(numbers(500), learnPace(), lanes, async (batch) => {
        calls.push(batch.length)
        return batch.slice(0, 30).map((item) => `done ${item}`)
      })
      expect(ends).toEqual(numbers(500).map((item) => `done ${item}`))
      // What one call manages is what the next ones get; the first two began before that was known.
      expect(calls.filter((size) => size > 38)).toHaveLength(lanes)
    },
  )

  it('are dealt with in their order in one lane', async () => {
    const seen: number[] = []
    await inBatches(numbers(300), learnPace(), 1, async (batch) => {
      const done = batch.slice(0, 7)
      seen.push(...done)
      return done
    })
    expect(seen).toEqual(numbers(300))
  })

  it('grow while calls come to their end', async () => {
    const calls: number[] = []
    await inBatches(numbers(5000), learnPace({ first: 100, most: 300 }), 1, async (batch) => {
      calls.push(batch.length)
      return batch
    })
    expect(calls.slice(0, 3)).toEqual([100, 125, 157])
    expect(Math.max(...calls)).toBe(300)
  })

  it('are given up with the first failure, once the other call is over', async () => {
    let isOver = false
    let calls = 0
    const dealing = inBatches(numbers(1000), learnPace(), 2, async (batch) => {
      calls += 1
      if (calls === 1) throw new Error('no')
      await new Promise((resolve) => setImmediate(resolve))
      isOver = true
      return batch
    })
    await expect(dealing).rejects.toThrow('no')
    expect([isOver, calls]).toEqual([true, 2])
  })

  it('are not asked for ever by calls that do nothing', async () => {
    await expect(inBatches([1], learnPace(), 1, async () => [])).rejects.toThrow('no job at all')
  })
})
