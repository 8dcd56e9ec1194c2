import { describe, expect, it } from 'vitest'

import { gatesOf } from '../../../src/domain/replay-gates.ts'
import type { Observed } from '../../../src/domain/replay-observed.ts'
import type { WaveCounts } from '../../../src/domain/replay.ts'
import { after, gate, observed, says, trafficOf, waveOf } from '../../helpers/observed.ts'

const POISONED = [
  { type: 'send', shape: 'timeout', jobs: 970 },
  { type: 'send', shape: 'no such user', jobs: 30 },
]

const canary = (strata: WaveCounts['strata'], open = 0): Partial<Observed> => {
  const all = Object.values(strata)
  const completed = all.reduce((sum, one) => sum + one.completed, 0)
  const known = all.reduce((sum, one) => sum + one.failed, 0)
  return { isCanary: true, strata: POISONED, wave: waveOf({ completed, known, open, strata }) }
}

describe('all gates', () => {
  it('are good when all is well, each with its numbers', () => {
    const probes = [
      { name: 'api', about: 'health', state: 'well', words: '200 in 31 ms', at: after(30) },
    ] as const
    expect(
      gatesOf(observed({ probes })).map(({ name, state, words }) => [name, state, words]),
    ).toEqual([
      ['success', 'good', '20 of 20 completed; the true failure share may still be up to 14 %'],
      ['new_errors', 'good', 'none'],
      ['ended', 'good', 'all 20 ended'],
      ['live', 'good', '0 of 16 other jobs failed (before: 1 of 301 other jobs failed)'],
      ['waiting', 'good', 'the oldest job waits for 2 s'],
      ['workers', 'good', '4 workers'],
      ['running', 'good', 'the queue runs'],
      ['redis', 'good', 'answers in 1 ms'],
      ['probe:api', 'good', '200 in 31 ms'],
      ['alerts', 'good', 'none began'],
    ])
  })

  it('say that nobody knows when nobody could look, never that it is well', () => {
    const blind = gatesOf(observed({ queue: null, redis: null, live: trafficOf(0, 0, 60_000) }))
    const unknown = blind.filter(({ state }) => state === 'unknown').map(({ name }) => name)
    expect(unknown).toEqual(['live', 'waiting', 'workers', 'running', 'redis'])
  })
})

describe('success', () => {
  it.each([
    [
      { completed: 480, known: 10 },
      'good: 480 of 490 completed (98 %), 10 failed; the true failure share may be anything from 1.1 to 3.4 %',
    ],
    [
      { completed: 9, known: 1 },
      'unknown: 1 of 10 failed; the true failure share may be anything from 0.5 to 39 %, allowed are 5 %',
    ],
    [
      { completed: 1, known: 9 },
      'bad: 9 of 10 failed; the true failure share may be anything from 61 to 99 %, allowed are 5 %',
    ],
    [
      { fresh: 10 },
      'bad: 10 of 10 failed; the true failure share is at least 74 %, allowed are 5 %',
    ],
    [{ unseen: 10 }, 'unknown: none of 10 jobs was seen to end, which proves nothing'],
    [{ skipped: 10 }, 'unknown: none of 10 jobs was there any more, which proves nothing'],
    [{ open: 10 }, 'pending: nothing has ended yet'],
    [{ open: 5, completed: 4, known: 1 }, 'pending: 4 completed and 1 failed so far'],
  ])('of %o', (counts, words) => {
    expect(says('success', { wave: waveOf(counts) })).toBe(words)
  })

  it('is bad before all ended only if what is open cannot make up for it', () => {
    expect(gate('success', { wave: waveOf({ known: 3, open: 7 }) }).state).toBe('pending')
    expect(gate('success', { wave: waveOf({ known: 5, open: 5 }) }).state).toBe('bad')
    const begun = waveOf({ known: 200, open: 300 }, { size: 20_000 })
    expect(gate('success', { wave: begun }).state).toBe('bad')
    const quick = waveOf({ known: 20, open: 480 }, { size: 20_000 })
    expect(gate('success', { wave: quick }).state).toBe('pending')
  })

  it('asks for exactly what was asked for', () => {
    const wave = waveOf({ completed: 95, known: 5 })
    expect(gate('success', { wave }).state).toBe('good')
    expect(gate('success', { wave: waveOf({ completed: 94, known: 6 }) }).state).toBe('unknown')
    const ninety = { ...observed().ramp, success: 0.9 }
    const tenth = waveOf({ completed: 90, known: 10 })
    expect(gate('success', { wave: tenth, ramp: ninety }).state).toBe('good')
    const strict = { ...observed().ramp, success: 1 }
    expect(gate('success', { wave, ramp: strict }).state).toBe('bad')
    expect(gate('success', { ramp: strict }).state).toBe('good')
    expect(gate('success', { wave, ramp: { ...strict, success: 0.5 } }).state).toBe('good')
  })
})

describe('success of a canary', () => {
  it('counts a rare cause by its size, not by its job in the sample', () => {
    expect(
      says('success', canary({ 0: { completed: 9, failed: 0 }, 1: { completed: 0, failed: 1 } })),
    ).toBe(
      'good: 9 of 10 completed (90 %), 1 failed (3 % of all, by the size of each cause); the true failure share may be anything up to 31 %',
    )
  })

  it('counts a frequent cause by its size, too', () => {
    const seen = canary({ 0: { completed: 8, failed: 1 }, 1: { completed: 1, failed: 0 } })
    expect(gate('success', seen).state).toBe('unknown')
    const none = canary({ 0: { completed: 0, failed: 9 }, 1: { completed: 1, failed: 0 } })
    expect(gate('success', none).state).toBe('bad')
  })

  it('is bad when all fail, of however many causes they are', () => {
    const strata = Array.from({ length: 10 }, (_, n) => ({ type: 'a', shape: `${n}`, jobs: 10 }))
    const seen = canary(Object.fromEntries(strata.map((_, n) => [n, { completed: 0, failed: 1 }])))
    expect(gate('success', { ...seen, strata }).state).toBe('bad')
  })

  it('does not take the rare causes, which failed first, for all', () => {
    const strata = [
      { type: 'a', shape: 'often', jobs: 1000 },
      ...Array.from({ length: 9 }, (_, n) => ({ type: 'a', shape: `${n}`, jobs: 1 })),
    ]
    const failed = Object.fromEntries(
      strata.slice(1).map((_, n) => [n + 1, { completed: 0, failed: 1 }]),
    )
    expect(gate('success', { ...canary(failed, 1), strata }).state).toBe('pending')
    const done = canary({ ...failed, 0: { completed: 1, failed: 0 } })
    expect(gate('success', { ...done, strata }).state).toBe('good')
  })

  it('counts every job alike where only some were chosen by their cause', () => {
    const strata = { 0: { completed: 10, failed: 0 } }
    const wave = waveOf({ completed: 50, known: 50, strata })
    expect(gate('success', { isCanary: true, strata: POISONED, wave }).state).toBe('bad')
  })

  it('says of how many causes there was a job', () => {
    const seen = canary({ 0: { completed: 9, failed: 0 } })
    expect(says('success', seen)).toContain('9 of 9 completed, 1 of 2 causes tried;')
  })
})

describe('new errors', () => {
  const failures = [
    { shape: 'timeout', isKnown: true, jobs: 4 },
    { shape: 'connect ECONNREFUSED', isKnown: false, jobs: 2 },
  ]
  it.each([
    [{ completed: 490 }, 'good: none'],
    [
      { completed: 488, fresh: 2 },
      'good: 2 of 490 failed in a new way: “connect ECONNREFUSED” (2)',
    ],
    [
      { completed: 9, fresh: 1 },
      'unknown: 1 of 10 failed in a new way: “connect ECONNREFUSED” (2); the true share may be anything from 0.5 to 39 %',
    ],
    [{ completed: 8, fresh: 2 }, 'bad: 2 of 10 failed in a new way: “connect ECONNREFUSED” (2)'],
    [
      { completed: 470, fresh: 20 },
      'bad: 20 of 490 failed in a new way: “connect ECONNREFUSED” (2)',
    ],
    [{ known: 10 }, 'good: none'],
    [{ open: 10 }, 'pending: no new error so far'],
    [{ open: 9, fresh: 1 }, 'pending: 1 of 1 failed in a new way: “connect ECONNREFUSED” (2)'],
    [{ open: 300, fresh: 50 }, 'bad: 50 of 50 failed in a new way: “connect ECONNREFUSED” (2)'],
  ])('of %o', (counts, words) => {
    expect(says('new_errors', { wave: waveOf(counts), failures })).toBe(words)
  })

  it('are named, but not at length', () => {
    const long = [{ shape: 'x'.repeat(400), isKnown: false, jobs: 2 }]
    const { words } = gate('new_errors', {
      wave: waveOf({ completed: 488, fresh: 2 }),
      failures: long,
    })
    expect(words.length).toBeLessThan(120)
  })
})

describe('the end of a wave', () => {
  it.each([
    [{ completed: 1 }, {}, 31, 'good: it ended'],
    [{ completed: 400, open: 90 }, {}, 31, 'pending: 90 of 490 still to end'],
    [
      { completed: 400, open: 90 },
      { size: 1000 },
      31,
      'pending: 490 of 1,000 in line so far, 90 to end',
    ],
    [{ completed: 7, open: 3 }, {}, 599, 'pending: 3 of 10 still to end'],
    [{ completed: 7, open: 3 }, {}, 600, 'unknown: 3 of 10 not seen to end within 10 min'],
    [
      { completed: 7, open: 2, unseen: 1 },
      {},
      600,
      'unknown: 3 of 10 not seen to end within 10 min',
    ],
    [
      { completed: 400, open: 90 },
      { size: 1000 },
      600,
      'unknown: 90 of 490 not seen to end within 10 min',
    ],
    [
      { completed: 400, open: 90 },
      { size: 1000, putAt: after(300) },
      600,
      'pending: 490 of 1,000 in line so far, 90 to end',
    ],
    [{ completed: 9, unseen: 1 }, {}, 31, 'unknown: 1 of 10 gone, and nobody saw how'],
    [{ completed: 480, unseen: 10 }, {}, 31, 'good: 10 of 490 gone, and nobody saw how'],
    [{ skipped: 3 }, {}, 31, 'good: none was left to put in line'],
  ])('of %o in %o after %i s', (counts, wave, seconds, words) => {
    expect(says('ended', { wave: waveOf(counts, wave), now: after(seconds) })).toBe(words)
  })
})
