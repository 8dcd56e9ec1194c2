import { describe, expect, it } from 'vitest'

import { renderPending } from '../../../../src/slack/render/pending.ts'
import { aCard, ago, ahead, aPlan, LOCALE, NOW, readable } from './builders.ts'

describe('what waits for somebody', () => {
  it('lists requests with their buttons, then broken glass, at most five of each', () => {
    const request = aPlan({
      state: 'requested',
      reason: 'provider answers 429',
      approvalsNeeded: 2,
      expiresAt: ahead(30),
    })
    const requested = Array.from({ length: 7 }, (_, index) =>
      aCard(
        { ...request, number: 42 + index },
        { tokens: { approve: 'a', reject: 'r', withdraw: 'w' } },
      ),
    )
    const glass = aPlan({ state: 'done', isBreakGlass: true, reason: 'everything is on fire' })
    const review = { planId: glass.id, openedAt: ago(30), signedBy: null, signedAt: null }
    const unsigned = [aCard(glass, { review, tokens: { signOff: 's', undo: 'u' } })]
    const rendered = renderPending({ requested, unsigned, at: NOW }, LOCALE)
    expect(rendered.text).toBe(
      '7 requests wait for approval · 1 break-glass action to be signed off',
    )
    const text = readable(rendered)
    expect(text.match(/\[Approve\]\n\[Reject\]/g)).toHaveLength(5)
    expect(text).toContain('and 2 more: plan 47, 48')
    expect(text).toContain('<@U0ANA> asks: “provider answers 429”')
    expect(text).toContain('0 of 2 approvals · Expires at 14:32 (30 min left) · plan 42')
    expect(text.indexOf('everything is on fire')).toBeGreaterThan(text.indexOf('and 2 more'))
    expect(text).toContain('since 13:32\n[Sign off]')
    expect(text).not.toContain('[Undo')
  })

  it('says so when there is nothing', () => {
    const rendered = renderPending({ requested: [], unsigned: [], at: NOW }, LOCALE)
    expect(readable(rendered)).toBe('*Nothing waits for anybody.*')
  })
})
