import type { Actor, Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { holdChoices, worstTier } from '../../domain/plan.ts'
import type { PlanView } from '../../domain/views.ts'
import { confirmPlan } from '../../usecases/actions/confirm-plan.ts'
import { bareCard, planCardView } from '../../usecases/actions/plan-card.ts'
import { readHoldChoice } from '../render/plan-inputs.ts'
import { outcomeModal, planModal } from '../render/plan-modal.ts'
import type { ListenerContext } from './context.ts'
import { problemModal, showView, untilOver } from './plan-modal.ts'
import type { Submission } from './submission.ts'

/** How long the modal stays with an execution; afterwards the room tells. */
const WATCH_MS = 20_000

/** Confirms the plan of a submitted modal and shows in the modal how it went. */
export async function submitPlan(
  context: ListenerContext,
  actor: Actor,
  submission: Submission,
): Promise<void> {
  const { deps } = context
  const { planId, reason, phrase, isBreakGlass, viewId, action } = submission
  try {
    const plan = await deps.store.now.plans.byId(planId)
    const chosen = plan === null ? {} : { holdMs: holdOf(plan, submission.hold) }
    const given = { planId, actor, reason, phrase, isBreakGlass, ...chosen }
    const confirmed = await confirmPlan(deps, given)
    await (confirmed.kind === 'drifted'
      ? showDrifted(context, submission, confirmed.view)
      : showView(context, viewId, await outcomeOf(context, submission, confirmed.plan)))
  } catch (error) {
    const failure = inDoubt(error)
    // Who closed the modal was told that the outcome would come: it does, as a message.
    const showing = await showView(context, viewId, problemModal(context, action, failure))
    if (showing !== 'shown') throw failure
  }
}

/** Throws `plan_drifted` where nobody sees the new preview: a modal that is gone cannot be confirmed. */
async function showDrifted(
  context: ListenerContext,
  { viewId, reason }: Submission,
  view: PlanView,
): Promise<void> {
  const modal = planModal(view, context.locale, reason)
  if ((await showView(context, viewId, modal)) === 'shown') return
  throw new OperatorError(
    'plan_drifted',
    `What you confirmed no longer holds: ${view.drift ?? 'it changed meanwhile.'}`,
    'Nothing was changed. Ask again to see it as it is now.',
  )
}

async function outcomeOf(context: ListenerContext, { places }: Submission, plan: Plan) {
  const { deps, locale } = context
  try {
    const isWaiting = plan.state === 'requested'
    const over = isWaiting ? plan : await untilOver(context, plan.id, WATCH_MS)
    return outcomeModal(await planCardView(deps, over ?? plan), locale, places)
  } catch {
    // It is confirmed: that the database is slow to tell how it went changes nothing.
    return outcomeModal(bareCard(plan, deps.clock.now()), locale, places)
  }
}

const holdOf = (plan: Plan, chosen: string | null): number | null =>
  plan.action === 'pause' || plan.action === 'throttle'
    ? readHoldChoice(chosen, holdChoices(worstTier(plan.queues), plan.holdMs))
    : null

/** The answer to the confirmation was lost, not necessarily the confirmation. */
const inDoubt = (error: unknown): unknown =>
  error instanceof OperatorError && error.code === 'database_unreachable'
    ? new OperatorError(
        'database_unreachable',
        error.message,
        'Your confirmation may have been recorded; then it is carried out, once, when the database is back, and posted in the room or the ops channel. Look at the status before you try again.',
        error,
      )
    : error
