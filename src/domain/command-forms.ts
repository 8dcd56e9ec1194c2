/** One form of a command, as help shows it and suggestions draw on it. */
export interface CommandForm {
  readonly verb: string
  /** What follows the verb, e.g. `<queue> [for 30m]`. */
  readonly takes: string
  readonly about: string
}

export const QUEUE_FORMS: readonly CommandForm[] = [
  { verb: 'list', takes: '[name|glob|tier]', about: 'queues, alarming ones first' },
  { verb: 'status', takes: '[queue]', about: 'numbers, failures and holds of one queue' },
  { verb: 'failed', takes: '[queue]', about: 'failed jobs grouped by error' },
  {
    verb: 'pause',
    takes: '[queue|glob|tier:low] [for 30m]',
    about: 'stop queues; asks before it acts',
  },
  {
    verb: 'resume',
    takes: '[queue|glob|tier:low]',
    about: 'let queues run again; asks before it acts',
  },
  { verb: 'held', takes: '', about: 'what is paused now, by whom, until when' },
  { verb: 'pending', takes: '', about: 'what waits for approval, or to be signed off' },
  { verb: 'approve', takes: '<plan>', about: "say yes to somebody else's request" },
  { verb: 'reject', takes: '<plan>', about: 'say no to it; needs no reason' },
  { verb: 'withdraw', takes: '<plan>', about: 'take your own request back' },
  { verb: 'stop', takes: '<plan>', about: 'stop what is being carried out' },
  {
    verb: 'audit',
    takes: '[queue|#incident|@person|plan:42] [since 7d]',
    about: 'who did what, when and why; newest first',
  },
  { verb: 'may', takes: '<action> [queue]', about: 'whether you may, by which role, and who else' },
  { verb: 'freeze', takes: '[reason]', about: 'stop every action of Spillway' },
  { verb: 'unfreeze', takes: '', about: 'allow actions again (also `freeze off`)' },
  { verb: 'help', takes: '', about: 'this list' },
]

export const INCIDENT_FORMS: readonly CommandForm[] = [
  { verb: 'list', takes: '', about: 'incidents that are not resolved' },
  { verb: 'status', takes: '[number]', about: 'where an incident stands, with its timeline' },
  { verb: 'ack', takes: '[number]', about: "you've got it: you lead" },
  { verb: 'resolve', takes: '[number]', about: 'close the incident' },
  { verb: 'help', takes: '', about: 'this list' },
]
