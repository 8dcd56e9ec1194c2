import { describe, expect, it } from 'vitest'

import { nextStep, type NextStep } from '../../../src/domain/replay-next.ts'
import type { Ramp, Replay, Wave } from '../../../src/domain/replay.ts'
import { ago, NOW } from '../slack/render/builders.ts'
import {
  aPlannedReplay,
  aReplay,
  aRunWave,
  aWave,
  counts,
  gate,
  GOOD_GATES,
} from '../slack/render/replays.ts'

const MINUTE_MS = 60_000
const byHand: Partial<Ramp> = { promotes: 'person' }

/** The first of two waves. */
const step = (wave: Wave, replay: Partial<Replay> = {}, ramp: Partial<Ramp> = {}): NextStep => {
  const waves = [wave, aWave(1, 90)]
  return nextStep(aReplay(waves, replay), aPlannedReplay(waves, ramp).ramp, NOW)
}

const justFed = { ...aRunWave(0, 10), fedAt: new Date(NOW.getTime() - 10_000) }
const until = new Date(NOW.getTime() + 20_000)

describe('what a replay does next', () => {
  it.each<readonly [string, NextStep, NextStep]>([
    ['begins before its first job', step(aWave(0, 10)), { kind: 'begins' }],
    [
      'puts more in line, and counts no job that was gone',
      step(aWave(0, 10, { beganAt: ago(1), counts: counts({ fed: 6, skipped: 1 }) })),
      { kind: 'puts', left: 3 },
    ],
    [
      'waits for jobs, as long as its patience lasts',
      step(aWave(0, 10, { beganAt: ago(1), fedAt: ago(1), counts: counts({ fed: 10, open: 2 }) })),
      { kind: 'awaits', open: 2, until: new Date(ago(1).getTime() + 10 * MINUTE_MS) },
    ],
    ['watches, then goes on', step(justFed), { kind: 'watches', until, after: 'goes_on' }],
    ['watches, then asks', step(justFed, {}, byHand), { kind: 'watches', until, after: 'asks' }],
    [
      'is judged',
      step(aRunWave(0, 10), { gates: GOOD_GATES }),
      { kind: 'judges', after: 'goes_on' },
    ],
    [
      'asks once all is good',
      step(aRunWave(0, 10), { gates: GOOD_GATES }, byHand),
      { kind: 'asks' },
    ],
    [
      'does not ask while something is not good',
      step(aRunWave(0, 10), { gates: [gate('redis', 'bad')] }, byHand),
      { kind: 'judges', after: 'goes_on' },
    ],
    [
      'asks, too, where it holds itself for that click',
      step(aRunWave(0, 10), { state: 'held', gates: GOOD_GATES }, byHand),
      { kind: 'asks' },
    ],
    [
      'lacks what is not good',
      step(aRunWave(0, 10), { state: 'held', gates: [...GOOD_GATES, gate('waiting', 'unknown')] }),
      { kind: 'lacks', gates: ['waiting'] },
    ],
    [
      'lacks nothing that is still to come: whoever froze everything has to lift that',
      step(aRunWave(0, 10), { state: 'held', gates: [gate('success', 'pending')] }, byHand),
      { kind: 'held' },
    ],
    [
      'no longer lacks what somebody saw and let pass',
      step(
        aRunWave(0, 10),
        { state: 'held', gates: [gate('waiting', 'unknown')], ignored: ['waiting:unknown'] },
        byHand,
      ),
      { kind: 'asks' },
    ],
    [
      'lacks what became bad since somebody let it pass',
      step(aRunWave(0, 10), {
        state: 'held',
        gates: [gate('live', 'bad')],
        ignored: ['live:unknown'],
      }),
      { kind: 'lacks', gates: ['live'] },
    ],
    [
      'waits for the person who holds it, however good it is',
      step(aRunWave(0, 10), { state: 'held', isHeldByPerson: true, gates: GOOD_GATES }, byHand),
      { kind: 'held' },
    ],
    [
      'comes to its end with what is still there',
      step(aWave(0, 10, { counts: counts({ fed: 10, open: 4 }) }), { state: 'halting' }),
      { kind: 'ends', open: 4 },
    ],
    ['is over', step(aRunWave(0, 10), { state: 'halted' }), { kind: 'over' }],
  ])('%s', (_, next, expected) => {
    expect(next).toEqual(expected)
  })

  it('ends with its last wave, whoever promotes', () => {
    const waves = [justFed]
    const { ramp } = aPlannedReplay(waves, byHand)
    expect(nextStep(aReplay(waves), ramp, NOW)).toEqual({ kind: 'watches', until, after: 'ends' })
    const over = [aRunWave(0, 10)]
    expect(nextStep(aReplay(over, { gates: GOOD_GATES }), ramp, NOW)).toEqual({
      kind: 'judges',
      after: 'ends',
    })
  })
})
