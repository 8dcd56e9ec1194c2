import { describe, expect, it } from 'vitest'

import type { ProbeReading } from '../../../src/domain/ports/probes.ts'
import { isRecovered, judge } from '../../../src/domain/recovery-judge.ts'
import { checklistWords, missingWords, verdictWords } from '../../../src/domain/recovery-words.ts'
import { lookMs, type Check, type ProbeRun } from '../../../src/domain/recovery.ts'
import {
  after,
  aQueue,
  aRecovery,
  aSight,
  away,
  EMAIL,
  ended,
  LIMITS,
  MINUTE_MS,
  SMS,
  START,
  stateOf,
  watched,
  wordsOf,
  type Seen,
} from '../../helpers/recovery-looks.ts'

describe('one look at one queue', () => {
  it.each<[string, Check['name'], Seen, string, RegExp]>([
    ['few failed', 'failed_left', { counts: { failed: 9 } }, 'good', /^9 left, fewer than 10/],
    ['many failed', 'failed_left', { counts: { failed: 1310 } }, 'bad', /^1,310 left, not fewer/],
    ['no such queue', 'failed_left', { queue: { isKnown: false } }, 'unknown', /no such queue/],
    ['it works', 'processing', {}, 'good', /^5 completed, 2 workers$/],
    ['paused', 'processing', { queue: { isPaused: true } }, 'bad', /paused/],
    ['no workers', 'processing', { queue: { workers: 0 }, ended: ended(0) }, 'bad', /no worker/],
    ['workers seen at work', 'processing', { queue: { workers: 0 } }, 'good', /^5 completed$/],
    ['workers untold', 'processing', { queue: { workers: null } }, 'good', /^5 completed$/],
    ['idle', 'processing', { ended: ended(0) }, 'pending', /nothing to do yet/],
    [
      'begun',
      'processing',
      { ended: ended(0), counts: { active: 1 } },
      'pending',
      /none completed/,
    ],
    ['events untold', 'processing', { ended: null }, 'unknown', /Redis did not answer/],
    ['new failures', 'new_failures', { ended: ended(5, 3) }, 'bad', /^3 jobs failed just now$/],
    ['none', 'new_failures', {}, 'pending', /^none for 5 s$/],
    ['a gap', 'new_failures', { ended: ended(5, 0, true) }, 'unknown', /dropped too early/],
    ['all completed', 'success', {}, 'good', /^5 of 5 completed \(100 %\)$/],
    ['too few', 'success', { ended: ended(9, 1) }, 'bad', /^9 of 10 completed \(90 %\), 95 % have/],
    ['too few to tell', 'success', { ended: ended(2) }, 'pending', /^2 of 2 completed, too few/],
    ['nothing ended', 'success', { ended: ended(0) }, 'pending', /no job ended/],
    ['a gap in ends', 'success', { ended: ended(5, 0, true) }, 'unknown', /dropped too early/],
  ])('%s', (_, name, seen, state, words) => {
    const now = judge(aRecovery(), aSight(5000, { queues: [aQueue(EMAIL, seen)] }), LIMITS)
    expect(stateOf(now, name)).toBe(state)
    expect(wordsOf(now, name)).toMatch(words)
  })

  it('calls a queue bad where jobs wait and nothing moves, unless long jobs are at work', () => {
    const still = (active: number) =>
      watched(aRecovery({ forMs: 3 * MINUTE_MS }), MINUTE_MS, {
        queues: [aQueue(EMAIL, { ended: ended(0), counts: { waiting: 40, active } })],
      })
    expect(wordsOf(still(0), 'processing')).toBe(
      '40 wait and none is at work, none completed for 1 min',
    )
    expect(stateOf(still(0), 'processing')).toBe('bad')
    expect(stateOf(still(3), 'processing')).toBe('unknown')
  })
})

describe('the time', () => {
  it('ends well once everything was good for all of it, and no look earlier', () => {
    expect(isRecovered(watched(aRecovery(), 55_000))).toBe(false)
    const now = watched(aRecovery(), MINUTE_MS)
    expect(isRecovered(now)).toBe(true)
    expect(checklistWords(now)).toMatch(
      /new failures: none for 1 min; success share: 60 of 60 completed \(100 %\); alerts: none fires$/,
    )
  })

  it('begins anew with a failure, and counts ends from there', () => {
    const good = watched(aRecovery(), 50_000)
    const failing = { queues: [aQueue(EMAIL, { ended: ended(99, 1) })] }
    const set = judge(good, aSight(55_000, failing), LIMITS)
    expect(set).toMatchObject({ goodMs: 0, setback: { words: '1 job failed just now' } })
    const then = watched(set, 60_000)
    expect(wordsOf(then, 'success')).toBe('5 of 5 completed (100 %)')
    expect(then.goodMs).toBe(5000)
    expect(isRecovered(watched(then, 110_000))).toBe(false)
    expect(isRecovered(watched(then, 115_000))).toBe(true)
  })

  it('stands still while nothing can be seen, and goes on afterwards', () => {
    const good = watched(aRecovery(), 30_000)
    const blind = watched(good, 50_000, { queues: [away] })
    expect(blind.goodMs).toBe(30_000)
    expect(wordsOf(blind, 'new_failures')).toBe('Redis is away')
    expect(missingWords(blind)).toMatch(/^Unknown: failed jobs: Redis is away; /)
    expect(watched(blind, 55_000).goodMs).toBe(35_000)
  })

  it('does not count what nobody looked at for long', () => {
    const later = judge(watched(aRecovery(), 5000), aSight(50_000), LIMITS)
    expect(later.goodMs).toBe(5000 + 3 * lookMs(later))
  })

  it('begins anew where ends were missed', () => {
    const missed = { queues: [aQueue(EMAIL, { ended: ended(5, 0, true) })] }
    const now = judge(watched(aRecovery(), 30_000), aSight(35_000, missed), LIMITS)
    expect(now).toMatchObject({ goodMs: 0, setback: { words: expect.stringMatching(/dropped/) } })
  })

  it('knows no share without traffic, and takes the first that completes afterwards', () => {
    const idle = watched(aRecovery(), MINUTE_MS, { queues: [aQueue(EMAIL, { ended: ended(0) })] })
    expect(isRecovered(idle)).toBe(false)
    expect(stateOf(idle, 'success')).toBe('unknown')
    expect(stateOf(idle, 'processing')).toBe('unknown')
    expect(isRecovered(judge(idle, aSight(65_000), LIMITS))).toBe(true)
  })

  it('keeps since when a check is as it is', () => {
    const bad = { queues: [aQueue(EMAIL, { counts: { failed: 10 } })] }
    const now = watched(aRecovery(), 20_000, bad)
    expect(now.checks.find(({ name }) => name === 'failed_left')?.since).toEqual(after(5000))
  })
})

describe('several queues', () => {
  const both = aRecovery({ refs: [EMAIL, SMS] })

  it('names the one that is bad', () => {
    const queues = [aQueue(EMAIL), aQueue(SMS, { counts: { failed: 12 } })]
    const now = judge(both, aSight(5000, { queues }), LIMITS)
    expect(wordsOf(now, 'failed_left')).toBe('`sales/sms`: 12 left, not fewer than 10')
  })

  it('asks nothing of a queue that has nothing to do while another works', () => {
    const queues = [aQueue(EMAIL), aQueue(SMS, { ended: ended(0) })]
    expect(isRecovered(watched(both, MINUTE_MS, { queues }))).toBe(true)
  })
})

describe('probes', () => {
  const reading = (state: ProbeReading['state']): ProbeReading => ({
    name: 'api',
    about: 'health',
    state,
    words: '200 in 31 ms',
    at: START,
  })

  it.each([
    ['well', true, MINUTE_MS],
    ['unwell', false, 0],
    ['unknown', false, 0],
  ] as const)('%s', (state, isDone, goodMs) => {
    const now = watched(aRecovery(), MINUTE_MS, { readings: [reading(state)] })
    expect(isRecovered(now)).toBe(isDone)
    expect(now.goodMs).toBe(goodMs)
  })

  const probe = { name: 'order', kind: 'action', about: 'end_to_end' } as const
  const aRun = (at: number, state: ProbeReading['state'] | null): ProbeRun => ({
    recoveryId: 'r1',
    probe: 'order',
    run: 1,
    by: { teamId: 'T1', userId: 'U0ANA' },
    beganAt: after(at),
    reading: state === null ? null : { state, words: '201 in 80 ms', at: after(at) },
  })
  const withRun = (last: ProbeRun | null) => ({ actions: [{ probe, last }] })

  it('not run, one with effects keeps the verdict back, but not the time', () => {
    const now = watched(aRecovery(), MINUTE_MS, withRun(null))
    expect(now.goodMs).toBe(MINUTE_MS)
    expect(isRecovered(now)).toBe(false)
    expect(missingWords(now)).toMatch(/^Unknown: end to end \(order\): not run/)
    expect(isRecovered(watched(now, 65_000, withRun(aRun(62_000, 'well'))))).toBe(true)
  })

  it('failed, it begins the time anew; run before a setback, it has to run again', () => {
    const failed = watched(aRecovery(), 30_000, withRun(aRun(20_000, 'unwell')))
    expect(failed.goodMs).toBe(0)
    const again = watched(failed, 95_000, withRun(aRun(33_000, 'well')))
    expect(isRecovered(again)).toBe(true)
    const bad = {
      ...withRun(aRun(33_000, 'well')),
      queues: [aQueue(EMAIL, { ended: ended(1, 1) })],
    }
    const set = watched(again, 100_000, bad)
    const after2 = watched(set, 105_000, withRun(aRun(33_000, 'well')))
    expect(wordsOf(after2, 'probe:order')).toMatch(/before the time began anew/)
  })

  it('whose process died is unknown, never well', () => {
    const soon = watched(aRecovery(), 10_000, withRun(aRun(5000, null)))
    expect(stateOf(soon, 'probe:order')).toBe('pending')
    const late = watched(aRecovery(), 120_000, withRun(aRun(5000, null)))
    expect(stateOf(late, 'probe:order')).toBe('unknown')
  })
})

describe('words', () => {
  it('says what is wrong when it is late, and how far it is when nothing is', () => {
    const queues = [aQueue(EMAIL, { counts: { failed: 12 } })]
    const bad = watched(aRecovery(), 120_000, { queues })
    expect(verdictWords(bad, after(120_000))).toBe(
      'Not recovered after 2 min. Bad: failed jobs: 12 left, not fewer than 10. The check goes on, less often.',
    )
    expect(verdictWords(watched(aRecovery(), 40_000), after(40_000))).toContain(
      'Good for 40 s of 1 min',
    )
  })
})
