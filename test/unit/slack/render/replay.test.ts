import type { ActionsBlock, Button } from '@slack/types'
import { describe, expect, it } from 'vitest'

import type { Replay } from '../../../../src/domain/replay.ts'
import type { ReplayView } from '../../../../src/domain/views-replay.ts'
import type { PlanCardView } from '../../../../src/domain/views.ts'
import { limitFaults } from '../../../../src/slack/limits.ts'
import { planCard } from '../../../../src/slack/render/plan-card.ts'
import { renderReplayDetails } from '../../../../src/slack/render/replay-details.ts'
import { aCard, ago, LOCALE, NOW, readable } from './builders.ts'
import {
  aReplay,
  aReplayPlan,
  aReplayView,
  aRunWave,
  aWave,
  counts,
  gate,
  GOOD_GATES,
} from './replays.ts'

const BEN = { teamId: 'T1', userId: 'U0BEN' }

type Over = Parameters<typeof aReplayView>[1]

function cardOf(replay: Replay, over: Over = {}, card: Partial<PlanCardView> = {}) {
  const view: ReplayView = aReplayView(replay, over)
  return planCard(aCard(aReplayPlan(replay.waves), { replay: view, ...card }), LOCALE)
}
const shown = (...args: Parameters<typeof cardOf>): string => readable(cardOf(...args))
const linesOf = (text: string): number => text.split('\n').length
const buttonsOf = (rendered: ReturnType<typeof cardOf>): readonly Button[] =>
  rendered.blocks
    .filter((block): block is ActionsBlock => block.type === 'actions')
    .flatMap(({ elements }) => elements as Button[])

const PROVEN = aRunWave(0, 10, 0, {
  verdict: 'promote',
  words: '10 of 10 completed; the true failure share may still be up to 26 %',
})
/** The second of four waves, half way. */
const HALF_WAY = [
  PROVEN,
  aWave(1, 490, {
    beganAt: ago(2),
    counts: counts({ fed: 326, open: 14, completed: 304, known: 8 }),
  }),
  aWave(2, 2000),
  aWave(3, 7500),
]

describe('the card of a replay that runs', () => {
  const running = aReplay(HALF_WAY, {
    wave: 1,
    gates: [
      gate('success', 'pending', '8 of 312 failed so far'),
      gate('ended', 'pending', '14 are in line or at work'),
      gate('live', 'good', '40 other jobs completed'),
      gate('workers', 'good', '4 workers'),
    ],
  })

  it('tells at a glance which wave, how far, how it goes, what follows and whose it is', () => {
    const rendered = cardOf(
      running,
      { pace: { perMinute: 156, leftMs: 68_000 } },
      { tokens: { hold: 'tok-h', stop: 'tok-s' } },
    )
    expect(rendered.text).toBe(
      'Replay of v7 → `sales/email`, wave 2 of 4: 314 of 10,000 completed and 8 failed',
    )
    expect(readable(rendered)).toMatchInlineSnapshot(`
      ":arrow_forward: *Replay of v7 → \`sales/email\`*
      Wave 2 of 4 ▓▓▓▓▓▓▓▓░░░░ 312 of 490 · 156 per min · about 1 min 8 s left
      ✓ 10 → *490* → 2,000 → 7,500
      314 completed · 8 failed as before · 14 in line or at work
      :hourglass_flowing_sand: 8 of 312 failed so far · 14 are in line or at work
      :white_check_mark: fine: Other jobs and Workers
      *Verdict on wave 1: promote*. 10 of 10 completed; the true failure share may still be up to 26 %
      164 jobs of this wave still to be put in line.
      By <@U0ANA>: “provider is back”
      [Hold]
      [Halt]
      plan 42 · \`3fa9c1d0\` · T3 · incident 7
      at most 500 at once · each wave watched for 30 s · 95 % must complete"
    `)
    expect(linesOf(readable(rendered))).toBeLessThanOrEqual(14)
  })

  it('offers to hold it and to halt it, and asks before it halts', () => {
    const buttons = buttonsOf(cardOf(running, {}, { tokens: { hold: 'tok-h', stop: 'tok-s' } }))
    expect(buttons.map(({ value, text }) => [value, text.text])).toEqual([
      ['tok-h', 'Hold'],
      ['tok-s', 'Halt'],
    ])
    expect(buttons[0]?.confirm).toBeUndefined()
    expect(buttons[1]?.confirm?.title.text).toBe('Halt this replay?')
  })

  it('says when it goes on by itself, once all have ended', () => {
    const ended = [
      PROVEN,
      { ...aRunWave(1, 490), fedAt: new Date(NOW.getTime() - 10_000) },
      ...HALF_WAY.slice(2),
    ]
    const text = shown(aReplay(ended, { wave: 1, gates: GOOD_GATES }))
    expect(text).toContain('All have ended. *Goes on by itself in 20 s* if it stays so.')
    expect(text).toContain('Wave 2 of 4 ▓▓▓▓▓▓▓▓▓▓▓▓ 490 of 490')
    expect(shown(aReplay(ended, { wave: 1 }), { ramp: { promotes: 'person' } })).toContain(
      '*Asks for your click in 20 s*',
    )
  })

  it('says so where nothing is measured, put in line or seen yet', () => {
    const text = shown(aReplay([aWave(0, 10), aWave(1, 90)]))
    expect(text).toContain('Wave 1 of 2 ░░░░░░░░░░░░ 0 of 10')
    expect(text).toContain('Nothing was put in line yet.')
    expect(text).toContain('Nothing is measured yet.')
    expect(text).toContain('Its first look is under way.')
  })

  it('says by when what is open counts as not seen', () => {
    const open = aWave(0, 10, {
      beganAt: ago(2),
      fedAt: ago(2),
      counts: counts({ fed: 10, open: 10 }),
    })
    const text = shown(aReplay([open], { gates: [gate('ended', 'pending', '10 are at work')] }))
    expect(text).toContain('Canary ░░░░░░░░░░░░ 0 of 10')
    expect(text).toContain('10 in line or at work')
    expect(text).toContain('What has not ended by 14:10 counts as not seen.')
  })

  it('says that its numbers may be old when nobody looked for a minute', () => {
    const fresh = aReplay(HALF_WAY, { wave: 1 })
    expect(shown(fresh)).not.toContain('Last look')
    expect(shown({ ...fresh, seenAt: ago(3) })).toContain('*Last look at 13:59*')
  })

  it('names first what is bad or not known, one a line, and folds the rest', () => {
    const gates = [
      gate('success', 'good', '20 of 20 completed; up to 14 % may still fail'),
      gate('workers', 'unknown', 'no worker is connected'),
      gate('redis', 'bad', 'does not answer since 14:02'),
      gate('live', 'good'),
      gate('probe:orders <b>', 'good'),
    ]
    const text = shown(aReplay(HALF_WAY, { wave: 1, gates }))
    expect(text).toContain(
      [
        ':x: *Redis*: does not answer since 14:02',
        ':grey_question: *Workers*: no worker is connected',
        ':white_check_mark: 20 of 20 completed; up to 14 % may still fail · fine: Other jobs and Probe orders &lt;b&gt;',
        'Nothing is lost: what was put in line stays there, the rest is where it was.',
      ].join('\n'),
    )
  })
})

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
    const buttons = buttonsOf(rendered)
    expect(buttons.map(({ text }) => text.text)).toEqual(['Promote: wave 3', 'Hold', 'Halt'])
    expect(buttons[0]).toMatchObject({ value: 'tok-p', style: 'primary' })
    expect(buttons[0]?.confirm).toBeUndefined()
  })

  it('says what it lacks where it holds itself, and that going on anyway is a decision', () => {
    const gates = [...GOOD_GATES.slice(2), gate('success', 'unknown', '1 of 10 failed')]
    const rendered = cardOf(
      aReplay(ended, { ...held, gates, reason: '1 of 10 failed' }),
      {},
      { tokens },
    )
    const text = readable(rendered)
    expect(text).toContain(
      ':double_vertical_bar: *Replay of v7 → `sales/email`: held*\nHeld by itself.',
    )
    expect(text).toContain('It goes on by itself once this is good: Success.')
    expect(text.match(/1 of 10 failed/g)).toHaveLength(1)
    const [goOn, promote] = buttonsOf(rendered)
    expect(goOn?.text.text).toBe('Go on anyway…')
    expect(goOn?.confirm?.title.text).toBe('Go on with this wave anyway?')
    expect(promote?.confirm?.text.text).toContain('2,000 jobs follow')
    expect(rendered.text).toMatch(/^<@U0ANA> Replay of .*: held, wave 2 of 4: .*1 of 10 failed$/)
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
    expect(rendered.text).toContain('verdict halt')
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
    expect(rendered.text).toBe(
      'Replay of v7 → `sales/email`: done, verdict promote: 10 of 10 completed',
    )
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
