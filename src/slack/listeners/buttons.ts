import type { ActionKind } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Button, ButtonPurpose } from '../../domain/message.ts'
import { queueKey } from '../../domain/queue.ts'
import { repeating, undoing } from '../../usecases/actions/undo-plan.ts'
import type { Conversation, ListenerContext } from './context.ts'
import { closeIncident, endCheck, takeLead } from './incident-command.ts'
import { isPlanWord, planNumberOf, sayToPlan } from './plan-buttons.ts'
import { openPlan, type Target } from './plan-modal.ts'
import { answerQueueCommand } from './queue-command.ts'

/** What a token stands for. Throws `stale_button` if it is unknown, `already_done` if it was used. */
export async function redeem({ deps }: ListenerContext, token: string): Promise<Button> {
  const button = await deps.store.now.buttons.byToken(token)
  if (button === null)
    throw new OperatorError(
      'stale_button',
      'This button is not known any more.',
      'Nothing was changed. The headline at the top of the room has current ones.',
    )
  if (button.spentAt !== null)
    throw new OperatorError(
      'already_done',
      `Too late: ${button.spentWords ?? 'this was done before'}.`,
      `Nothing was changed by this click.${otherwise(button.purpose, deps.settings.commands.queue)}`,
    )
  return button
}

/** What a replay left can be gone on with whether or not its button is spent. */
function otherwise(purpose: ButtonPurpose, command: string): string {
  const continues = purpose.kind === 'plan' ? purpose.jobs?.options.continues : undefined
  return continues === undefined
    ? ''
    : ` \`${command} replay plan ${continues}\` goes on with what that replay left.`
}

/** Buttons that open a preview; what they plan is in their row. */
export type PlanningButton = ActionKind | 'undo' | 'again' | 'plan' | 'rest'

/** The modal opens before the token is looked up, for its right lasts three seconds. */
export async function clickPlan(
  context: ListenerContext,
  talk: Conversation,
  click: { readonly name: PlanningButton; readonly token: string; readonly triggerId: string },
): Promise<void> {
  const button = redeem(context, click.token)
  // Awaited below, inside the modal; were it to fail first, nobody would be listening yet.
  button.catch(() => undefined)
  const { name } = click
  await openPlan(context, click.triggerId, {
    actor: talk.actor,
    action: actionOf(name),
    target: async () => targetOf(context, name, (await button).purpose),
  })
}

/** What the modal may say before the row is known; the row of some buttons alone knows what they plan. */
function actionOf(name: PlanningButton): ActionKind | null {
  if (name === 'rest') return 'replay'
  return name === 'undo' || name === 'again' || name === 'plan' ? null : name
}

async function targetOf(
  context: ListenerContext,
  name: PlanningButton,
  purpose: ButtonPurpose,
): Promise<Target> {
  if (purpose.kind === 'plan' && (purpose.action === actionOf(name) || name === 'plan')) {
    const { action, scope, refs, incidentId, holdMs, jobs = null, throttle = null } = purpose
    return { action, scope, refs, incidentId, holdMs, jobs, throttle }
  }
  if (purpose.kind === 'undo' && name === 'undo') return undoing(context.deps, purpose.planId)
  if (purpose.kind === 'again' && name === 'again') return repeating(context.deps, purpose.planId)
  throw wrongPurpose()
}

const wrongPurpose = (): OperatorError =>
  new OperatorError(
    'stale_button',
    'This button does not belong to its message.',
    'Nothing was changed.',
  )

async function clickOnPlan(
  context: ListenerContext,
  talk: Conversation,
  { kind, planId, wave }: Extract<ButtonPurpose, { readonly planId: string }>,
): Promise<void> {
  if (kind === 'outcomes') {
    const plan = await planNumberOf(context, planId)
    return answerQueueCommand(context, talk, { kind, plan })
  }
  if (!isPlanWord(kind)) throw wrongPurpose()
  return sayToPlan(context, talk, kind, { planId, ...(wave === undefined ? {} : { wave }) })
}

/** Every other button: what its row says, whatever the click claims. */
export async function clickButton(
  context: ListenerContext,
  talk: Conversation,
  token: string,
): Promise<void> {
  const { purpose } = await redeem(context, token)
  if ('planId' in purpose) return clickOnPlan(context, talk, purpose)
  switch (purpose.kind) {
    case 'ack':
      return takeLead(context, talk, purpose.incidentId)
    case 'resolve':
      return closeIncident(context, talk, purpose.incidentId)
    case 'status':
      return answerQueueCommand(context, talk, { kind: 'status', queue: queueKey(purpose) })
    case 'failed':
      return answerQueueCommand(context, talk, {
        kind: 'failed',
        queue: queueKey(purpose),
        filter: '',
      })
    case 'jobs': {
      const { filter, skip } = purpose
      const queue = queueKey(purpose)
      return answerQueueCommand(context, talk, { kind: 'jobs', queue, filter, skip })
    }
    case 'unfreeze':
      return answerQueueCommand(context, talk, { kind: 'unfreeze' })
    case 'stop_recovery':
      return endCheck(context, talk, purpose.recoveryId)
    case 'probe':
    case 'plan':
      throw wrongPurpose()
  }
}
