import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { renderMay } from '../../../../src/slack/render/may.ts'
import type { MayView } from '../../../../src/usecases/people/explain.ts'
import * as any from './arbitrary.ts'
import { EMAIL, LOCALE, readable } from './builders.ts'
import { counterexample } from './counterexample.ts'

const aView = (over: Partial<MayView> = {}): MayView => ({
  actor: { teamId: 'T1', userId: 'U0ANA' },
  action: 'pause',
  ref: EMAIL,
  queueTier: 'high',
  decision: { allow: true, role: 'operator', reason: 'The role *operator* (named by id) may.' },
  problem: null,
  tiers: [
    { when: 'for a while', tier: 'T1' },
    { when: 'without an end', tier: 'T2' },
  ],
  approval: { count: 2, approvers: ['U0BEN', 'U0CARA'], mayBreakGlass: true },
  others: ['U0BEN'],
  ...over,
})

describe('who may', () => {
  it('says yes, by which role, and who approves', () => {
    const text = readable(renderMay(aView(), LOCALE))
    expect(text).toContain(':white_check_mark: *You may pause `sales/email:send`*')
    expect(text).toContain('The role *operator* (named by id) may.')
    expect(text).toContain('2 other people must approve; <@U0BEN>, <@U0CARA> may. You may break')
    expect(text).toContain('The queue is of tier high.\npause for a while: T1 · without an end: T2')
  })

  it('says no, why, and whom to ask, naming a few', () => {
    const others = Array.from({ length: 30 }, (_, index) => `U0P${index}`)
    const decision = { allow: false, reason: 'You need the role *lead*.', roles: ['lead'] } as const
    const text = readable(renderMay(aView({ decision, others }), LOCALE))
    expect(text).toContain(':no_entry: *You may not pause `sales/email:send`*')
    expect(text).toContain('Ask <@U0P0>, <@U0P1>, <@U0P2>, <@U0P3>, <@U0P4> and 25 more.')
    expect(text).not.toContain('approve')
  })

  it('needs no queue for a freeze', () => {
    const view = aView({ action: 'freeze', ref: null, queueTier: null, approval: null })
    const text = readable(renderMay(view, LOCALE))
    expect(text).toContain('*You may freeze Spillway*')
    expect(text).not.toContain('tier')
  })

  it('fits Slack and pings nobody, whatever the names', () => {
    const people = any.upTo(30, any.hostile)
    const decision = fc.oneof(
      any.hostile.map((reason) => ({ allow: true as const, role: 'operator', reason })),
      any.hostile.map((reason) => ({ allow: false as const, roles: [], reason })),
    )
    const views = fc
      .record({
        ref: any.ref,
        decision,
        others: people,
        approval: fc.record({
          count: fc.constant(2),
          approvers: people,
          mayBreakGlass: fc.boolean(),
        }),
      })
      .map(aView)
    expect(counterexample(views, (view) => renderMay(view, LOCALE))).toBeNull()
  })
})
