import type { ActionKind } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Button } from '../../domain/message.ts'
import type { Conversation, ListenerContext } from './context.ts'
import { closeIncident, takeLead } from './incident-command.ts'
import { openPlan } from './plan-modal.ts'
import { answerQueueCommand } from './queue-command.ts'

/** What a token stands for. Throws `stale_button` if it is unknown, `already_done` if it was used. */
async function redeem({ deps }: ListenerContext, token: string): Promise<Button> {
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
      'Nothing was changed by this click.',
    )
  return button
}

/** Pause or resume: the modal opens before the token is looked up, for its right lasts three seconds. */
export async function clickPlan(
  context: ListenerContext,
  talk: Conversation,
  click: { readonly action: ActionKind; readonly token: string; readonly triggerId: string },
): Promise<void> {
  const button = redeem(context, click.token)
  // Awaited below, inside the modal; were it to fail first, nobody would be listening yet.
  button.catch(() => undefined)
  await openPlan(context, click.triggerId, {
    actor: talk.actor,
    action: click.action,
    async target() {
      const { purpose } = await button
      if (purpose.kind !== 'plan' || purpose.action !== click.action) throw wrongPurpose()
      const { system, queue, incidentId, holdMs } = purpose
      return { ref: { system, queue }, incidentId, holdMs }
    },
  })
}

const wrongPurpose = (): OperatorError =>
  new OperatorError(
    'stale_button',
    'This button does not belong to its message.',
    'Nothing was changed.',
  )

/** Every other button: what its row says, whatever the click claims. */
export async function clickButton(
  context: ListenerContext,
  talk: Conversation,
  token: string,
): Promise<void> {
  const { purpose } = await redeem(context, token)
  switch (purpose.kind) {
    case 'ack':
      return takeLead(context, talk, purpose.incidentId)
    case 'resolve':
      return closeIncident(context, talk, purpose.incidentId)
    case 'status':
    case 'failed': {
      const queue = `${purpose.system}/${purpose.queue}`
      return answerQueueCommand(context, talk, { kind: purpose.kind, queue })
    }
    case 'unfreeze':
      return answerQueueCommand(context, talk, { kind: 'unfreeze' })
    case 'plan':
      throw wrongPurpose()
  }
}
