import type { ActionKind } from '../../domain/action.ts'
import { isJobAction } from '../../domain/job-actions.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { plural } from '../../domain/text.ts'
import { actions, message, section, type Rendered } from './elements.ts'
import { code, queueName } from './mrkdwn.ts'
import { verbOf } from './plan-words.ts'

interface Proposal {
  readonly action: ActionKind
  /** What was asked for, in the person's words. */
  readonly scope: string
  readonly refs: readonly QueueRef[]
  readonly token: string
}

function question({ action, scope, refs }: Proposal): string {
  const [first] = refs
  const what =
    refs.length === 1 && first !== undefined
      ? queueName(first)
      : `${plural(refs.length, 'queue')} (${code(scope)})`
  return `${verbOf({ action })} ${isJobAction(action) ? 'jobs of ' : ''}${what}?`
}

/** Where a modal cannot be opened, the way to it: nothing happens before it is confirmed there. */
export const renderProposal = (proposal: Proposal): Rendered =>
  message(
    question(proposal),
    section(`*${question(proposal)}* The button shows what would happen and asks you to confirm.`),
    actions({ plan: proposal.token }, ['plan'], { plan: `${verbOf(proposal)}…` }),
  )
