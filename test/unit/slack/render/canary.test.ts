import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { Canary, CanaryOutcome } from '../../../../src/domain/canary.ts'
import { renderCanary } from '../../../../src/slack/render/canary.ts'
import * as any from './arbitrary.ts'
import { ago, ahead, EMAIL, LOCALE, NOW, readable } from './builders.ts'
import { counterexample } from './counterexample.ts'

const aCanary = (outcomes: readonly CanaryOutcome[], over: Partial<Canary> = {}): Canary => ({
  planId: 'p',
  planNumber: 42,
  vault: 7,
  ref: EMAIL,
  by: 'U0ANA',
  beganAt: ago(1).toISOString(),
  until: ahead(9).toISOString(),
  endedAt: null,
  jobs: outcomes.map((outcome, n) => ({ id: `job${n}`, type: 'send', before: null, outcome })),
  ...over,
})

describe('the card of a canary', () => {
  it('lists each job, those that need a look first, and when watching ends', () => {
    const rendered = renderCanary(
      aCanary([
        { kind: 'completed' },
        { kind: 'waiting' },
        { kind: 'failed', isKnown: true, shape: 'ETIMEDOUT' },
        { kind: 'failed', isKnown: false, shape: 'no template' },
      ]),
      LOCALE,
    )
    expect(rendered.text).toBe(
      'First 4 jobs of v7: 1 completed, 2 failed and 1 not over yet so far.',
    )
    expect(readable(rendered)).toContain(
      [
        ':warning: `job3` `send` failed with another error: `no template`',
        ':x: `job2` `send` failed as before: `ETIMEDOUT`',
        ':hourglass_flowing_sand: `job1` `send` waits in line',
        ':white_check_mark: `job0` `send` completed',
      ].join('\n'),
    )
    expect(readable(rendered)).toContain('watched until 14:11')
  })

  it('says at the end what it proves, and no more', () => {
    const outcomes = Array.from({ length: 10 }, (): CanaryOutcome => ({ kind: 'completed' }))
    const { text } = renderCanary(aCanary(outcomes, { endedAt: NOW.toISOString() }), LOCALE)
    expect(text).toBe(
      'First 10 jobs of v7: 10 of 10 jobs completed. At 95 % confidence, up to 26 % of jobs like these may still fail.',
    )
  })

  it('shows all of the most jobs that a canary has, whatever they are called', () => {
    const outcome: fc.Arbitrary<CanaryOutcome> = fc.oneof(
      fc.record({ kind: fc.constantFrom('waiting', 'active', 'completed', 'unseen') }),
      fc.record({
        kind: fc.constant('failed' as const),
        isKnown: fc.boolean(),
        shape: any.hostile,
      }),
    )
    const canary = fc
      .record({
        outcomes: fc.array(fc.tuple(outcome, any.hostile, any.hostile), { maxLength: 50 }),
        ref: any.ref,
        by: any.hostile,
        endedAt: fc.option(fc.constant(NOW.toISOString())),
      })
      .map(({ outcomes, ...over }) =>
        aCanary([], {
          ...over,
          jobs: outcomes.map(([one, id, type]) => ({ id, type, before: null, outcome: one })),
        }),
      )
    expect(counterexample(canary, (view) => renderCanary(view, LOCALE))).toBeNull()
    const many = aCanary(Array.from({ length: 50 }, () => ({ kind: 'completed' })))
    expect(readable(renderCanary(many, LOCALE)).match(/white_check_mark/g)).toHaveLength(50)
  })
})
