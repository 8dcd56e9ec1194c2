import type { ModalView } from '@slack/types'
import { z } from 'zod'

import type { Actor, Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { holdChoices } from '../../domain/plan.ts'
import { confirmPlan } from '../../usecases/actions/confirm-plan.ts'
import { ACTION_IDS, BLOCK_IDS } from '../action-ids.ts'
import { outcomeModal, readHoldChoice, workingModal } from '../render/plan-modal.ts'
import type { ListenerContext } from './context.ts'
import { problemModal, showView, untilOver } from './plan-modal.ts'

/** How long the modal stays with an execution; afterwards the room tells. */
const WATCH_MS = 20_000

/** What a submitted plan modal holds; each client leaves out what it does not support. */
const Submission = z.object({
  id: z.string(),
  private_metadata: z.uuid(),
  state: z.object({
    values: z.record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          value: z.string().nullish(),
          selected_option: z.object({ value: z.string() }).nullish(),
        }),
      ),
    ),
  }),
})

export type SubmitAck = (
  answer:
    | { readonly response_action: 'errors'; readonly errors: Record<string, string> }
    | { readonly response_action: 'update'; readonly view: ModalView },
) => Promise<void>

/**
 * A confirmed modal: acknowledged at once with "under way", then shown how it went. What is wrong with
 * the form itself comes back inline, beside the field.
 */
export async function submitPlan(
  context: ListenerContext,
  submitted: { readonly actor: Actor; readonly view: unknown; readonly ack: SubmitAck },
): Promise<void> {
  const view = Submission.parse(submitted.view)
  const field = (block: string, action: string) => view.state.values[block]?.[action]
  const { deps } = context
  const plan = await deps.store.now.plans.byId(view.private_metadata).catch(whenAway)
  const reason = field(BLOCK_IDS.reason, ACTION_IDS.reason)?.value ?? null
  if (plan !== null && isReasonMissing(plan, reason)) {
    const errors = { [BLOCK_IDS.reason]: 'A short reason is needed; it goes into the audit trail.' }
    return submitted.ack({ response_action: 'errors', errors })
  }
  const action = plan?.action ?? 'pause'
  await submitted.ack({ response_action: 'update', view: workingModal(action) })
  try {
    const holdMs = plan === null ? null : holdOf(plan, field(BLOCK_IDS.hold, ACTION_IDS.hold))
    const { actor } = submitted
    const confirmed = await confirmPlan(deps, {
      planId: view.private_metadata,
      actor,
      reason,
      holdMs,
    })
    const over = await untilOver(context, confirmed.id, WATCH_MS)
    await showView(context, view.id, outcomeModal(over ?? confirmed))
  } catch (error) {
    await showView(context, view.id, problemModal(context, action, error))
  }
}

/** The database may be away: then the confirmation itself says so, after the acknowledgement. */
const whenAway = (error: unknown): null => {
  if (error instanceof OperatorError) return null
  throw error
}

const isReasonMissing = (plan: Plan, reason: string | null): boolean =>
  plan.state === 'planned' && plan.tier !== 'T1' && (reason ?? '').trim() === ''

function holdOf(
  plan: Plan,
  chosen: { readonly selected_option?: { readonly value: string } | null | undefined } | undefined,
): number | null {
  if (plan.action !== 'pause') return null
  return readHoldChoice(chosen?.selected_option?.value, holdChoices(plan.queueTier, plan.holdMs))
}
