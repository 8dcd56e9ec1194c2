import type { ActionsBlock } from '@slack/types'
import { describe, expect, it } from 'vitest'

import type { Approval, Plan, PlanState, QueueOutcome } from '../../../../src/domain/action.ts'
import { ACTION_IDS } from '../../../../src/slack/action-ids.ts'
import { planCard } from '../../../../src/slack/render/plan-card.ts'
import {
  aCard,
  ago,
  ahead,
  aHold,
  anOverview,
  aPlan,
  aPlannedQueue,
  aWidePlan,
  LOCALE,
  NOW,
  readable,
} from './builders.ts'

const card = (...args: Parameters<typeof aCard>) => planCard(aCard(...args), LOCALE)
const shown = (...args: Parameters<typeof aCard>): string => readable(card(...args))
const buttons = (blocks: ReturnType<typeof card>['blocks']) =>
  blocks
    .filter((block): block is ActionsBlock => block.type === 'actions')
    .flatMap(({ elements }) => elements)

const BEN = { teamId: 'T1', userId: 'U0BEN' }
const approval = (over: Partial<Approval> = {}): Approval => ({
  planId: aPlan().id,
  by: BEN,
  verdict: 'approved',
  role: 'approver',
  at: ago(1),
  ...over,
})
const asked: Partial<Plan> = {
  state: 'requested',
  tier: 'T3',
  tierReason: 'a critical queue would stay stopped for more than 15 min',
  queues: [aPlannedQueue({ tier: 'critical', warnings: ['One.', 'Two.', 'Three.', 'Four.'] })],
  holdMs: 60 * 60_000,
  reason: 'provider answers 429',
  approvalsNeeded: 2,
  confirmedAt: NOW,
  expiresAt: ahead(30),
}
const JUDGE = { approve: 'tok-a', reject: 'tok-r', withdraw: 'tok-w' }

describe('the card of a request', () => {
  it('lets an approver judge it in ten seconds', () => {
    const rendered = card(aPlan(asked), {
      approvals: [approval()],
      approvers: ['U0BEN', 'U0CAT'],
      tokens: JUDGE,
    })
    expect(rendered.text).toBe('Approval needed: Pause of `sales/email:send` for 1 h by <@U0ANA>')
    expect(readable(rendered)).toMatchInlineSnapshot(`
      ":raised_hand: *Approval needed*: Pause of \`sales/email:send\` for 1 h
      <@U0ANA> asks: “provider answers 429”
      It needs approval because a critical queue would stay stopped for more than 15 min.
      Workers take no more jobs. 3 running jobs will finish; 12,345 waiting jobs and new ones stay in line.
      tier critical · oldest job 42 min
      :warning: One.
      :warning: Two.
      :warning: Three.
      and 1 more
      1 of 2 approvals: <@U0BEN> 14:01 · Expires at 14:32 (30 min left)
      May approve: <@U0CAT>.
      [Approve]
      [Reject]
      [Withdraw]
      plan 42 · \`3fa9c1d0\` · T3 · incident 7 · numbers of 14:02:10 UTC"
    `)
    expect(buttons(rendered.blocks)).toMatchObject([
      { action_id: ACTION_IDS.approve, style: 'primary', value: 'tok-a' },
      { action_id: ACTION_IDS.reject, style: 'danger', value: 'tok-r' },
      { action_id: ACTION_IDS.withdraw, value: 'tok-w' },
    ])
  })

  it('sums up many queues and names the first', () => {
    const { queues: _, ...rest } = asked
    const text = shown(aWidePlan(300, { ...rest, action: 'resume' }))
    expect(text).toContain('*Approval needed*: Resume of 300 queues (`tier:low`)')
    expect(text).toContain('Workers may take 30,000 waiting jobs at once.')
    expect(text).toContain('300 of tier low · oldest job 42 min')
    expect(text).toContain('and 295 more')
  })

  it('says plainly when too few can approve it', () => {
    expect(shown(aPlan(asked), { approvers: [] })).toContain(
      ':warning: *Nobody else is known who may approve it.*\nAsk an administrator',
    )
    expect(shown(aPlan(asked), { approvers: ['U0BEN', 'U0CAT'] })).not.toContain('administrator')
  })

  it('says first of all that nothing can be carried out while all is frozen', () => {
    const freeze = { by: BEN, at: ago(1), reason: null }
    expect(shown(aPlan(asked), { freeze }).split('\n')[0]).toContain('*Frozen* by <@U0BEN>')
  })

  it('shows what waits by type, and no job', () => {
    const preview = {
      types: { items: [{ type: 'sms.send', count: 7 }], looked: 7, total: 7, isExact: true },
      sample: [{ id: '4711', type: 'sms.send', addedAt: null, attempts: 0, data: '{"to":"…"}' }],
      drain: { ms: 60_000 },
    }
    const text = shown(aPlan({ ...asked, action: 'resume', preview }))
    expect(text).toContain('`sms.send` 7 (100 %)')
    expect(text).toContain('They would be worked off in about 1 min.')
    expect(text).not.toContain('4711')
  })

  it('shows whose stop a resume would end, since when and why', () => {
    const resume = aPlan({ ...asked, action: 'resume' })
    const stops = { holds: [aHold({ reason: 'migration until noon' })], foreign: [] }
    expect(readable(planCard(aCard(resume, { stops }), LOCALE))).toContain(
      '*It would end*\n:double_vertical_bar: Paused by <@U0ANA> since 13:57, until 14:27 (25 min left) · held · “migration until noon”',
    )
    const many = aWidePlan(2, { state: 'requested', action: 'resume' })
    const others = { holds: [], foreign: [{ system: 'sales', queue: 'low-1' }] }
    expect(readable(planCard(aCard(many, { stops: others }), LOCALE))).toContain(
      '*Paused, but not by Spillway*: another tool or person did it. `sales/low-1`',
    )
  })
})

describe('the card while it is carried out', () => {
  const running = (ended: number, over: Partial<Plan> = {}): Plan =>
    aWidePlan(40, { state: 'executing', startedAt: ago(2), ...over }, (index) => ({
      state: index < ended ? 'done' : 'pending',
    }))

  it('shows how far it is, how fast and how long it takes still, with a way to stop it', () => {
    const rendered = card(running(16), {
      progress: { perMinute: 12.4, leftMs: 120_000 },
      tokens: { stop: 'tok-s' },
    })
    expect(rendered.text).toBe('Pausing 40 queues (`tier:low`) for 30 min: 16 of 40')
    expect(readable(rendered)).toContain(
      '*Pausing 40 queues (`tier:low`) for 30 min*\n▓▓▓▓▓░░░░░░░ 16 of 40 · 12 per min · about 2 min left',
    )
    expect(buttons(rendered.blocks)).toMatchObject([{ action_id: ACTION_IDS.stop }])
  })

  it('promises no end within the seconds for which queues are watched', () => {
    const progress = { perMinute: 480, leftMs: 300 }
    expect(shown(running(39), { progress })).toContain('480 per min · a few seconds left')
  })

  it.each([
    [0, '░░░░░░░░░░░░ 0 of 40'],
    [1, '▓░░░░░░░░░░░ 1 of 40'],
    [39, '▓▓▓▓▓▓▓▓▓▓▓░ 39 of 40'],
    [40, '▓▓▓▓▓▓▓▓▓▓▓▓ 40 of 40'],
  ])('after %i shows neither more nor less than there is', (ended, line) => {
    expect(shown(running(ended))).toContain(line)
  })

  it('says who asked it to stop, what failed so far, and that all is frozen', () => {
    const plan = aWidePlan(
      4,
      { state: 'executing', startedAt: ago(2), stop: { by: BEN, at: NOW } },
      (index) => ({ state: index < 2 ? 'failed' : 'pending' }),
    )
    const freeze = { by: BEN, at: ago(1), reason: null }
    const text = shown(plan, { freeze })
    expect(text).toContain('*Asked to stop* by <@U0BEN> at 14:02.')
    expect(text).toContain('So far *2 failed*.')
    expect(text.split('\n')[0]).toContain('*Frozen* by <@U0BEN>')
  })

  it('says of a single queue that it is under way, or about to be', () => {
    expect(shown(aPlan({ state: 'confirmed' }))).toContain('It is about to start.')
    expect(shown(aPlan({ state: 'executing', startedAt: NOW }))).toContain('Under way.')
  })
})

const WORDS = '<@U0ANA> paused `sales/email:send` until 14:32 (30 min). It holds.'
const held: QueueOutcome = {
  words: WORDS,
  proof: 'held',
  after: anOverview({ isPaused: true }),
  accounting: { isAsPlanned: true, words: 'No job is missing by the count.' },
}
const ended = (state: PlanState, outcome: QueueOutcome | null, over: Partial<Plan> = {}): Plan =>
  aPlan({
    state,
    startedAt: ago(1),
    finishedAt: NOW,
    outcome: { words: outcome?.words ?? 'Redis did not answer.' },
    queues: [aPlannedQueue({ state: state === 'done' ? 'done' : 'failed', outcome })],
    ...over,
  })

describe('the card of an outcome', () => {
  it('says what was done, who ordered and who approved it, the numbers, and how to undo it', () => {
    const rendered = card(ended('done', held, { reason: 'provider answers 429' }), {
      approvals: [approval({ at: ago(3) })],
      tokens: { undo: 'tok-u' },
    })
    expect(rendered.text).toBe(`${WORDS} Reason: “provider answers 429”`)
    expect(readable(rendered)).toMatchInlineSnapshot(`
      ":white_check_mark: *Pause of \`sales/email:send\` for 30 min: done*
      <@U0ANA> paused \`sales/email:send\` until 14:32 (30 min). It holds.
      By <@U0ANA>: “provider answers 429”
      Approved by <@U0BEN> 13:59
      [Undo: resume…]
      plan 42 · \`3fa9c1d0\` · T1 · incident 7
      before: 12,345 waiting, 3 active → after: paused, 12,345 waiting, 3 active"
    `)
    expect(buttons(rendered.blocks)).toMatchObject([
      { action_id: ACTION_IDS.undo, text: { text: 'Undo: resume…' } },
    ])
  })

  it('accounts for every queue of many', () => {
    const states = ['done', 'done', 'done', 'skipped', 'failed', 'returned'] as const
    const plan = aWidePlan(6, { state: 'done', startedAt: ago(1), finishedAt: NOW }, (index) => ({
      state: states[index] ?? 'pending',
      outcome: index < 3 ? { ...held, proof: index < 2 ? 'held' : 'set_not_proven' } : null,
    }))
    const text = shown(plan)
    expect(text).toContain('6 planned = 3 done + 1 skipped + 1 failed + 1 returned; unexplained 0')
    expect(text).toContain('Seen afterwards: 2 queues held · 1 queue set, not yet proven')
    expect(text).toContain(':warning: *Pause of 6 queues (`tier:low`) for 30 min: done in part*')
  })

  it.each<[string, Partial<QueueOutcome>, string]>([
    ['jobs still move', { proof: 'not_held' }, 'done, but it does not hold'],
    ['it is paused again', { proof: 'paused_again' }, 'done, but it does not hold'],
    [
      'jobs are missing',
      { accounting: { isAsPlanned: false, words: '3 jobs are missing.' } },
      'done, but jobs are missing',
    ],
  ])('never shows a check mark when %s, and calls who asked', (_, over, words) => {
    const rendered = card(ended('done', { ...held, ...over, words: 'Look at it.' }))
    expect(readable(rendered)).toContain(
      `:warning: *Pause of \`sales/email:send\` for 30 min: ${words}*`,
    )
    expect(readable(rendered)).not.toContain(':white_check_mark:')
    expect(rendered.text).toBe('<@U0ANA> Look at it.')
  })

  it.each<[PlanState, Partial<Plan>, string]>([
    ['failed', {}, ':x: *Pause of `sales/email:send` for 30 min: failed*'],
    ['refused', {}, ':no_entry: *Pause of `sales/email:send` for 30 min: refused*'],
    ['cancelled', {}, ':no_entry: *Pause of `sales/email:send` for 30 min: stopped*'],
    ['refused', { startedAt: null }, 'rejected*'],
    ['cancelled', { startedAt: null }, 'withdrawn*'],
    [
      'expired',
      { startedAt: null, expiresAt: NOW },
      ':hourglass: *Pause of `sales/email:send` for 30 min: expired*',
    ],
    ['expired', { startedAt: null, expiresAt: ahead(5) }, 'void*'],
  ])('says in a word that it was %s (%j)', (state, over, words) => {
    const rendered = card(ended(state, null, over))
    expect(readable(rendered)).toContain(words)
    expect(readable(rendered)).not.toContain(':white_check_mark:')
    expect(rendered.text).toContain('<@U0ANA>')
    expect(rendered.text).toContain('Redis did not answer.')
  })

  it('names on the lock screen what was never begun', () => {
    const over = { startedAt: null, outcome: { words: 'Nobody approved it in time.' } }
    expect(card(ended('expired', null, over)).text).toContain(
      'Pause of `sales/email:send` for 30 min: Nobody approved it in time.',
    )
    expect(shown(ended('expired', null, over), { tokens: { again: 't' } })).toContain(
      '[Plan again…]',
    )
  })

  it('says unknown where nothing could be read afterwards, and claims no change that was not begun', () => {
    expect(shown(ended('failed', null))).toContain('→ after: unknown')
    expect(shown(ended('refused', null, { startedAt: null }))).not.toContain('after:')
  })

  it('does not blame a person for the end that comes by itself', () => {
    const over = { action: 'resume', endsHoldId: 'hold-1', holdMs: null, reason: 'x' } as const
    const rendered = card(ended('done', held, over))
    expect(readable(rendered)).toContain('By itself, as <@U0ANA> had set it\n')
    expect(rendered.text).toBe(WORDS)
  })

  it('tells of broken glass, why, and who has signed it off', () => {
    const plan = ended('done', held, { isBreakGlass: true, reason: 'everything is on fire' })
    const review = { planId: plan.id, openedAt: ago(1), signedBy: null, signedAt: null }
    const open = card(plan, { review, tokens: { undo: 'u', signOff: 's' } })
    expect(readable(open)).toContain(
      ':rotating_light: *Break-glass* by <@U0ANA>: “everything is on fire”\n*Not signed off yet*',
    )
    expect(readable(open)).toContain('[Undo: resume…]\n[Sign off]')
    const signed = shown(plan, { review: { ...review, signedBy: BEN, signedAt: ago(0) } })
    expect(signed).toContain('Signed off by <@U0BEN> at 14:02')
  })
})
