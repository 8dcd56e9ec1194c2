import { describe, expect, it } from 'vitest'

import { gatesOf } from '../../../src/domain/replay-gates.ts'
import type { Observed } from '../../../src/domain/replay-observed.ts'
import { mayPut, verdictOf, type Judgement } from '../../../src/domain/replay-verdict.ts'
import { after, observed, RAMP, replayOf, trafficOf, waveOf } from '../../helpers/observed.ts'

const judged = (some: Partial<Observed>): Judgement => {
  const seen = observed(some)
  return verdictOf(gatesOf(seen), seen)
}

/** The verdicts of one look after the other, each once while it stays the same. */
const course = (...looks: readonly Partial<Observed>[]): readonly string[] =>
  looks
    .map((look) => judged(look).verdict ?? 'early')
    .filter((verdict, index, all) => verdict !== all[index - 1])

const QUEUE = { isPaused: false, workers: 4, waiting: 50, oldestMs: 2000 }
const POISONED = [
  { type: 'send', shape: 'timeout', jobs: 97_000 },
  { type: 'send', shape: 'no such user', jobs: 3000 },
]
const waveTwo = (counts: Parameters<typeof waveOf>[0]) => waveOf(counts, { index: 1, size: 490 })

describe('the verdict on a wave, look by look,', () => {
  it('of a fault that is fixed is to go on, once it was watched', () => {
    expect(
      course(
        { now: after(0), wave: waveOf({}, { size: 10, beganAt: null, putAt: null }) },
        { now: after(1), wave: waveOf({ open: 10 }) },
        { now: after(5), wave: waveOf({ open: 4, completed: 6 }) },
        { now: after(9), wave: waveOf({ completed: 10 }) },
        { now: after(30), wave: waveOf({ completed: 10 }) },
      ),
    ).toEqual(['early', 'promote'])
    expect(judged({ now: after(29.5), wave: waveOf({ completed: 10 }) }).verdict).toBeNull()
  })

  it('of a fault that is not fixed is to halt in the canary', () => {
    expect(
      course(
        { now: after(1), wave: waveOf({ open: 10 }) },
        { now: after(2), wave: waveOf({ open: 8, known: 2 }) },
        { now: after(3), wave: waveOf({ known: 10 }) },
      ),
    ).toEqual(['early', 'halt'])
    expect(judged({ now: after(3), wave: waveOf({ known: 10 }) }).words).toBe(
      '10 of 10 failed; the true failure share is at least 74 %, allowed are 5 %',
    )
  })

  it('of 3 % of poison is to go on: it goes back, the rest gets through', () => {
    const strata = { 0: { completed: 9, failed: 0 }, 1: { completed: 0, failed: 1 } }
    const canary = { isCanary: true, strata: POISONED }
    expect(
      course(
        { ...canary, now: after(2), wave: waveOf({ open: 9, known: 1, strata: { 1: strata[1] } }) },
        { ...canary, wave: waveOf({ completed: 9, known: 1, strata }) },
      ),
    ).toEqual(['early', 'promote'])
    expect(
      course(
        { now: after(2), wave: waveTwo({ open: 400, known: 12 }) },
        { now: after(20), wave: waveTwo({ open: 90, completed: 385, known: 15 }) },
        { now: after(31), wave: waveTwo({ completed: 475, known: 15 }) },
      ),
    ).toEqual(['early', 'promote'])
  })

  it('of a fault that returns in wave 3 is to halt while it is being put in line', () => {
    const third = (counts: Parameters<typeof waveOf>[0]) =>
      waveOf(counts, { index: 2, size: 20_000 })
    expect(
      course(
        { now: after(1), wave: third({ open: 500 }) },
        { now: after(9), wave: third({ open: 480, completed: 4000, known: 120 }) },
        { now: after(11), wave: third({ open: 450, completed: 4000, known: 400 }) },
      ),
    ).toEqual(['early', 'halt'])
  })

  it('of a new fault is to halt, too', () => {
    expect(judged({ wave: waveTwo({ completed: 470, fresh: 20 }) })).toEqual({
      verdict: 'halt',
      words: '20 of 490 failed in a new way',
    })
  })

  it('of slow work is to hold when patience is over, and to go on when it ended after all', () => {
    expect(
      course(
        { now: after(60), wave: waveOf({ open: 10 }) },
        { now: after(600), wave: waveOf({ open: 3, completed: 7 }) },
        { now: after(700), wave: waveOf({ completed: 10 }) },
      ),
    ).toEqual(['early', 'hold', 'promote'])
  })

  it('of an outside service that is unwell is to hold until it is well', () => {
    const probe = { name: 'api', about: 'external', at: after(0) } as const
    const unwell = { ...probe, state: 'unwell', words: '503 in 40 ms' } as const
    const gone = { ...probe, state: 'unknown', words: 'no answer in 2 s' } as const
    const well = { ...probe, state: 'well', words: '200 in 31 ms' } as const
    expect(course({ probes: [unwell] }, { probes: [gone] }, { probes: [well] })).toEqual([
      'hold',
      'promote',
    ])
    expect(judged({ probes: [unwell] }).words).toBe('Probe api: 503 in 40 ms')
  })

  it('without workers is to hold until they are back, and so in a paused queue', () => {
    const open = waveOf({ open: 10 })
    expect(
      course(
        { now: after(3), wave: open, queue: { ...QUEUE, workers: 0 } },
        { now: after(3), wave: open, queue: { ...QUEUE, isPaused: true } },
        { now: after(9), wave: open },
        { wave: waveOf({ completed: 10 }) },
      ),
    ).toEqual(['hold', 'early', 'promote'])
    const both = { queue: { ...QUEUE, workers: 0, isPaused: true } }
    expect(judged({ ...both, now: after(600), wave: open }).words).toBe(
      'the queue is paused: nothing runs; no worker is connected; 2 more',
    )
  })

  it('while live traffic gets worse is to halt, and while it waits too long to hold', () => {
    const wave = waveTwo({ open: 100, completed: 390 })
    expect(
      course(
        { now: after(5), wave, live: trafficOf(20) },
        {
          now: after(9),
          wave,
          live: trafficOf(20),
          queue: { ...QUEUE, oldestMs: 1_000_000 },
          beganAt: after(-3600),
        },
        { now: after(9), wave, live: trafficOf(20, 12) },
      ),
    ).toEqual(['early', 'hold', 'halt'])
  })

  it('without data is to hold, whatever else is good', () => {
    const blind = { queue: null, redis: null, live: trafficOf(0, 0, 60_000) }
    expect(judged(blind)).toEqual({
      verdict: 'hold',
      words: 'Redis: did not answer; nobody can tell whether the queue runs; 3 more',
    })
    expect(judged({ wave: waveOf({ unseen: 10 }) }).verdict).toBe('hold')
    expect(judged({ wave: waveOf({ skipped: 10 }) }).verdict).toBe('hold')
  })

  it('while alerts fire is to hold', () => {
    expect(judged({ alerts: ['QueueSlow'] })).toEqual({
      verdict: 'hold',
      words: '“QueueSlow” began to fire',
    })
  })

  it('says what a good wave proves, and what an early one waits for', () => {
    expect(judged({}).words).toBe(
      '20 of 20 completed; the true failure share may still be up to 14 %',
    )
    expect(judged({ now: after(12) }).words).toBe('watched for another 18 s')
    expect(judged({ wave: waveOf({ completed: 7, open: 3 }) }).words).toBe('3 of 10 still to end')
  })

  it('goes on in spite of gates that a person ignored, but not before its time', () => {
    const verdict = (seen: Observed) =>
      verdictOf(
        gatesOf(seen).filter(({ name }) => !['success', 'new_errors', 'ended'].includes(name)),
        { ...seen, ramp: { ...RAMP, watchMs: 0 } },
      ).verdict
    const slow = observed({ now: after(600), wave: waveOf({ completed: 97, open: 3 }) })
    expect(verdict(slow)).toBe('promote')
    const open = { completed: 97, open: 3 }
    expect(verdict({ ...slow, wave: waveOf(open, { putAt: after(1) }) })).toBeNull()
    expect(verdict({ ...slow, wave: waveOf(open, { size: 200 }) })).toBeNull()
  })
})

describe('what may be put in line', () => {
  const at = (open: number, putAt: Date | null = null) =>
    replayOf([waveOf({ completed: 10 }, { putAt: null }), waveOf({ open }, { size: 490, putAt })])

  it.each([
    [500, null, 480, null, 20],
    [500, null, 500, null, 0],
    [500, null, 510, null, 0],
    [null, null, 510, after(0), Infinity],
    [null, 60, 0, null, 10],
    [null, 60, 0, after(-9.9), 0],
    [null, 60, 0, after(-10), 10],
    [null, 60, 0, after(-3600), 10],
    [15, 60, 12, after(-10), 3],
    [null, 3, 0, after(-19), 0],
    [null, 3, 0, after(-20), 1],
  ])(
    'with %s at once, %s a minute, %i open, the last at %s is %s',
    (inFlight, perMinute, open, putAt, jobs) => {
      expect(mayPut(at(open, putAt), { ...RAMP, inFlight, perMinute }, after(0))).toBe(jobs)
    },
  )

  it('is never more in a minute than the limit, however often it is asked', () => {
    let [put, replay] = [0, at(0)]
    for (let second = 0; second < 600; second += 1) {
      const now = after(second)
      const jobs = mayPut(replay, { inFlight: null, perMinute: 90 }, now)
      put += jobs
      if (jobs > 0) replay = at(0, now)
    }
    expect(put).toBe(900)
  })
})
