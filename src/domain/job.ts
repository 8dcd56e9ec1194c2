/** Where a job is. `waiting` includes the legacy paused list of BullMQ 4 and 5. */
export const JOB_STATES = [
  'waiting',
  'prioritized',
  'delayed',
  'active',
  'failed',
  'completed',
] as const
export type JobState = (typeof JOB_STATES)[number]

/** What a filter can look at. Texts as the queue has them: never show `error`, `frame` or `data` unredacted. */
export interface JobFacts {
  readonly id: string
  readonly state: JobState
  readonly type: string
  readonly addedAt: Date | null
  /** When it completed or failed. */
  readonly endedAt: Date | null
  /** How often it was tried. */
  readonly attempts: number
  /** BullMQ's: 0 is none, then lower goes first. */
  readonly priority: number
  /** Null where it never failed, or was not read. */
  readonly error: string | null
  /** The stack of its last failure, cut; null where it has none, or was not read. */
  readonly stack: string | null
  /** JSON as stored; null where it was not read. */
  readonly data: string | null
}

/** Why a planned job was left as it is. */
export const SKIP_REASONS = [
  'gone',
  'moved',
  'changed',
  'active',
  'child',
  'parent',
  'deduplicates',
  'scheduled',
  'id_taken',
  'too_large',
  'unreadable',
  'not_held',
  'no_room',
  'kept',
  'untouched',
] as const
export type SkipReason = (typeof SKIP_REASONS)[number]

/** How each reason is said, after a number of jobs: "3 are no longer there". */
export const SKIP_WORDS: Readonly<Record<SkipReason, string>> = {
  gone: 'no longer in the queue',
  moved: 'in another state by now',
  changed: 'changed while they were copied',
  active: 'in the hands of a worker',
  child: 'part of a flow whose parent waits for them',
  parent: 'the parent of a flow',
  deduplicates: 'the owner of a deduplication key',
  scheduled: 'the next run of a job scheduler',
  id_taken: 'in the queue under the same id already',
  too_large: 'larger than can be moved without blocking the system',
  unreadable: 'not readable as jobs',
  not_held: 'not held by the vault any more',
  no_room: 'beyond the limit',
  kept: 'in the vault still: the other queue did not take them',
  untouched: 'not touched before it was given up',
}

/** How one job's part of a slice ended. */
export interface JobEnd {
  readonly id: string
  /** Null when it was done. */
  readonly skipped: SkipReason | null
  /** The id it has now, where it could not keep its own. */
  readonly newId?: string
}

/** Planned jobs of one queue in one state, in the order in which they are dealt with. */
export interface JobGroup {
  readonly state: JobState
  readonly ids: readonly string[]
}
