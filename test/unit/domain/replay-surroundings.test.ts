import { describe, expect, it } from 'vitest'

import { after, gate, says, trafficOf, waveOf } from '../../helpers/observed.ts'

describe('live traffic', () => {
  it.each([
    ['none before, none now', trafficOf(0), trafficOf(0), 'good'],
    ['as before', trafficOf(300, 3), trafficOf(100, 1), 'good'],
    ['two failures are no trend', trafficOf(300), trafficOf(20, 2), 'good'],
    ['all of a few fail', trafficOf(300), trafficOf(0, 3), 'bad'],
    ['a tenth fails', trafficOf(300), trafficOf(180, 20), 'good'],
    ['a fifth fails', trafficOf(300), trafficOf(80, 20), 'bad'],
    ['a fifth failed before', trafficOf(240, 60), trafficOf(80, 20), 'good'],
    ['nobody knows how few did before', trafficOf(3), trafficOf(2, 5), 'good'],
    ['two of two are no trend', trafficOf(300), trafficOf(0, 2, 2000), 'good'],
    ['of none before, many fail', trafficOf(0), trafficOf(0, 20), 'bad'],
    ['none completes where many did', trafficOf(300), trafficOf(0, 0, 60_000), 'unknown'],
    ['none completes where some should have', trafficOf(300), trafficOf(0, 0, 7000), 'unknown'],
    ['too soon to miss any', trafficOf(300), trafficOf(0, 0, 2000), 'good'],
    ['few did before', trafficOf(2), trafficOf(0, 0, 60_000), 'good'],
  ])('%s', (_, baseline, live, state) => {
    expect(gate('live', { baseline, live }).state).toBe(state)
  })

  it('that stopped is no worry where nothing waits', () => {
    const some = { baseline: trafficOf(300), live: trafficOf(0, 0, 60_000) }
    expect(says('live', some)).toBe(
      'unknown: no other job completed for 1 min, though they did before',
    )
    const queue = { isPaused: false, workers: 4, waiting: 0, oldestMs: null }
    expect(says('live', { ...some, queue })).toBe('good: no other job came for 1 min')
    expect(says('live', { baseline: trafficOf(0), live: trafficOf(0) })).toBe('good: no other jobs')
  })
})

describe('the queue around a replay', () => {
  const queue = { isPaused: false, workers: 4, waiting: 50, oldestMs: 2000 }
  it.each([
    ['waiting', { ...queue, waiting: 0, oldestMs: null }, 'good: nothing waits'],
    [
      'waiting',
      { ...queue, oldestMs: null },
      'unknown: 50 jobs in line, nobody can tell for how long',
    ],
    ['workers', { ...queue, workers: 0 }, 'unknown: no worker is connected'],
    ['workers', { ...queue, workers: 1 }, 'good: 1 worker'],
    ['workers', { ...queue, workers: null }, 'good: jobs end'],
    ['running', { ...queue, isPaused: true }, 'unknown: the queue is paused: nothing runs'],
  ] as const)('%s of %o', (name, seen, words) => {
    expect(says(name, { queue: seen })).toBe(words)
  })

  it('may wait for so long, or for as long as it did before', () => {
    const long = { queue: { ...queue, oldestMs: 1_000_000 }, beganAt: after(-3600) }
    const baseline = { ...trafficOf(300), oldestMs: 600_000 }
    expect(says('waiting', long)).toBe('bad: the oldest job waits for 16 min, 15 min at most')
    expect(gate('waiting', { ...long, baseline }).state).toBe('good')
    expect(gate('waiting', { ...long, maxWaitMs: 1_000_000 }).state).toBe('good')
  })

  it('does not wait for as long as a job of the replay is old', () => {
    const ours = { queue: { ...queue, oldestMs: 86_400_000 } }
    expect(says('waiting', ours)).toBe('good: no other job waits for too long')
    expect(gate('waiting', { ...ours, live: trafficOf(0) }).state).toBe('good')
    const late = { ...ours, beganAt: after(-3600), live: trafficOf(0) }
    expect(says('waiting', late)).toBe(
      'unknown: 50 jobs in line behind those of this replay, nobody can tell for how long',
    )
    expect(gate('waiting', { ...late, live: trafficOf(1) }).state).toBe('good')
    expect(gate('waiting', { ...late, wave: waveOf({ open: 50 }) }).state).toBe('good')
  })

  it('may have workers that nobody can count, until nothing ends', () => {
    const seen = {
      queue: { ...queue, workers: null },
      wave: waveOf({ open: 10 }),
      live: trafficOf(0),
      baseline: trafficOf(0),
    }
    expect(gate('workers', seen).state).toBe('pending')
    expect(gate('workers', { ...seen, now: after(600) }).state).toBe('unknown')
  })

  it('is as well as Redis, the probes and the alerts say', () => {
    expect(says('redis', { redis: { isWell: false, words: '95 % of its memory is used' } })).toBe(
      'bad: 95 % of its memory is used',
    )
    const probe = { name: 'api', about: 'health', words: 'w', at: after(0) } as const
    const stateOf = (state: 'well' | 'unwell' | 'unknown') =>
      gate('probe:api', { probes: [{ ...probe, state }] }).state
    expect([stateOf('well'), stateOf('unwell'), stateOf('unknown')]).toEqual([
      'good',
      'bad',
      'unknown',
    ])
    expect(says('alerts', { alerts: ['QueueSlow', 'ApiDown'] })).toBe(
      'bad: “QueueSlow” and “ApiDown” began to fire',
    )
  })
})
