import { describe, expect, it } from 'vitest'

import { checkHold, effectTier, holdChoices, isReasonRequired } from '../../../src/domain/plan.ts'

const MINUTE = 60_000

describe('the tier of an action', () => {
  it.each([
    ['pause', 'medium', 30 * MINUTE, 'T1'],
    ['pause', 'medium', null, 'T2'],
    ['pause', 'critical', 10 * MINUTE, 'T2'],
    ['resume', 'low', null, 'T2'],
  ] as const)('%s of a %s queue for %s ms is %s', (action, queueTier, holdMs, tier) => {
    expect(effectTier(action, queueTier, holdMs)).toBe(tier)
  })

  it('asks for a reason from T2 on', () => {
    expect([isReasonRequired('T1'), isReasonRequired('T2')]).toEqual([false, true])
  })
})

describe('the length of a pause', () => {
  it('is at most 15 minutes for a critical queue', () => {
    expect(() => checkHold('critical', 15 * MINUTE)).not.toThrow()
    expect(() => checkHold('critical', 16 * MINUTE)).toThrow('at most 15 minutes')
    expect(() => checkHold('critical', null)).toThrow('at most 15 minutes')
    expect(() => checkHold('high', null)).not.toThrow()
  })

  it('offers what was asked for as the default, and exactly one default', () => {
    const choices = holdChoices('medium', 45 * MINUTE)
    expect(choices.filter((choice) => choice.isDefault)).toEqual([
      { holdMs: 45 * MINUTE, isDefault: true },
    ])
    expect(
      holdChoices('critical', null).every(({ holdMs }) => holdMs !== null && holdMs <= 15 * MINUTE),
    ).toBe(true)
  })
})
