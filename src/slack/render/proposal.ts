import type { ActionKind } from '../../domain/action.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { actions, message, section, type Rendered } from './elements.ts'
import { queueName } from './mrkdwn.ts'

const QUESTIONS: Readonly<Record<ActionKind, string>> = {
  pause: 'Pause',
  resume: 'Resume',
}

/** Where a modal cannot be opened, the way to it: nothing happens before it is confirmed there. */
export const renderProposal = (proposal: {
  readonly action: ActionKind
  readonly ref: QueueRef
  readonly token: string
}): Rendered =>
  message(
    `${QUESTIONS[proposal.action]} ${queueName(proposal.ref)}?`,
    section(
      `*${QUESTIONS[proposal.action]} ${queueName(proposal.ref)}?* The button shows what would happen and asks you to confirm.`,
    ),
    actions({ [proposal.action]: proposal.token }, [proposal.action]),
  )
