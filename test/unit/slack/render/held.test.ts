import { describe, expect, it } from 'vitest'

import { renderHeld } from '../../../../src/slack/render/held.ts'
import { ago, aHold, ahead, aThrottle, LOCALE, NOW, readable } from './builders.ts'

describe('what is held', () => {
  const aHeld = {
    holds: [],
    throttles: [],
    freeze: null,
    foreign: [],
    limited: [],
    problems: [],
    tokens: {},
    at: NOW,
  }

  it('lists holds, queues that others paused, and the freeze with its button', () => {
    const freeze = { by: { teamId: 'T1', userId: 'U0BEN' }, at: ago(10), reason: null }
    const rendered = renderHeld(
      {
        ...aHeld,
        holds: [aHold()],
        foreign: [{ system: 'sales', queue: 'sms' }],
        freeze,
        tokens: { unfreeze: 'u' },
      },
      LOCALE,
    )
    expect(rendered.text).toBe('Frozen. 1 hold by Spillway')
    expect(readable(rendered)).toContain(
      '`sales/email:send` by <@U0ANA> since 13:57, until 14:27 (25 min left) · held',
    )
    expect(readable(rendered)).toContain('*Paused, but not by Spillway*\n`sales/sms`')
    expect(readable(rendered)).toContain('[Unfreeze]')
  })

  it('marks what has no end, and counts it where the list is too long', () => {
    const holds = [aHold(), aHold({ endsAt: null })]
    const rendered = renderHeld({ ...aHeld, holds }, LOCALE)
    expect(rendered.text).toBe('2 holds by Spillway, 1 without an end')
    expect(readable(rendered)).toContain('*no end* until somebody resumes it')
  })

  it('lists what is slowed beside what is stopped, and limits that others have set', () => {
    const throttle = { rate: null, concurrency: 3 }
    const rendered = renderHeld(
      {
        ...aHeld,
        holds: [aHold()],
        throttles: [aThrottle({ endsAt: null, proof: 'not_held' })],
        limited: [{ ref: { system: 'sales', queue: 'sms' }, throttle }],
      },
      LOCALE,
    )
    expect(rendered.text).toBe('2 holds by Spillway, 1 without an end')
    expect(readable(rendered)).toContain(
      ':turtle: `sales/email:send` to 20/min by <@U0ANA> since 13:57, *no end* until somebody ends it · *not holding',
    )
    expect(readable(rendered)).toContain('*Limited, but not by Spillway*\n`sales/sms` to 3 at once')
  })

  it('claims that nothing is paused only when every system answered', () => {
    expect(renderHeld(aHeld, LOCALE).text).toBe('Nothing is paused')
    expect(renderHeld({ ...aHeld, problems: ['`sales` did not answer.'] }, LOCALE).text).toContain(
      'not all systems answered',
    )
  })

  it('keeps an end that lies on another day readable', () => {
    const holds = [aHold({ endsAt: ahead(60 * 24 * 10) })]
    expect(readable(renderHeld({ ...aHeld, holds }, LOCALE))).toContain(
      'until 19 Mar 14:02 (10 d left)',
    )
  })
})
