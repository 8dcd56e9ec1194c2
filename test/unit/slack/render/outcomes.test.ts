import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { JOB_ACCOUNTS, type JobAccount } from '../../../../src/domain/job-accounts.ts'
import { JOB_STATES, SKIP_REASONS } from '../../../../src/domain/job.ts'
import type { OutcomesView } from '../../../../src/domain/views-jobs.ts'
import { renderOutcomes } from '../../../../src/slack/render/outcomes.ts'
import { planView } from './arbitrary-plans.ts'
import { count, hostile, maybe, upTo } from './arbitrary.ts'
import { aPlan, aPlannedQueue, EMAIL, LOCALE, NOW, readable } from './builders.ts'
import { counterexample } from './counterexample.ts'

const anAccount = (over: Partial<JobAccount> = {}): JobAccount => ({
  queue: 'sales/email:send',
  job: '17',
  state: 'failed',
  outcome: 'done',
  reason: null,
  newId: null,
  vault: 7,
  ...over,
})

const aView = (over: Partial<OutcomesView> = {}): OutcomesView => ({
  plan: aPlan({ action: 'quarantine', finishedAt: NOW }),
  groups: [
    { outcome: 'done', reason: null, count: 1200, first: [anAccount(), anAccount({ job: '18' })] },
    {
      outcome: 'skipped',
      reason: 'child',
      count: 1,
      first: [anAccount({ job: '`c`', outcome: 'skipped', reason: 'child', vault: null })],
    },
    { outcome: 'in_doubt', reason: null, count: 3, first: [] },
  ],
  at: NOW,
  ...over,
})

describe('what became of the jobs of a plan', () => {
  it('is told by reason, with the first few, and how to get all', () => {
    const text = readable(renderOutcomes(aView(), LOCALE))
    expect(text).toContain('*Quarantine of `sales/email:send`, plan 42*')
    expect(text).toContain('*1,200* done\n`17` (*v7*), `18` (*v7*) and 1,198 more')
    expect(text).toContain("*1* skipped: part of a flow whose parent waits for them\n`'c'`")
    expect(text).toContain('*3* in doubt until their system answers')
    expect(text).toContain('`spillway jobs outcomes 42 --format csv --out plan-42.csv`')
    expect(text).not.toContain('It is not over')
  })

  it('names queues where there are several, and new ids', () => {
    const other = { ...EMAIL, queue: 'sms' }
    const queues = [aPlannedQueue(), aPlannedQueue({ ref: other })]
    const first = [anAccount({ queue: 'sales/sms', newId: '99', vault: null })]
    const groups = [{ outcome: 'done' as const, reason: null, count: 1, first }]
    const view = aView({ plan: aPlan({ action: 'retry', queues }), groups })
    const text = readable(renderOutcomes(view, LOCALE))
    expect(text).toContain('`17` of `sales/sms` → `99`')
    expect(text).toContain('It is not over')
  })

  it('fits Slack and does nothing there, whatever the input', () => {
    const account: fc.Arbitrary<JobAccount> = fc.record({
      queue: hostile,
      job: hostile,
      state: fc.constantFrom(...JOB_STATES),
      outcome: fc.constantFrom(...JOB_ACCOUNTS),
      reason: fc.constant(null),
      newId: maybe(hostile),
      vault: maybe(count),
    })
    const kinds = [
      ...SKIP_REASONS.map((reason) => ({ outcome: 'skipped' as const, reason })),
      ...JOB_ACCOUNTS.map((outcome) => ({ outcome, reason: null })),
    ]
    const view: fc.Arbitrary<OutcomesView> = fc.record({
      plan: planView.map(({ plan }) => plan),
      groups: fc.tuple(
        ...kinds.map((kind) =>
          fc.record({ count, first: upTo(5, account) }).map((numbers) => ({ ...kind, ...numbers })),
        ),
      ),
      at: fc.constant(NOW),
    })
    expect(counterexample(view, (one) => renderOutcomes(one, LOCALE))).toBeNull()
  })
})
