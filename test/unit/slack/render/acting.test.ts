import type { InputBlock, KnownBlock } from '@slack/types'
import { describe, expect, it } from 'vitest'

import { OperatorError } from '../../../../src/domain/errors.ts'
import { BLOCK_IDS } from '../../../../src/slack/action-ids.ts'
import { renderOutcome } from '../../../../src/slack/render/outcome.ts'
import {
  loadingModal,
  outcomeModal,
  planModal,
  readHoldChoice,
  refusedModal,
} from '../../../../src/slack/render/plan-modal.ts'
import { renderProposal } from '../../../../src/slack/render/proposal.ts'
import { aHold, anOverview, aPlan, aPlanView, EMAIL, LOCALE, NOW, readable } from './builders.ts'

const modalText = (view: { readonly blocks: unknown }): string =>
  readable({ blocks: view.blocks as KnownBlock[] })

describe('the plan modal', () => {
  it('previews the effect, names the default end and carries the plan', () => {
    const view = planModal(aPlanView(), LOCALE)
    expect(view).toMatchObject({
      callback_id: 'spillway:plan_submit',
      title: { text: 'Pause a queue' },
      submit: { text: 'Pause' },
    })
    expect(JSON.parse(view.private_metadata ?? '')).toEqual({
      planId: aPlan().id,
      action: 'pause',
      isReasonRequired: false,
    })
    const text = modalText(view)
    expect(text).toContain('*Pause `sales/email:send`* (high)')
    expect(text).toContain(
      '3 running jobs will finish; 12,345 waiting jobs and new ones stay in line',
    )
    expect(text).toContain('If you choose nothing: 30 min.')
    expect(text).toContain('can be confirmed until 14:17')
  })

  it('asks for a reason, required or not, and for the end of a pause only', () => {
    const inputs = (over: Parameters<typeof aPlanView>[0]) =>
      planModal(aPlanView(over), LOCALE)
        .blocks.filter((block): block is InputBlock => block.type === 'input')
        .map((block) => [block.block_id, block.optional])
    expect(inputs({})).toEqual([
      [BLOCK_IDS.hold, true],
      [BLOCK_IDS.reason, true],
    ])
    expect(inputs({ plan: aPlan({ action: 'resume' }), isReasonRequired: true })).toEqual([
      [BLOCK_IDS.reason, false],
    ])
  })

  it('shows what holds the queue already and every warning', () => {
    const plan = aPlan({
      before: { overview: anOverview(), holdIds: [], warnings: ['1,200 jobs run at once.'] },
    })
    const hazards = [{ code: 'mixed_writers', explanation: 'BullMQ 4 and 5 both write.' }] as const
    const text = modalText(planModal(aPlanView({ plan, hazards, holds: [aHold()] }), LOCALE))
    expect(text).toContain('It is held already')
    expect(text).toContain(':warning: 1,200 jobs run at once.')
    expect(text).toContain(':warning: BullMQ 4 and 5 both write.')
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
    const offersOpenEnd = modalText(planModal(aPlanView(), LOCALE))
    expect(offersOpenEnd).toContain('Needed for a pause without an end.')
    const choices = [{ holdMs: 900_000, isDefault: true }]
    expect(modalText(planModal(aPlanView({ choices }), LOCALE))).not.toContain('without an end')
  })

  it('stands in for itself where it cannot be opened', () => {
    const rendered = renderProposal({ action: 'pause', ref: EMAIL, token: 't' })
    expect(rendered.text).toBe('Pause `sales/email:send`?')
    expect(readable(rendered)).toContain('[Pause…]')
  })

  it('ends with the outcome, or says where it will be', () => {
    const under = modalText(outcomeModal(aPlan({ state: 'executing' })))
    expect(under).toContain('takes longer than usual')
    const over = modalText(outcomeModal(aPlan({ state: 'done', finishedAt: NOW })))
    expect(over).toContain('*Pause of `sales/email:send`: done*')
    expect(over).not.toContain('takes longer')
  })

  it('cannot be submitted while it loads or after a refusal', () => {
    const refusal = new OperatorError('frozen', 'Spillway is frozen.', 'Ask <@U0BEN>.')
    expect(loadingModal('pause').submit).toBeUndefined()
    expect(refusedModal('pause', refusal).submit).toBeUndefined()
    expect(modalText(refusedModal('pause', refusal))).toContain(
      'Spillway is frozen.\nAsk <@U0BEN>.',
    )
  })
})

describe('the outcome', () => {
  const done = {
    words: 'The queue is paused.',
    proof: 'held',
    after: anOverview({ isPaused: true }),
  } as const
  const outcome = (over: Parameters<typeof aPlan>[0]) => {
    const plan = aPlan(over)
    return renderOutcome({ plan, action: plan.action, tier: plan.tier })
  }

  it('says who did what, for how long, whether it holds, and the numbers before and after', () => {
    const rendered = outcome({ state: 'done', outcome: done, reason: 'provider answers 429' })
    expect(rendered.text).toBe('Pause of `sales/email:send` done')
    const text = readable(rendered)
    expect(text).toContain('by <@U0ANA> · for 30 min · held · provider answers 429')
    expect(text).toContain('before: 12,345 waiting, 3 active · after: paused, 12,345 waiting')
  })

  it('says unknown where nothing could be read afterwards', () => {
    expect(
      readable(outcome({ state: 'failed', outcome: { ...done, proof: null, after: null } })),
    ).toContain('after: unknown')
  })

  it('does not blame a person for the end that comes by itself', () => {
    const text = readable(
      outcome({ action: 'resume', state: 'done', outcome: done, endsHoldId: 'hold-1' }),
    )
    expect(text).toContain('by itself, as <@U0ANA> had set it')
  })

  it.each(['refused', 'failed', 'expired', 'cancelled'] as const)(
    'never shows %s as done',
    (state) => {
      expect(readable(outcome({ state, outcome: done }))).not.toContain(':white_check_mark:')
    },
  )
})
