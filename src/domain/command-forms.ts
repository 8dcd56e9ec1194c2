/** One form of a command, as help shows it and suggestions draw on it. */
export interface CommandForm {
  readonly verb: string
  /** What follows the verb, e.g. `<queue> [for 30m]`. */
  readonly takes: string
  readonly about: string
}

/** The forms of the queue command, in the parts in which help shows them. */
export const QUEUE_PARTS: readonly {
  readonly title: string
  readonly forms: readonly CommandForm[]
}[] = [
  {
    title: 'Look',
    forms: [
      { verb: 'list', takes: '[name|glob|tier]', about: 'queues, alarming ones first' },
      { verb: 'status', takes: '[queue]', about: 'numbers, failures and holds of one queue' },
      {
        verb: 'failed',
        takes: '[queue] [filter]',
        about: 'failed jobs by what failed, and what helps',
      },
      { verb: 'jobs', takes: '[queue] [filter]', about: 'the jobs that a filter means' },
      { verb: 'job', takes: '[queue] <id>', about: 'everything about one job, redacted' },
      {
        verb: 'duplicates',
        takes: '[queue]',
        about: 'jobs in line that say the same as an earlier one',
      },
      { verb: 'corrupted', takes: '[queue]', about: 'jobs whose payload is no JSON' },
      { verb: 'vault', takes: '[queue|v7]', about: 'what is quarantined: whose, why, until when' },
      { verb: 'outcomes', takes: '<plan>', about: 'what became of the jobs of a plan, by reason' },
      { verb: 'held', takes: '', about: 'what is paused now, by whom, until when' },
      { verb: 'pending', takes: '', about: 'what waits for approval, or to be signed off' },
      {
        verb: 'audit',
        takes: '[queue|#incident|@person|plan:42] [since 7d]',
        about: 'who did what, when and why; newest first',
      },
      {
        verb: 'may',
        takes: '<action> [queue]',
        about: 'whether you may, by which role, and who else',
      },
    ],
  },
  {
    title: 'Stop and slow queues',
    forms: [
      {
        verb: 'pause',
        takes: '[queue|glob|tier:low] [for 30m [then 20/min]]',
        about: 'stop queues; asks before it acts',
      },
      {
        verb: 'resume',
        takes: '[queue|glob|tier:low]',
        about: 'let queues run again; asks before it acts',
      },
      {
        verb: 'throttle',
        takes: '[queue] <20/min|concurrency 2> [for 1h]',
        about: 'slow a queue; the former limits come back',
      },
      { verb: 'unthrottle', takes: '[queue]', about: 'end what slows it' },
    ],
  },
  {
    title: 'Act on jobs',
    forms: [
      {
        verb: 'quarantine',
        takes: '[queue] [filter]',
        about: 'take failed or waiting jobs out, into the vault',
      },
      {
        verb: 'release',
        takes: '<v7> [filter] [reset|as-it-was]',
        about: 'put jobs of the vault back in line',
      },
      {
        verb: 'replay',
        takes: '[queue|v7] [filter] [to <queue>] [canary 10|ramp 10,5%,100%] [20/min|50 at once]',
        about: 'run jobs again in waves, a few first; each wave is watched',
      },
      {
        verb: 'replay',
        takes: 'plan <plan>',
        about: 'what a halted replay left, or the rest after a canary',
      },
      { verb: 'discard', takes: '<v7> [filter]', about: 'delete what the vault holds, for good' },
      {
        verb: 'retry',
        takes: '[queue] [filter] [reset]',
        about: 'failed jobs in line again: one more try, or with `reset` all of them',
      },
      { verb: 'promote', takes: '[queue] [filter]', about: 'delayed jobs in line now' },
      {
        verb: 'move',
        takes: '[queue] [filter] to <queue|priority 5>',
        about: 'jobs to another queue, or another priority',
      },
      { verb: 'prioritize', takes: '[queue] [filter] to <5>', about: 'a new priority; 1 before 2' },
      {
        verb: 'clean',
        takes: '[queue] state:completed older:1h [forget]',
        about: 'clear old jobs away, into the vault',
      },
      {
        verb: 'drain',
        takes: '[queue] [forget]',
        about: 'empty a paused queue, into the vault',
      },
      {
        verb: 'unstick',
        takes: '[queue] [filter]',
        about: 'active jobs that no worker has any more',
      },
    ],
  },
  {
    title: 'Have a say',
    forms: [
      { verb: 'approve', takes: '<plan>', about: "say yes to somebody else's request" },
      { verb: 'reject', takes: '<plan>', about: 'say no to it; needs no reason' },
      { verb: 'withdraw', takes: '<plan>', about: 'take your own request back' },
      { verb: 'stop', takes: '<plan>', about: 'stop what is being carried out' },
      { verb: 'hold', takes: '<plan>', about: 'put nothing more of a replay in line' },
      { verb: 'go-on', takes: '<plan>', about: 'let a held replay go on' },
      { verb: 'promote', takes: 'plan <plan>', about: "begin a replay's next wave" },
      { verb: 'freeze', takes: '[reason]', about: 'stop every action of Spillway' },
      { verb: 'unfreeze', takes: '', about: 'allow actions again (also `freeze off`)' },
      { verb: 'help', takes: '', about: 'this list' },
    ],
  },
]

export const QUEUE_FORMS: readonly CommandForm[] = QUEUE_PARTS.flatMap(({ forms }) => forms)

export const INCIDENT_FORMS: readonly CommandForm[] = [
  { verb: 'list', takes: '', about: 'incidents that are not resolved' },
  { verb: 'status', takes: '[number]', about: 'where an incident stands, with its timeline' },
  { verb: 'ack', takes: '[number]', about: "you've got it: you lead" },
  {
    verb: 'verify',
    takes: '[number] [for 15m]',
    about: 'measure whether its queues have recovered',
  },
  { verb: 'resolve', takes: '[number]', about: 'close the incident' },
  { verb: 'help', takes: '', about: 'this list' },
]
