import type { ActionKind, Plan } from './action.ts'
import { queueKey } from './queue.ts'
import { plural } from './text.ts'

/** How people say an action: one place, so that a card, a refusal and the audit trail say the same. */
interface ActionWords {
  /** `Pause` of a queue. */
  readonly noun: string
  readonly verb: string
  /** `paused` by somebody. */
  readonly past: string
  readonly present: string
  readonly icon: 'stop' | 'go'
  /** The action that takes it back, and what its button says. */
  readonly undo: { readonly action: ActionKind; readonly label: string } | null
}

export const ACTION_WORDS: Readonly<Record<ActionKind, ActionWords>> = {
  pause: {
    noun: 'Pause',
    verb: 'pause',
    past: 'paused',
    present: 'pausing',
    icon: 'stop',
    undo: { action: 'resume', label: 'Undo: resume…' },
  },
  resume: {
    noun: 'Resume',
    verb: 'resume',
    past: 'resumed',
    present: 'resuming',
    icon: 'go',
    undo: { action: 'pause', label: 'Undo: pause…' },
  },
}

/** `` `sales/email` ``, or `` 12 queues (`tier:low`) ``. */
export function subjectOf(plan: Pick<Plan, 'queues' | 'scope'>): string {
  const [first] = plan.queues
  return plan.queues.length === 1 && first !== undefined
    ? `\`${queueKey(first.ref)}\``
    : `${plural(plan.queues.length, 'queue')} (\`${plan.scope.replaceAll('`', "'")}\`)`
}

/** `pause of `sales/email``, within a sentence. */
export const titleOf = (plan: Pick<Plan, 'queues' | 'scope' | 'action'>): string =>
  `${ACTION_WORDS[plan.action].noun.toLowerCase()} of ${subjectOf(plan)}`
