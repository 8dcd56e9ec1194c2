import type { ActionsBlockElement } from '@slack/types'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { FailureCluster } from '../../../../src/domain/failure-cluster.ts'
import type { JobDetail, JobLine } from '../../../../src/domain/job-details.ts'
import { remedyFor } from '../../../../src/domain/remedy.ts'
import type { ClustersView, JobsView, JobView } from '../../../../src/domain/views-jobs.ts'
import { renderClusters } from '../../../../src/slack/render/clusters.ts'
import { renderJob } from '../../../../src/slack/render/job.ts'
import { renderJobs, renderLooking, renderMatched } from '../../../../src/slack/render/jobs.ts'
import * as any from './arbitrary-jobs.ts'
import { hostile } from './arbitrary.ts'
import { ago, EMAIL, LOCALE, NOW, readable } from './builders.ts'
import { counterexample } from './counterexample.ts'

const aCluster = (over: Partial<FailureCluster> = {}): FailureCluster => ({
  key: 'a1b2c3d4',
  type: 'whatsapp.send',
  shape: 'connect ETIMEDOUT {host}',
  frame: 'sendMessage (whatsapp.js)',
  count: 300,
  firstFailedAt: ago(150),
  lastFailedAt: ago(1),
  attempts: { fewest: 3, most: 3 },
  sample: { jobId: '4711', error: 'connect ETIMEDOUT 10.0.0.1:443', data: '{"to":"[redacted]"}' },
  ...over,
})

/** A button by its label, a menu by its id and options. */
function offered(element: ActionsBlockElement): string {
  if (element.type === 'button') return element.text.text
  if (element.type !== 'overflow') throw new Error(`there should be no ${element.type}`)
  return `${element.action_id}: ${element.options.map(({ text }) => text.text).join(' | ')}`
}

describe('failed jobs by what failed', () => {
  const aView = (over: Partial<ClustersView> = {}): ClustersView => ({
    ref: EMAIL,
    filter: '',
    groups: [
      {
        cluster: aCluster(),
        remedy: remedyFor(aCluster(), []),
        tokens: { quarantine: 'q', retry: 'r' },
      },
      { cluster: aCluster({ key: 'ffff0000', count: 10 }), remedy: null, tokens: {} },
    ],
    numbers: { looked: 310, total: 310, isExact: true, matched: 310, clusters: 2 },
    isFirstLook: false,
    at: NOW,
    ...over,
  })

  it('show share, place, times, remedy, a redacted sample, and what can be done', () => {
    const rendered = renderClusters(aView(), LOCALE)
    expect(rendered.text).toBe('310 failed jobs in `sales/email:send`')
    const text = readable(rendered)
    expect(text).toContain('*300×* (97 %) `connect ETIMEDOUT {host}` · `#a1b2c3d4`')
    expect(text).toContain('`whatsapp.send` · `sendMessage (whatsapp.js)` · e.g. job `4711`')
    expect(text).toContain('3 attempts · first 2 h 30 min ago, last 1 min ago')
    expect(text).toContain(':bulb: The other side did not answer in time. Check that')
    expect(text).toContain('```connect ETIMEDOUT 10.0.0.1:443\n{"to":"[redacted]"}```')
    expect(text).toContain('[Retry…]\n[Quarantine…]')
    expect(text).toContain('`/queue failed sales/email:send error:#a1b2c3d4`')
  })

  it('say what the numbers rest on, and that more is to come', () => {
    const numbers = { looked: 1000, total: 12_000, isExact: false, matched: 1000, clusters: 9 }
    const text = readable(renderClusters(aView({ numbers, isFirstLook: true }), LOCALE))
    expect(text).toContain('*12,000 failed jobs in')
    expect(text).toContain(
      'from the newest 1,000 of 12,000 failed jobs; the others are being counted',
    )
    expect(text).toContain('and 7 other failures')
  })

  it('hide in their filter what they hide in samples', () => {
    const rendered = renderClusters(aView({ filter: 'data.password=hunter2' }), LOCALE)
    expect(rendered.text).toContain('that match `data.password="[redacted]"`')
    expect(JSON.stringify(rendered)).not.toContain('hunter2')
  })

  it('never call a look at a part the whole', () => {
    const numbers = { looked: 1000, total: 12_000, isExact: false, matched: 7, clusters: 1 }
    const filter = 'type:a'
    expect(renderClusters(aView({ filter, numbers }), LOCALE).text).toBe(
      'At least 7 failed jobs in `sales/email:send` that match `type:a`',
    )
    const none = { ...numbers, matched: 0, clusters: 0 }
    expect(renderClusters(aView({ filter, groups: [], numbers: none }), LOCALE).text).toBe(
      'None among the newest 1,000 failed jobs in `sales/email:send` that match `type:a`',
    )
  })

  it('have each their own way to act, the advised one first, with five buttons in all', () => {
    const tokens = { pause: 'p', throttle: 't', quarantine: 'q', retry: 'r' }
    const shapes = ['connect ECONNREFUSED {host}', 'too many requests', 'timed out', 'odd', 'odder']
    const groups = shapes.map((shape, index) => {
      const cluster = aCluster({ key: `0000000${index}`, shape })
      return { cluster, remedy: remedyFor(cluster, []), tokens }
    })
    const rows = (few: ClustersView['groups']) =>
      renderClusters(aView({ groups: few }), LOCALE).blocks.flatMap((block) =>
        block.type === 'actions' ? [block.elements.map(offered)] : [],
      )
    expect(rows(groups)).toEqual([
      ['Pause…', 'spillway:plan: Quarantine… | Retry…'],
      ['Throttle…', 'spillway:plan: Quarantine… | Retry…'],
      ['Retry…', 'spillway:plan: Quarantine…'],
      ['Quarantine…', 'spillway:plan: Retry…'],
      ['Quarantine…', 'spillway:plan: Retry…'],
    ])
    expect(rows(groups.slice(0, 1))).toEqual([['Pause…', 'Quarantine…', 'Retry…']])
    const many = { quarantine: 'q', replay: 'y' }
    const timedOut = groups.slice(2, 3).map((group) => ({ ...group, tokens: many }))
    expect(rows(timedOut)).toEqual([['Replay…', 'Quarantine…']])
  })

  it('say so when there are none', () => {
    const numbers = { looked: 0, total: 0, isExact: true, matched: 0, clusters: 0 }
    expect(renderClusters(aView({ groups: [], numbers }), LOCALE).text).toBe(
      'No failed jobs in `sales/email:send`',
    )
  })
})

const aLine = (over: Partial<JobLine> = {}): JobLine => ({
  id: '4711',
  state: 'failed',
  type: 'email.send',
  addedAt: ago(60),
  endedAt: ago(5),
  attempts: 3,
  priority: 0,
  shape: 'HTTP 503',
  ...over,
})

const aPage = (over: Partial<JobsView> = {}): JobsView => ({
  ref: EMAIL,
  filter: 'state:failed type:email.*',
  lines: [aLine(), aLine({ id: '9', state: 'waiting', endedAt: null, attempts: 0, shape: null })],
  skipped: 10,
  matched: 1310,
  isMore: false,
  looked: 20_000,
  takenBy: 'state:failed type:email.*',
  tokens: { next: 'n', quarantine: 'q' },
  at: NOW,
  ...over,
})

describe('a list of jobs', () => {
  it('has two short lines a job, its place in the whole, and the way on', () => {
    const rendered = renderJobs(aPage(), LOCALE)
    expect(rendered.text).toBe('1,310 jobs in `sales/email:send`: `state:failed type:email.*`')
    const text = readable(rendered)
    expect(text).toContain(
      '*failed* `email.send` · job `4711`\nended 5 min ago · 3 attempts · `HTTP 503`',
    )
    expect(text).toContain('*waiting* `email.send` · job `9`\nadded 1 h ago')
    expect(text).toContain('11 to 12 of 1,310')
    expect(text).toContain('20,000 jobs looked at')
    expect(text).toContain('[Next page]\n[Quarantine…]')
    expect(text).toContain('`/queue job sales/email:send 4711`')
    expect(text).toContain('`/queue quarantine sales/email:send state:failed type:email.*`')
  })

  it('says what it does not know yet', () => {
    const page = aPage({ matched: 12, isMore: true, skipped: 0 })
    expect(renderJobs(page, LOCALE).text).toContain('At least 12 jobs')
    expect(renderMatched({ ...page, matched: 40 }).text).toContain('At least 40 jobs')
    expect(renderLooking(page, 0.35).text).toContain('35 % so far')
  })

  it('hides in its filter what it hides in payloads', () => {
    const page = aPage({ filter: 'data.password=hunter2', takenBy: 'error:~"token=hunter2"' })
    const empty = { ...page, lines: [], matched: 0 }
    for (const rendered of [
      renderJobs(page, LOCALE),
      renderJobs(empty, LOCALE),
      renderLooking(page, 0.5),
      renderMatched(page),
    ]) {
      expect(readable(rendered)).toContain('data.password="[redacted]"')
      expect(JSON.stringify(rendered)).not.toContain('hunter2')
      expect(readable(rendered)).not.toContain('To take them out')
    }
  })

  it('says that nothing matches', () => {
    const rendered = renderJobs(aPage({ lines: [], matched: 0, tokens: {} }), LOCALE)
    expect(rendered.text).toBe('No job in `sales/email:send` matches `state:failed type:email.*`')
    expect(readable(rendered)).not.toContain('To take them out')
  })
})

const aDetail = (over: Partial<JobDetail> = {}): JobDetail => ({
  id: '4711',
  type: 'email.send',
  where: 'failed',
  ahead: null,
  addedAt: ago(60),
  dueAt: null,
  startedAt: ago(6),
  endedAt: ago(5),
  attempts: 3,
  maxAttempts: 3,
  stalls: 1,
  priority: 0,
  isLocked: false,
  failure: { cluster: 'a1b2c3d4', error: 'HTTP 503', frames: ['at send (/app/mail.js:3:1)'] },
  data: '{"to":"[redacted]"}',
  dataBytes: 3000,
  progress: null,
  logs: { last: ['line one', 'line two'], total: 12 },
  parent: { queue: 'orders', id: '17' },
  children: { waiting: 0, done: 0, failed: 0 },
  deduplicationId: null,
  scheduler: null,
  ...over,
})

const aJob = (detail: JobDetail | null, stays: JobView['stays'] = []): JobView => ({
  ref: EMAIL,
  id: '4711',
  detail,
  stays,
  at: NOW,
})

describe('one job', () => {
  it('says where it is, what it carries, why it failed and what it belongs to', () => {
    const rendered = renderJob(aJob(aDetail()), LOCALE)
    expect(rendered.text).toBe('Failed: job `4711` of `sales/email:send`')
    const text = readable(rendered)
    expect(text).toContain('`email.send` · 3 of 3 attempts · stalled 1 time')
    expect(text).toContain('*Error* `#a1b2c3d4`\n```HTTP 503\nat send (/app/mail.js:3:1)```')
    expect(text).toContain('*Payload* (3 kB)\n```{"to":"[redacted]"}```')
    expect(text).toContain('*Logs* (the last of 12)\n```line one\nline two```')
    expect(text).toContain('Child of job `17` of `orders`')
  })

  it('redacts the names that applications made for it', () => {
    const secret = 'ana@example.com'
    const detail = aDetail({
      parent: { queue: 'orders', id: `order:${secret}` },
      deduplicationId: `welcome:${secret}`,
      scheduler: `digest:${secret}`,
    })
    const text = readable(renderJob(aJob(detail), LOCALE))
    for (const name of ['order', 'welcome', 'digest'])
      expect(text).toContain(`\`${name}:[redacted]\``)
    expect(text).not.toContain(secret)
  })

  it('names what is wrong with its place', () => {
    const said = (over: Partial<JobDetail>) => readable(renderJob(aJob(aDetail(over)), LOCALE))
    expect(said({ where: 'nowhere' })).toContain('no worker will ever take it')
    expect(said({ where: 'active' })).toContain('No worker holds it')
    expect(said({ where: 'active', isLocked: true })).not.toContain('No worker holds it')
    expect(said({ where: 'waiting', ahead: 41 })).toContain('41 jobs before it in line')
  })

  it('that is in the vault is found there, with the way back', () => {
    const owner = { teamId: 'T1', userId: 'U0ANA' }
    const held = { set: 7, state: 'held', from: 'failed' } as const
    const stay = { ...held, madeAt: ago(20), owner, newId: null }
    const rendered = renderJob(aJob(null, [stay]), LOCALE)
    expect(rendered.text).toBe('In the vault: job `4711` of `sales/email:send`')
    expect(readable(rendered)).toContain(
      'Held in *v7* since 13:42 by <@U0ANA>. Put it back with `/queue release v7 id:4711`',
    )
    const completed = renderJob(aJob(null, [{ ...stay, from: 'completed' }]), LOCALE)
    expect(readable(completed)).toMatch(/release v7 id:\S+ as-it-was`/)
    const gone = renderJob(aJob(null, [{ ...stay, state: 'discarded' }]), LOCALE)
    expect(gone.text).toBe('There is no job `4711` of `sales/email:send` now')
    expect(readable(gone)).toContain('discarded, its payload is not kept')
  })
})

describe('whatever the input, Slack takes it and nobody is pinged by it', () => {
  it('failed jobs', () => {
    expect(counterexample(any.clusters, (view) => renderClusters(view, LOCALE))).toBeNull()
  })

  it('lists of jobs', () => {
    expect(counterexample(any.jobs, (view) => renderJobs(view, LOCALE))).toBeNull()
    expect(counterexample(any.jobs, renderMatched)).toBeNull()
    const looking = fc.record({ ref: fc.constant(EMAIL), filter: hostile })
    expect(counterexample(looking, (view) => renderLooking(view, 0.5))).toBeNull()
  })

  it('one job', () => {
    expect(counterexample(any.job, (view) => renderJob(view, LOCALE))).toBeNull()
  })
})
