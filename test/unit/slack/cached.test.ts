import { describe, expect, it } from 'vitest'

import { createCached } from '../../../src/slack/cached.ts'
import { createTestClock } from '../../helpers/clock.ts'

/** A cache over a loader whose calls are answered when the test says so. */
function aCache() {
  const clock = createTestClock()
  const calls: { answer(value: string): void; fail(): void }[] = []
  const ask = createCached<string>({
    ttlMs: 60_000,
    clock,
    load: () =>
      new Promise((resolve, reject) => {
        calls.push({ answer: resolve, fail: () => reject(new Error('away')) })
      }),
  })
  return { ask, calls, clock }
}

describe('what is remembered', () => {
  it('is one call for all who ask at once, and for a minute after', async () => {
    const { ask, calls, clock } = aCache()
    const both = Promise.all([ask('a'), ask('a')])
    calls[0]?.answer('one')
    expect(await both).toEqual(['one', 'one'])
    clock.advance(59_999)
    expect(await ask('a')).toBe('one')
    clock.advance(1)
    const later = ask('a')
    calls[1]?.answer('two')
    expect(await later).toBe('two')
  })

  it('is no failure: whoever asks next asks again', async () => {
    const { ask, calls } = aCache()
    const first = ask('a')
    calls[0]?.fail()
    await expect(first).rejects.toThrow('away')
    const second = ask('a')
    calls[1]?.answer('one')
    expect(await second).toBe('one')
  })
})

describe('a fresh ask', () => {
  it('never shares what was asked before it, answered or not', async () => {
    const { ask, calls } = aCache()
    const older = ask('a')
    const fresh = ask('a', { fresh: true })
    expect(calls).toHaveLength(2)
    calls[1]?.answer('new')
    calls[0]?.answer('old')
    expect(await Promise.all([older, fresh])).toEqual(['old', 'new'])
    // The older call answered last, but the newer one counts.
    expect(await ask('a')).toBe('new')
  })

  it('shares another fresh one while that is under way, and no longer', async () => {
    const { ask, calls } = aCache()
    const both = Promise.all([ask('a', { fresh: true }), ask('a', { fresh: true })])
    expect(calls).toHaveLength(1)
    calls[0]?.answer('one')
    expect(await both).toEqual(['one', 'one'])
    const next = ask('a', { fresh: true })
    expect(calls).toHaveLength(2)
    calls[1]?.answer('two')
    expect(await next).toBe('two')
  })
})
