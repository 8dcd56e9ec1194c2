import type { InputBlock, KnownBlock, ModalView } from '@slack/types'
import { describe, expect, it } from 'vitest'

import { OperatorError } from '../../../../src/domain/errors.ts'
import { BLOCK_IDS } from '../../../../src/slack/action-ids.ts'
import { limitFaults } from '../../../../src/slack/limits.ts'
import { readHoldChoice } from '../../../../src/slack/render/plan-inputs.ts'
import {
  faultModal,
  loadingModal,
  outcomeModal,
  planModal,
  refusedModal,
} from '../../../../src/slack/render/plan-modal.ts'
import { renderProposal } from '../../../../src/slack/render/proposal.ts'
import {
  aCard,
  aCounts,
  aHold,
  anOverview,
  aPlan,
  aPlannedQueue,
  aPlanView,
  aWidePlan,
  ahead,
  EMAIL,
  LOCALE,
  NOW,
  readable,
} from './builders.ts'

const MINUTE = 60_000
const OPS = 'C0OPS'
const modalText = (view: { readonly blocks: unknown }): string =>
  readable({ blocks: view.blocks as KnownBlock[] })
const shown = (over: Parameters<typeof aPlanView>[0]): string =>
  modalText(planModal(aPlanView(over), LOCALE))
const inputs = (view: ModalView): readonly InputBlock[] =>
  view.blocks.filter((block): block is InputBlock => block.type === 'input')
const metadata = (view: ModalView): unknown => JSON.parse(view.private_metadata ?? '')

/** A critical queue: 15 minutes on one's own word, more with another's. */
const critical = aPlan({
  queues: [aPlannedQueue({ tier: 'critical' })],
  tier: 'T3',
  tierReason: 'a critical queue would stay stopped for more than 15 min',
  holdMs: 60 * MINUTE,
})
const longer = [
  { holdMs: 15 * MINUTE, isDefault: false, needsApproval: false },
  { holdMs: 60 * MINUTE, isDefault: true, needsApproval: true },
]

describe('the plan modal', () => {
  it('previews the effect, names the default end and carries the plan', () => {
    const view = planModal(aPlanView(), LOCALE)
    expect(view).toMatchObject({
      callback_id: 'spillway:plan_submit',
      title: { text: 'Pause a queue' },
      submit: { text: 'Pause' },
    })
    expect(metadata(view)).toEqual({
      planId: aPlan().id,
      action: 'pause',
      isReasonRequired: false,
      reasonFor: ['open'],
      phrase: null,
      canBreakGlass: false,
      places: [],
    })
    const text = modalText(view)
    expect(text).toContain('*Pause `sales/email:send`* (high)')
    expect(text).toContain(
      '3 running jobs will finish; 12,345 waiting jobs and new ones stay in line',
    )
    expect(text).toContain('If you choose nothing: 30 min.')
    expect(text).toContain('*T1* · one queue that is not critical stops for a while')
    expect(text).toContain('plan 42 · numbers of 14:02:10 UTC · can be confirmed until 14:17')
  })

  it('asks for a reason, required or not, and for the end of a pause only', () => {
    const asked = (over: Parameters<typeof aPlanView>[0]) =>
      inputs(planModal(aPlanView(over), LOCALE)).map((block) => [block.block_id, block.optional])
    expect(asked({})).toEqual([
      [BLOCK_IDS.hold, true],
      [BLOCK_IDS.reason, true],
    ])
    expect(asked({ plan: aPlan({ action: 'resume' }), isReasonRequired: true })).toEqual([
      [BLOCK_IDS.reason, false],
    ])
  })

  it('shows every warning once', () => {
    const words = 'BullMQ 4 and 5 both write.'
    const plan = aPlan({
      queues: [aPlannedQueue({ warnings: ['1,200 jobs run at once.', words] })],
    })
    const text = shown({ plan, hazards: [{ code: 'mixed_writers', explanation: words }] })
    expect(text).toContain(':warning: 1,200 jobs run at once.')
    expect(text.split(`:warning: ${words}`)).toHaveLength(2)
  })

  it('says until when the queue is held already, and what this adds', () => {
    expect(shown({ holds: [aHold()] })).toContain(
      'It is held already until 14:27 (25 min left). It runs again when the last hold ends, so this can only keep it paused for longer.',
    )
    const resume = aPlan({ action: 'resume' })
    expect(shown({ plan: resume, holds: [aHold(), aHold()] })).toContain('This ends 2 holds:')
    expect(shown({ plan: resume, foreign: [EMAIL] })).toContain('*Paused, but not by Spillway*')
  })

  it('reads the chosen end, takes the default for none, and refuses what was not offered', () => {
    const { choices } = aPlanView()
    expect(readHoldChoice('900000', choices)).toBe(900_000)
    expect(readHoldChoice('open', choices)).toBeNull()
    expect(readHoldChoice(null, choices)).toBe(1_800_000)
    expect(readHoldChoice(undefined, choices)).toBe(1_800_000)
    expect(() => readHoldChoice('1', choices)).toThrow(OperatorError)
  })

  it('says when a reason is needed after all', () => {
    expect(shown({})).toContain('Needed for a pause without an end.')
    const choices = [{ holdMs: 900_000, isDefault: true, needsApproval: false }]
    expect(shown({ choices })).not.toContain('without an end')
    expect(shown({ choices: longer })).toContain('Needed for what needs approval.')
  })

  it('says that what was shown before no longer holds, first of all', () => {
    const [first] = shown({ drift: '`sales/email:send` was paused meanwhile.' }).split('\n')
    expect(first).toContain(
      ':warning: *What was shown before no longer holds*: `sales/email:send` was paused meanwhile. This is how it is now.',
    )
  })

  it('has the words typed of what cannot be taken back, and carries them for the check', () => {
    const view = planModal(aPlanView({ plan: aPlan({ phrase: 'DRAIN email' }) }), LOCALE)
    const typed = inputs(view).find(({ block_id: id }) => id === BLOCK_IDS.phrase)
    expect(typed).toMatchObject({
      optional: false,
      label: { text: 'Type "DRAIN email" to confirm' },
    })
    expect(metadata(view)).toMatchObject({ phrase: 'DRAIN email' })
    const long = planModal(aPlanView({ plan: aPlan({ phrase: 'x'.repeat(4000) }) }), LOCALE)
    expect(metadata(long)).toMatchObject({ phrase: null })
    expect(limitFaults(long)).toEqual([])
  })

  it('shows what waits by type, one redacted job and no more, and how long a resume takes', () => {
    const job = { type: 'sms.send', addedAt: null, attempts: 0, data: '{"to":"[redacted]"}' }
    const preview = {
      types: {
        items: ['sms.send', 'sms.bulk', 'mail', 'push', 'fax'].map((type) => ({
          type,
          count: 200,
        })),
        looked: 1000,
        total: 12_345,
        isExact: false,
      },
      sample: ['1', '2', '3'].map((id) => ({ ...job, id })),
      drain: { ms: 12 * MINUTE },
    }
    const text = shown({ plan: aPlan({ action: 'resume', preview }) })
    expect(text).toContain(
      '*What waits* (from a sample: 1,000 of 12,345 waiting jobs looked at): `sms.send` 200 (20 %) · `sms.bulk` 200 (20 %) · `mail` 200 (20 %) and 2 other types',
    )
    expect(text).toContain('They would be worked off in about 12 min.')
    expect(text.match(/e\.g\. job/g)).toHaveLength(1)
    const unknown = { ...preview, drain: { unknown: 'no worker is connected' } }
    expect(shown({ plan: aPlan({ action: 'resume', preview: unknown }) })).toContain(
      'How long they take cannot be estimated: no worker is connected.',
    )
    expect(shown({ plan: aPlan({ preview }) })).not.toContain('worked off')
  })
})

describe('the plan modal of many queues', () => {
  it('sums them up, names the first eight and counts the rest', () => {
    const plan = aWidePlan(300, { tier: 'T2' }, (index) => (index < 2 ? { tier: 'critical' } : {}))
    const view = planModal(aPlanView({ plan, isReasonRequired: true }), LOCALE)
    expect(view.title.text).toBe('Pause 300 queues')
    const text = modalText(view)
    expect(text).toContain('*Pause 300 queues (`tier:low`)*')
    expect(text).toContain('600 running jobs will finish; 30,000 waiting jobs')
    expect(text).toContain('2 of tier critical, 298 low · oldest job 42 min')
    expect(text).toContain('`sales/low-7` 100 waiting, 2 active\nand 292 more')
    expect(text).not.toContain('low-8`')
  })

  it('says a warning once, with the number of queues that it is about', () => {
    const plan = aWidePlan(12, {}, (index) => (index < 7 ? { warnings: ['Version unknown.'] } : {}))
    const hazards = [{ code: 'version_unknown', explanation: 'Version unknown.' }] as const
    expect(shown({ plan, hazards })).toContain(':warning: Version unknown. (7 queues)')
  })

  it('names the queues that are held already, and those that are paused', () => {
    const plan = aWidePlan(3, {}, () => ({
      before: anOverview({ isPaused: true, counts: aCounts({ waiting: 1, active: 0 }) }),
    }))
    const text = shown({ plan, holds: [aHold({ endsAt: null })] })
    expect(text).toContain('Some of them are held already.')
    expect(text).toContain('`sales/email:send` by <@U0ANA> since 13:57, *no end*')
    expect(text).toContain('`sales/low-0` paused, 1 waiting, 0 active')
  })
})

describe('where approval is due', () => {
  const asking = { plan: critical, choices: longer, approvalsNeeded: 1, isReasonRequired: true }

  it('marks the choices that need it, names who may give it, and asks instead of acting', () => {
    const approvers = ['U1', 'U2', 'U3', 'U4', 'U5', 'U6', 'U7']
    const view = planModal(aPlanView({ ...asking, approvers }), LOCALE)
    expect(view.submit?.text).toBe('Ask for approval')
    expect(metadata(view)).toMatchObject({ reasonFor: ['3600000'] })
    const text = modalText(view)
    expect(text).toContain('1 h · needs approval')
    expect(text).toContain('*This needs the approval of 1 other person.*')
    expect(text).toContain('May approve: <@U1>, <@U2>, <@U3>, <@U4>, <@U5> and 2 more.')
    expect(text).toContain('*T3* · a critical queue would stay stopped for more than 15 min')
  })

  it('acts where only a longer choice needs it', () => {
    const plan = { ...critical, tier: 'T2' as const }
    const view = planModal(aPlanView({ ...asking, plan, approvers: ['U1'] }), LOCALE)
    expect(view.submit?.text).toBe('Pause')
    expect(modalText(view)).toContain('*A choice marked so needs the approval of 1 other person.*')
  })

  it('says plainly when nobody may approve, and what to do', () => {
    const stuck = shown(asking)
    expect(stuck).toContain(':warning: *Nobody else is known who may approve it.*')
    expect(stuck).toContain('Ask an administrator to give somebody a role that `approves`.')
    expect(stuck).not.toContain('break the glass')
    expect(shown({ ...asking, canBreakGlass: true })).toContain('You can break the glass below.')
    expect(shown({ ...asking, approvalsNeeded: 2, approvers: ['U1'] })).toContain(
      '*Only 1 other person is known who may approve it, 2 are needed.*',
    )
  })

  it('offers to break the glass only to who may', () => {
    const boxes = (canBreakGlass: boolean) =>
      inputs(planModal(aPlanView({ ...asking, canBreakGlass }), LOCALE)).filter(
        ({ block_id: id }) => id === BLOCK_IDS.breakGlass,
      )
    expect(boxes(false)).toEqual([])
    expect(boxes(true)).toMatchObject([
      { optional: true, element: { type: 'checkboxes', options: [{ value: 'break_glass' }] } },
    ])
  })

  it('says in the modal who may give it, and that the card tells the rest', () => {
    const plan = { ...critical, state: 'requested' as const, approvalsNeeded: 1 }
    const about = (approvers: readonly string[]): string =>
      modalText(
        outcomeModal(aCard({ ...plan, expiresAt: ahead(30) }, { approvers }), LOCALE, [OPS]),
      )
    expect(about(['U1', 'U2'])).toContain(
      '*Asked for approval*: Pause of `sales/email:send` for 1 h\nIt needs 1 approval. Expires at 14:32 (30 min left).\nMay approve: <@U1>, <@U2>.',
    )
    expect(about(['U1'])).toContain(
      'the card in <#C0OPS> shows what becomes of it, and you are told directly',
    )
    expect(about([])).toContain('*Nobody else is known who may approve it.*')
  })
})

describe('before and after the preview', () => {
  it('stands in for itself where it cannot be opened', () => {
    const one = { action: 'pause', scope: 'sales/email:send', refs: [EMAIL], token: 't' } as const
    expect(renderProposal(one).text).toBe('Pause `sales/email:send`?')
    expect(readable(renderProposal(one))).toContain('[Pause…]')
    const many = { ...one, scope: 'tier:low', refs: [EMAIL, EMAIL] }
    expect(renderProposal(many).text).toBe('Pause 2 queues (`tier:low`)?')
  })

  it('ends with the outcome and without buttons, or says where the outcome will be', () => {
    const tokens = { undo: 't', stop: 't' }
    const under = outcomeModal(aCard(aPlan({ state: 'executing' }), { tokens }), LOCALE, [])
    expect(modalText(under)).toMatch(/takes longer than usual.*posted in the incident's room/)
    const plan = aPlan({ state: 'done', startedAt: NOW, finishedAt: NOW })
    const over = modalText(outcomeModal(aCard(plan, { tokens }), LOCALE, []))
    expect(over).toContain('*Pause of `sales/email:send` for 30 min: done*')
    expect(over).not.toContain('takes longer')
    expect(over).not.toContain('[')
  })

  it('cannot be submitted while it loads, nor after a refusal or a fault', () => {
    const refusal = new OperatorError('frozen', 'Spillway is frozen.', 'Ask <@U0BEN>.')
    for (const action of ['pause', null] as const) {
      expect(loadingModal(action).submit).toBeUndefined()
      expect(refusedModal(action, refusal).submit).toBeUndefined()
      expect(faultModal(action, 'k3f').submit).toBeUndefined()
    }
    expect(modalText(refusedModal('pause', refusal))).toContain(
      'Spillway is frozen.\nAsk <@U0BEN>.',
    )
  })
})
