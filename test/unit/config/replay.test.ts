import { describe, expect, it } from 'vitest'

import { DEFAULT_RECOVERY, DEFAULT_REPLAY } from '../../../src/domain/settings.ts'
import { ENV, messageOf, parse, SHORT } from '../../helpers/config.ts'

describe('the replay section', () => {
  it('has the defaults that the settings name', () => {
    expect(parse(SHORT).settings).toMatchObject({
      replay: DEFAULT_REPLAY,
      recovery: DEFAULT_RECOVERY,
    })
  })

  it('takes what is written', () => {
    const text = `${SHORT}
replay: {ramp: [20, 200, "2.5 %", "\${LAST}"], in_flight: null, per_minute: 600, watch: 1m, patience: 1h,
  success: 0.9, by_hand: [], max_wait: 5m}
recovery: {for: 30m, max_failed: 1, success: 99%, resolves: false}`
    expect(parse(text, { ...ENV, LAST: '50%' }).settings).toMatchObject({
      replay: {
        steps: [{ jobs: 20 }, { jobs: 200 }, { share: 0.025 }, { share: 0.5 }],
        inFlight: null,
        perMinute: 600,
        watchMs: 60_000,
        patienceMs: 3_600_000,
        success: 0.9,
        byHand: [],
        maxWaitMs: 300_000,
      },
      recovery: { forMs: 1_800_000, maxFailed: 1, success: 0.99, resolves: false },
    })
  })

  it.each([
    ['a ramp without steps', 'replay: {ramp: []}', 'replay.ramp (line 5): must not be empty.'],
    [
      'a step that is neither',
      'replay: {ramp: [10, half]}',
      'replay.ramp[1] (line 5): must be a number of jobs such as 10, or per cent of all of them',
    ],
    ['a step of nothing', 'replay: {ramp: [0]}', 'replay.ramp[0] (line 5): must be a number'],
    ['more than all', 'replay: {ramp: [101%]}', 'replay.ramp[0] (line 5): must be a number'],
    [
      'a ramp that falls',
      'replay: {ramp: [10, 25%, 5%]}',
      'replay.ramp[2] (line 5): must go beyond the step before it',
    ],
    [
      'one that stands still',
      'replay: {ramp: [10, 10]}',
      'replay.ramp[1] (line 5): must go beyond',
    ],
    [
      'a number after a share',
      'replay: {ramp: [5%, 10]}',
      'replay.ramp[1] (line 5): must go beyond',
    ],
    [
      'patience that ends before the watch',
      'replay: {watch: 5m, patience: 1m}',
      'replay.patience (line 5): must not be shorter than replay.watch.',
    ],
    ['days of patience', 'replay: {patience: 2d}', 'replay.patience (line 5): must be at most 1d.'],
    ['no success at all', 'replay: {success: 0%}', 'replay.success (line 5): must be at least 50%'],
    ['too much of it', 'replay: {success: 950%}', 'replay.success (line 5): must be at most 1.'],
    ['nothing at once', 'replay: {in_flight: 0}', 'replay.in_flight (line 5): must be at least 1.'],
    [
      'a tier with a typo',
      'replay: {by_hand: [critcal]}',
      'replay.by_hand[0] (line 5): must be one of critical, high, medium, low. Did you mean `critical`?',
    ],
    [
      'fewer failed jobs than none',
      'recovery: {max_failed: 0}',
      'recovery.max_failed (line 5): must be at least 1.',
    ],
  ])('refuses %s', (_name, text, words) => {
    expect(messageOf(() => parse(`${SHORT}${text}`))).toContain(words)
  })
})
