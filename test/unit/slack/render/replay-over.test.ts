import { describe, expect, it } from 'vitest'

import type { Replay } from '../../../../src/domain/replay.ts'
import { limitFaults } from '../../../../src/slack/limits.ts'
import { renderReplayDetails } from '../../../../src/slack/render/replay-details.ts'
import { ago, LOCALE, NOW, readable } from './builders.ts'
import {
  aReplay,
  aRunWave,
  aWave,
  buttonsOf,
  cardOf,
  counts,
  gate,
  GOOD_GATES,
  HALF_WAY,
  PROVEN,
  shown,
} from './replays.ts'

const BEN = { teamId: 'T1', userId: 'U0BEN' }

describe('the card of a replay that stands still', () => {
  const ended = [PROVEN, aRunWave(1, 490), aWave(2, 2000), aWave(3, 7500)]
  const held: Partial<Replay> = { state: 'held', wave: 1 }
  const tokens = { goOn: 'tok-g', promote: 'tok-p', hold: 'tok-h', stop: 'tok-s' }

  it('waits for the click that its ramp asks for', () => {
    const replay = aReplay(ended, { ...held, gates: GOOD_GATES, reason: 'the next wave waits' })
    const rendered = cardOf(replay, { ramp: { promotes: 'person' } }, { tokens })
    expect(readable(rendered)).toContain('*Replay of v7 → `sales/email`: waits for a click*')
    expect(readable(rendered)).toContain(
      ':point_right: *Waits for your click*: Promote starts wave 3 (2,000 jobs).',
    )
    expect(rendered.text).toMatch(/^<@U0ANA> Replay of v7 → `sales\/email`: waits for your click,/)
    const buttons = buttonsOf(rendered)
    expect(buttons.map(({ text }) => text.text)).toEqual(['Promote: wave 3', 'Hold', 'Halt'])
    expect(buttons[0]).toMatchObject({ value: 'tok-p', style: 'primary' })
    expect(buttons[0]?.confirm).toBeUndefined()
  })

  it('says what it lacks where it holds itself, and that going on anyway is a decision', () => {
    const gates = [...GOOD_GATES.slice(2), gate('workers', 'unknown', 'no worker is connected')]
    const rendered = cardOf(
      aReplay(ended, { ...held, gates, reason: 'no worker is connected' }),
      {},
      { tokens },
    )
    const text = readable(rendered)
    expect(text).toContain(
      ':double_vertical_bar: *Replay of v7 → `sales/email`: held*\nHeld by itself.',
    )
    expect(text).toContain('It goes on by itself once this is good: Workers.')
    expect(text.match(/no worker is connected/g)).toHaveLength(1)
    const [goOn, promote, hold] = buttonsOf(rendered)
    expect(goOn?.text.text).toBe('Go on anyway…')
    expect(hold?.text.text).toBe('Keep it held')
    expect([goOn?.style, promote?.style]).toEqual([undefined, undefined])
    expect(goOn?.confirm?.title?.text).toBe('Go on with this wave anyway?')
    expect(promote?.confirm?.text.text).toContain('2,000 jobs follow')
    expect(rendered.text).toMatch(
      /^<@U0ANA> Replay of .*: held, wave 2 of 4: .*No worker is connected$/,
    )
  })

  it('offers no way past how its own jobs do but to promote them', () => {
    const gates = [...GOOD_GATES.slice(2), gate('success', 'unknown', '1 of 10 failed')]
    const rendered = cardOf(aReplay(ended, { ...held, gates }), {}, { tokens })
    expect(buttonsOf(rendered).map(({ text }) => text.text)).toEqual([
      'Promote anyway…',
      'Keep it held',
      'Halt',
    ])
  })

  it('names the person who holds it, and lets it go on without asking twice', () => {
    const replay = aReplay(ended, {
      ...held,
      gates: GOOD_GATES,
      by: BEN,
      isHeldByPerson: true,
      reason: '<@U0BEN> holds it',
    })
    const rendered = cardOf(replay, {}, { tokens })
    expect(readable(rendered)).toContain('Held by <@U0BEN>.\n')
    expect(readable(rendered)).toContain('until somebody lets it go on')
    expect(buttonsOf(rendered)[0]).toMatchObject({ value: 'tok-g' })
    expect(buttonsOf(rendered)[0]?.confirm).toBeUndefined()
  })

  it('says while it halts what becomes of the jobs that are still there', () => {
    const open = aRunWave(1, 300, 0, {
      size: 490,
      counts: counts({ fed: 490, completed: 300, open: 190 }),
    })
    const replay = aReplay([PROVEN, open, aWave(2, 2000)], {
      state: 'halting',
      wave: 1,
      reason: '60 of 100 failed',
      gates: [gate('success', 'bad', '60 of 100 failed')],
    })
    const text = shown(replay)
    expect(text).toContain(': halting*\nHalted by itself: 60 of 100 failed\n')
    expect(text).toContain('Of 190 jobs still there, those at work come to their end')
  })
})

describe('the card of a replay that is over', () => {
  const halted = aReplay(
    [
      PROVEN,
      aWave(1, 490, {
        beganAt: ago(2),
        fedAt: null,
        verdict: 'halt',
        judgedAt: ago(1),
        words: '60 of 100 failed',
        counts: counts({ fed: 112, completed: 40, known: 58, fresh: 2, returned: 12 }),
      }),
      aWave(2, 2000),
    ],
    { state: 'halted', wave: 1, reason: '60 of 100 failed', endedAt: NOW },
  )

  it('puts every job into one bucket, says where they are, and offers to go on with the rest', () => {
    const rendered = cardOf(
      halted,
      {
        returns: [
          { why: 'unstarted', vault: 12, jobs: 12 },
          { why: 'failed', vault: 13, jobs: 60 },
        ],
      },
      { tokens: { rest: 'tok-r', outcomes: 'tok-o' } },
    )
    const text = readable(rendered)
    expect(text).toContain('Halted by itself at 14:01: 60 of 100 failed')
    expect(text).toContain('✓ 10 → ✗ 490 → 2,000')
    expect(text).toContain(
      '2,500 jobs = 50 completed + 58 failed as before + *2 failed in a new way* + 2,390 never ran; unexplained 0',
    )
    expect(text).toContain('Went back: *v12* (12 never ran), *v13* (60 failed again)')
    expect(buttonsOf(rendered).map(({ text: label }) => label.text)).toEqual([
      'Go on with the rest (2,390 jobs)…',
      'Outcomes',
    ])
    expect(rendered.text).toContain('<@U0ANA> Replay of v7 → `sales/email`: halted')
    expect(buttonsOf(rendered)[0]?.style).toBeUndefined()
    expect(text).toContain('Untouched: 2,378 jobs, still in *v7*.')
  })

  it('says what a good canary proves, and offers the rest', () => {
    const canary = aReplay([PROVEN], { state: 'done', endedAt: NOW })
    const rendered = cardOf(canary, {}, { tokens: { rest: 'tok-r', outcomes: 'tok-o' } })
    expect(readable(rendered)).toMatchInlineSnapshot(`
      ":white_check_mark: *Replay of v7 → \`sales/email\`: done*
      10 jobs = 10 completed; unexplained 0
      *Verdict: promote*. 10 of 10 completed; the true failure share may still be up to 26 %
      By <@U0ANA>: “provider is back”
      [Replay the rest…]
      [Outcomes]
      plan 42 · \`3fa9c1d0\` · T3 · incident 7
      at most 500 at once · each wave watched for 30 s · 95 % must complete"
    `)
    expect(buttonsOf(rendered)[0]?.text.text).toBe('Replay the rest…')
    expect(rendered.text).toBe('Replay of v7 → `sales/email`: done: 10 of 10 completed')
  })

  it('is no green tick while some did not complete', () => {
    const poison = aReplay([aRunWave(0, 97, 3, { verdict: 'promote', words: 'good' })], {
      state: 'done',
    })
    expect(shown(poison)).toContain(':warning: *Replay of v7')
  })

  it('shows a job that is in no bucket as unexplained', () => {
    const [first, second] = halted.waves
    if (first === undefined || second === undefined) throw new Error('there are waves')
    const lost = { ...second, counts: { ...second.counts, completed: 39 } }
    expect(shown({ ...halted, waves: [first, lost] })).toContain('unexplained 1')
  })
})

describe('any card of a replay', () => {
  it('fits into a message, however long the words are', () => {
    const long = 'x'.repeat(5000)
    const gates = ['success', 'new_errors', 'ended', 'live', 'waiting', 'alerts', 'redis'] as const
    const replay = aReplay(HALF_WAY, {
      state: 'held',
      wave: 1,
      reason: long,
      gates: gates.map((name) => gate(name, 'bad', long)),
    })
    const tokens = { goOn: 'a', promote: 'b', hold: 'c', stop: 'd', signOff: 'e' }
    expect(limitFaults(cardOf(replay, {}, { tokens }))).toEqual([])
  })
})

describe('the details in its thread', () => {
  it('name the errors by how many jobs had them, and how the first wave went', () => {
    const rendered = renderReplayDetails(
      {
        planNumber: 42,
        words: '9 of 10 jobs completed and 1 failed in a new way',
        failures: [
          { shape: 'TypeError: x is not a function', isKnown: false, jobs: 1200 },
          { shape: 'connect ETIMEDOUT', isKnown: true, jobs: 3 },
        ],
        isCut: false,
        strata: [
          { type: 'send', shape: 'connect ETIMEDOUT', jobs: 9000, completed: 9, failed: 0 },
          { type: 'bounce', shape: null, jobs: 3, completed: 0, failed: 1 },
        ],
        at: NOW,
      },
      LOCALE,
    )
    expect(readable(rendered)).toMatchInlineSnapshot(`
      "*1,203 jobs failed in replay 42*
      9 of 10 jobs completed and 1 failed in a new way.
      :warning: *1,200 with another error*: \`TypeError: x is not a function\`
      :x: *3* as before: \`connect ETIMEDOUT\`
      *First wave, by what the jobs were*
      :white_check_mark: 9 of 9 completed: \`send\` \`connect ETIMEDOUT\` (9,000 such jobs)
      :x: 0 of 1 completed: \`bounce\` (3 such jobs)
      as of 14:02 · errors are redacted"
    `)
  })
})
