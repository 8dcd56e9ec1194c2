import type { Actor, Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { holdChoices } from '../../domain/plan.ts'
import { confirmPlan } from '../../usecases/actions/confirm-plan.ts'
import { outcomeModal, readHoldChoice } from '../render/plan-modal.ts'
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
  const { planId, reason, viewId, action } = submission
  try {
    const plan = await deps.store.now.plans.byId(planId)
    const chosen = plan === null ? {} : { holdMs: holdOf(plan, submission.hold) }
    const confirmed = await confirmPlan(deps, { planId, actor, reason, ...chosen })
    // It is confirmed: that the database is slow to tell how it went changes nothing.
    const over = await untilOver(context, confirmed.id, WATCH_MS).catch(() => null)
    await showView(context, viewId, outcomeModal(over ?? confirmed))
  } catch (error) {
    const failure = inDoubt(error)
    // Who closed the modal was told that the outcome would come: it does, as a message.
    if (!(await showView(context, viewId, problemModal(context, action, failure)))) throw failure
  }
}

const holdOf = (plan: Plan, chosen: string | null): number | null =>
  plan.action === 'pause' ? readHoldChoice(chosen, holdChoices(plan.queueTier, plan.holdMs)) : null

/** The answer to the confirmation was lost, not necessarily the confirmation. */
const inDoubt = (error: unknown): unknown =>
  error instanceof OperatorError && error.code === 'database_unreachable'
    ? new OperatorError(
        'database_unreachable',
        error.message,
        'Your confirmation may have been recorded; then it is carried out, once, when the database is back, and posted in the room. Look at the status before you try again.',
        error,
      )
    : error
