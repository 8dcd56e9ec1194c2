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
  /** What becomes of the queue: it stops, it goes on, or jobs leave it for the vault. */
  readonly icon: 'stop' | 'go' | 'vault'
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
  throttle: {
    noun: 'Throttle',
    verb: 'throttle',
    past: 'throttled',
    present: 'throttling',
    icon: 'stop',
    undo: { action: 'unthrottle', label: 'Undo: full speed…' },
  },
  unthrottle: {
    noun: 'End of the throttle',
    verb: 'unthrottle',
    past: 'unthrottled',
    present: 'unthrottling',
    icon: 'go',
    undo: null,
  },
  quarantine: {
    noun: 'Quarantine',
    verb: 'quarantine',
    past: 'quarantined',
    present: 'quarantining',
    icon: 'vault',
    undo: { action: 'release', label: 'Undo: put back…' },
  },
  release: {
    noun: 'Release',
    verb: 'release',
    past: 'released',
    present: 'releasing',
    icon: 'go',
    undo: null,
  },
  replay: {
    noun: 'Replay',
    verb: 'replay',
    past: 'replayed',
    present: 'replaying',
    icon: 'go',
    undo: null,
  },
  discard: {
    noun: 'Discard',
    verb: 'discard',
    past: 'discarded',
    present: 'discarding',
    icon: 'vault',
    undo: null,
  },
  retry: {
    noun: 'Retry',
    verb: 'retry',
    past: 'retried',
    present: 'retrying',
    icon: 'go',
    undo: null,
  },
  promote: {
    noun: 'Promotion',
    verb: 'promote',
    past: 'promoted',
    present: 'promoting',
    icon: 'go',
    undo: null,
  },
  move: {
    noun: 'Move',
    verb: 'move',
    past: 'moved',
    present: 'moving',
    icon: 'go',
    undo: null,
  },
  prioritize: {
    noun: 'New priority',
    verb: 'prioritize',
    past: 'prioritized',
    present: 'prioritizing',
    icon: 'go',
    undo: null,
  },
  clean: {
    noun: 'Cleaning',
    verb: 'clean',
    past: 'cleaned',
    present: 'cleaning',
    icon: 'vault',
    undo: { action: 'release', label: 'Undo: put back…' },
  },
  drain: {
    noun: 'Drain',
    verb: 'drain',
    past: 'drained',
    present: 'draining',
    icon: 'vault',
    undo: { action: 'release', label: 'Undo: put back…' },
  },
  unstick: {
    noun: 'Unsticking',
    verb: 'unstick',
    past: 'unstuck',
    present: 'unsticking',
    icon: 'go',
    undo: null,
  },
}

/** `` `sales/email` ``, `` 1,310 jobs of `sales/email` ``, or `` 12 queues (`tier:low`) ``. */
export function subjectOf(plan: Pick<Plan, 'queues' | 'scope' | 'jobs'>): string {
  const [first] = plan.queues
  const jobs = plan.jobs === null ? '' : `${plural(plan.jobs.count, 'job')} of `
  return `${jobs}${queuesOf(plan, first)}`
}

function queuesOf(
  plan: Pick<Plan, 'queues' | 'scope'>,
  first: Plan['queues'][number] | undefined,
): string {
  return plan.queues.length === 1 && first !== undefined
    ? `\`${queueKey(first.ref)}\``
    : `${plural(plan.queues.length, 'queue')} (\`${plan.scope.replaceAll('`', "'")}\`)`
}

/** `pause of `sales/email``, within a sentence. */
export const titleOf = (plan: Pick<Plan, 'queues' | 'scope' | 'action' | 'jobs'>): string =>
  `${ACTION_WORDS[plan.action].noun.toLowerCase()} of ${subjectOf(plan)}`
