import type { InputBlock, KnownBlock } from '@slack/types'
import { describe, expect, it } from 'vitest'

import type { Plan, PlannedJobs } from '../../../../src/domain/action.ts'
import { type JobAction, MOST_JOBS } from '../../../../src/domain/job-actions.ts'
import { JOB_VERBS } from '../../../../src/domain/job-grammar.ts'
import { endedWell, planWords } from '../../../../src/domain/plan-outcome.ts'
import type { JobAccounts } from '../../../../src/domain/ports/vault-store.ts'
import { LIMITS } from '../../../../src/slack/limits.ts'
import { planCard } from '../../../../src/slack/render/plan-card.ts'
import { jobsEffectLine, jobsLines } from '../../../../src/slack/render/plan-jobs.ts'
import {
  loadingModal,
  outcomeModal,
  planModal,
  searchingModal,
  workingModal,
} from '../../../../src/slack/render/plan-modal.ts'
import { renderProposal } from '../../../../src/slack/render/proposal.ts'
import {
  aCard,
  aCounts,
  ago,
  aHold,
  anOverview,
  aPlan,
  aPlannedQueue,
  aPlanView,
  LOCALE,
  NOW,
  readable,
} from './builders.ts'

const someJobs = (over: Partial<PlannedJobs> = {}): PlannedJobs => ({
  filter: '',
  count: 30,
  digest: 'd',
  byState: { failed: 30 },
  oldestAt: ago(32),
  newestAt: ago(2),
  foreseen: {},
  options: {},
  ...over,
})
const of = (counts: Parameters<typeof aCounts>[0]) => anOverview({ counts: aCounts(counts) })
const aJobPlan = (action: Plan['action'], jobs: PlannedJobs, over: Partial<Plan> = {}): Plan =>
  aPlan({
    action,
    jobs,
    holdMs: null,
    queues: [aPlannedQueue({ before: of({ failed: 35, waiting: 400 }), jobs: jobs.count })],
    preview: {
      types: { items: [{ type: 'send', count: 30 }], looked: 30, total: 30, isExact: true },
      sample: [],
      drain: { unknown: 'nothing is measured yet' },
    },
    ...over,
  })
const words = (view: { readonly blocks: unknown }): string =>
  readable({ blocks: view.blocks as KnownBlock[] })
const previewOf = (plan: Plan, over: Parameters<typeof aPlanView>[0] = {}) =>
  planModal(aPlanView({ plan, holds: [], choices: [], ...over }), LOCALE)

describe('titles', () => {
  it('count jobs, and say what they are about before anything is counted', () => {
    const title = (count: number) =>
      previewOf(aJobPlan('quarantine', someJobs({ count }))).title.text
    expect([title(1), title(376)]).toEqual(['Quarantine 1 job', 'Quarantine 376 jobs'])
    expect(title(MOST_JOBS)).toBe('Quarantine 500,000 jobs')
    expect(title(MOST_JOBS).length).toBeLessThanOrEqual(LIMITS.modal.title)
    expect(loadingModal('retry').title.text).toBe('Retry jobs')
    expect(loadingModal('pause').title.text).toBe('Pause a queue')
  })

  it('a long search tells how far it is, and how long it may take', () => {
    const view = searchingModal('retry', 0.42)
    expect(words(view)).toMatch(/Looking for the jobs: 42 % looked at. Nothing is changed yet/)
    expect(words(view)).toContain('up to 1 min')
    expect(view.submit).toBeUndefined()
  })
})

it('a proposal in a thread is about jobs, not about their queue', () => {
  const proposal = { scope: 'email', refs: [{ system: 'sales', queue: 'email' }], token: 't' }
  expect(renderProposal({ ...proposal, action: 'drain' }).text).toBe('Drain jobs of `sales/email`?')
  expect(renderProposal({ ...proposal, action: 'pause' }).text).toBe('Pause `sales/email`?')
})

describe('a preview about jobs', () => {
  it('says of how many the filter means so many', () => {
    const text = words(previewOf(aJobPlan('quarantine', someJobs({ filter: 'error:~ETIMEDOUT' }))))
    expect(text).toContain('*30 failed jobs* that match `error:~ETIMEDOUT`, of 35 failed ones')
  })

  it('tells how long the line is only where jobs stand in it afterwards', () => {
    const line = /400 jobs wait there already.*cannot be estimated/s
    expect(words(previewOf(aJobPlan('retry', someJobs())))).toMatch(line)
    expect(words(previewOf(aJobPlan('release', someJobs())))).toMatch(line)
    const undone = someJobs({ options: { asItWas: true } })
    expect(words(previewOf(aJobPlan('release', undone)))).not.toMatch(/wait there|estimated/)
    const waiting = someJobs({ byState: { waiting: 30 }, options: { asItWas: true } })
    expect(words(previewOf(aJobPlan('release', waiting)))).toMatch(line)
    expect(words(previewOf(aJobPlan('quarantine', someJobs())))).not.toMatch(/estimated/)
  })

  it('says of jobs that go back where they were what that means for each state', () => {
    const text = (byState: PlannedJobs['byState']) =>
      words(previewOf(aJobPlan('release', someJobs({ byState, options: { asItWas: true } }))))
    expect(text({ failed: 30 })).toContain('taken from: failed ones stay failed.')
    expect(text({ completed: 30 })).toContain('taken from: completed ones stay completed.')
    expect(text({ waiting: 20, delayed: 10 })).toMatch(
      /waiting ones stand in line and delayed ones run when they are due, overdue ones at once\..*400 jobs wait/s,
    )
    expect(text({ delayed: 30 })).toMatch(/400 jobs wait there already/)
  })

  it('speaks of one job as of one', () => {
    const text = (action: JobAction, over: Partial<PlannedJobs> = {}) =>
      jobsEffectLine(aJobPlan(action, someJobs({ count: 1, byState: { failed: 1 }, ...over })))
    expect(text('quarantine')).toMatch(/^It leaves its queue/)
    for (const action of JOB_VERBS)
      expect(text(action)).not.toMatch(/\b(They|they|Their|their|them)\b/)
    for (const forgets of [true, false])
      expect(text('clean', { options: { forgets } })).toMatch(/^It /)
  })

  it('calls a queue emptied only where all of it is meant', () => {
    const text = (filter: string) => jobsEffectLine(aJobPlan('drain', someJobs({ filter })))
    expect(text('')).toMatch(/^The queue is emptied\. They leave their queue for the vault;/)
    expect(text('type:a')).toMatch(/^They leave their queue for the vault;/)
  })

  it('says of released jobs which of them wait on', () => {
    const text = (byState: PlannedJobs['byState']) =>
      jobsEffectLine(aJobPlan('release', someJobs({ byState })))
    expect(text({ delayed: 30 })).toContain('What is delayed and not due yet waits on.')
    expect(text({ failed: 30 })).not.toContain('delayed')
  })

  it('says of one paused queue, and of several, until when jobs wait', () => {
    const text = (isPaused: boolean, ...others: readonly boolean[]) => {
      const queues = [isPaused, ...others].map((each) =>
        aPlannedQueue({ before: anOverview({ isPaused: each }) }),
      )
      return jobsLines(aJobPlan('retry', someJobs(), { queues })).join(' ')
    }
    expect(text(true)).toContain('The queue is paused: jobs wait there until it is resumed.')
    expect(text(true, true)).toContain('2 queues are paused: jobs wait there until they are')
    expect(text(true, false)).toContain('1 queue is paused: jobs wait there until it is resumed.')
  })

  it('says that one plan takes no more, where it is as large as can be', () => {
    const most = previewOf(aJobPlan('retry', someJobs({ count: MOST_JOBS })))
    expect(words(most)).toContain('One plan takes 500,000 jobs at most')
    expect(words(previewOf(aJobPlan('retry', someJobs())))).not.toContain('at most')
  })

  it('shows what holds the queue, but nothing of when that ends', () => {
    const text = words(previewOf(aJobPlan('drain', someJobs()), { holds: [aHold()] }))
    expect(text).toContain('Paused by <@U0ANA>')
    expect(text).not.toContain('keep it paused for longer')
  })

  it('threatens with what cannot be taken back only where it cannot', () => {
    const hint = (action: Plan['action'], jobs: PlannedJobs): string =>
      previewOf(aJobPlan(action, jobs, { phrase: 'DRAIN email' }))
        .blocks.filter((block): block is InputBlock => block.type === 'input')
        .map((block) => block.hint?.text ?? '')
        .join()
    expect(hint('drain', someJobs())).not.toContain('cannot be taken back')
    expect(hint('drain', someJobs({ options: { forgets: true } }))).toContain('cannot be taken')
    expect(hint('discard', someJobs())).toContain('cannot be taken back')
  })
})

it('whoever confirmed many jobs learns that it goes on without the window, and where', () => {
  const plan = aJobPlan('retry', someJobs(), { state: 'executing', startedAt: NOW })
  expect(words(outcomeModal(aCard(plan), LOCALE, ['C0OPS']))).toMatch(
    /goes on when you close this: the card in <#C0OPS> shows how far it is, and can stop it/,
  )
  expect(words(workingModal('retry', ['C0OPS']))).toMatch(/a thousand jobs at a time at most/)
  expect(words(workingModal('pause', ['C0OPS']))).toMatch(/watched for a few seconds/)
})

it('the outcome shows the states before and after that it was about', () => {
  const done = aJobPlan('quarantine', someJobs(), {
    state: 'done',
    startedAt: NOW,
    finishedAt: NOW,
    outcome: { words: 'It went well.' },
  })
  const [queue = aPlannedQueue()] = done.queues
  const after = of({ failed: 5, waiting: 401 })
  const outcome = { words: '', proof: null, after, accounting: null }
  const plan = { ...done, queues: [{ ...queue, state: 'done' as const, outcome }] }
  expect(words(outcomeModal(aCard(plan), LOCALE, []))).toMatch(
    /before: 400 waiting, \d+ active, 35 failed → after: 401 waiting, \d+ active, 5 failed/,
  )
})

describe('the card of jobs that are over', () => {
  const over = (
    state: Plan['state'],
    parts: Partial<JobAccounts>,
    action: Plan['action'] = 'retry',
  ) => {
    const accounts = {
      planned: 30,
      done: 30,
      skipped: 0,
      returned: 0,
      open: 0,
      reasons: {},
      ...parts,
    }
    const outcome = { words: '', proof: null, after: null, accounting: null, jobs: accounts }
    const queues = [aPlannedQueue({ jobs: 30, state: 'done', outcome })]
    return aJobPlan(action, someJobs(), { state, queues, startedAt: NOW, finishedAt: NOW })
  }
  const shown = (plan: Plan): string => readable(planCard(aCard(plan), LOCALE))

  it('has a check mark only where every job is done', () => {
    const most = over('done', { done: 29, skipped: 1 })
    expect(shown(over('done', {}))).toMatch(/:white_check_mark: .*: done\*/)
    expect(shown(most)).toMatch(/:warning: .*: done in part: 29 of 30 jobs\*/)
    expect(shown(over('refused', { done: 0, skipped: 30 }))).toMatch(/:warning: .*: nothing done\*/)
    expect([endedWell(over('done', {})), endedWell(most)]).toEqual([true, false])
  })

  it('counts the jobs of several queues, not the queues', () => {
    const plan = over('done', { done: 29, skipped: 1 })
    const [queue = aPlannedQueue()] = plan.queues
    const twice = { ...plan, scope: 'tier:low', queues: [queue, queue] }
    expect(planWords(twice, { state: null, text: null })).toBe(
      '<@U0ANA> retried 58 of 60 jobs of 2 queues (`tier:low`); 2 jobs skipped.',
    )
  })

  it('knows that what is stuck again is not lost', () => {
    const plan = over('done', {}, 'unstick')
    const queues = plan.queues.map((queue) => ({
      ...queue,
      outcome: queue.outcome && { ...queue.outcome, accounting: { isAsPlanned: false, words: '' } },
    }))
    expect(shown({ ...plan, queues })).toContain('done, but some have no worker again*')
  })
})
