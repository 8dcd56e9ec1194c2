import { describe, expect, it } from 'vitest'

import {
  gateLabel,
  proofWords,
  replayWords,
  shareWords,
  waveWords,
} from '../../../src/domain/replay-words.ts'
import { after, replayOf, waveOf } from '../../helpers/observed.ts'

describe('a wave in words', () => {
  it.each([
    [{ completed: 480, known: 10 }, 'wave 2 of 4: 480 of 490 completed, 10 failed as before'],
    [{ completed: 1480, fresh: 1 }, 'wave 2 of 4: 1,480 of 1,481 completed, 1 failed in a new way'],
    [
      { completed: 3, open: 4, unseen: 1, returned: 2, skipped: 5 },
      'wave 2 of 4: 3 of 15 completed, 4 in line or at work, 1 not seen to end, 2 taken back unstarted, 5 not there any more',
    ],
  ])('of %o', (counts, words) => {
    expect(waveWords(waveOf(counts, { index: 1 }), 4)).toBe(words)
  })

  it('that is not begun has only its size, and one that is alone no number', () => {
    expect(waveWords(waveOf({}, { index: 2, size: 20_000, beganAt: null }), 4)).toBe(
      'wave 3 of 4: 20,000 jobs, not begun',
    )
    expect(waveWords(waveOf({ completed: 10 }), 1)).toBe('the only wave: 10 of 10 completed')
    expect(waveWords(undefined, 4)).toBe('no wave')
  })
})

describe('a replay in words', () => {
  const waves = [
    waveOf({ completed: 9, known: 1 }),
    waveOf({ completed: 300, known: 100, open: 20 }, { index: 1, size: 490 }),
    waveOf({}, { index: 2, size: 9500, beganAt: null }),
  ]

  it.each([
    ['running', 'Under way in wave 2 of 3', '20 in line or at work, 9,570 still to be put in line'],
    ['held', 'Held in wave 2 of 3', '20 in line or at work, 9,570 not put in line yet'],
    ['halting', 'Halting in wave 2 of 3', '20 in line or at work, 9,570 not put in line'],
    ['halted', 'Halted in wave 2 of 3', '20 in line or at work, 9,570 never put in line'],
  ] as const)('that is %s', (state, begin, end) => {
    expect(replayWords(replayOf(waves, { state, wave: 1 }))).toBe(
      `${begin}: 309 of 10,000 jobs completed, 101 failed as before, ${end}.`,
    )
  })

  it('says why it stopped, and that it is done', () => {
    expect(
      replayWords(replayOf(waves, { state: 'halted', wave: 1, reason: '100 of 400 failed' })),
    ).toMatch(/^Halted in wave 2 of 3 \(100 of 400 failed\): 309 of/)
    const done = { state: 'done', endedAt: after(60) } as const
    expect(replayWords(replayOf([waveOf({ completed: 1 })], done))).toBe(
      'Done: 1 of 1 job completed.',
    )
    expect(
      replayWords(replayOf([waveOf({ completed: 8, skipped: 2 }), waveOf({ completed: 5 })], done)),
    ).toBe('Done in 2 waves: 13 of 15 jobs completed, 2 not there any more.')
  })
})

describe('what a sample proves', () => {
  it.each([
    [0, 20, 'the true failure share may still be up to 14 %'],
    [1, 10, 'the true failure share may be anything from 0.5 to 39 %'],
    [10, 490, 'the true failure share may be anything from 1.1 to 3.4 %'],
    [1, 490, 'the true failure share may be anything up to 1 %'],
    [10, 10, 'the true failure share is at least 74 %'],
    [0, 100_000, 'the true failure share may still be up to under 0.1 %'],
    [0, 0, 'that proves nothing'],
  ])('%i failed of %i', (failed, judged, words) => {
    expect(proofWords(failed, judged)).toBe(words)
  })

  it.each([
    [0, '0 %'],
    [0.0004, 'under 0.1 %'],
    [0.005, '0.5 %'],
    [0.03, '3 %'],
    [0.0996, '10 %'],
    [0.394, '39 %'],
  ])('%f is %s', (share, words) => {
    expect(shareWords(share)).toBe(words)
  })
})

describe('the name of a gate', () => {
  it('is that of the configuration for a probe', () => {
    expect([gateLabel('redis'), gateLabel('new_errors'), gateLabel('probe:orders db')]).toEqual([
      'Redis',
      'New errors',
      'Probe orders db',
    ])
  })
})
