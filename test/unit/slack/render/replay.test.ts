import { describe, expect, it } from 'vitest'

import { ago, NOW, readable } from './builders.ts'
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
  linesOf,
  PROVEN,
  shown,
} from './replays.ts'

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
      :hourglass_flowing_sand: This wave: 8 of 312 failed so far
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
    expect(buttons[1]?.confirm?.title?.text).toBe('Halt this replay?')
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
