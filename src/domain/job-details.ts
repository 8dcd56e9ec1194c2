import type { FailureCluster } from './failure-cluster.ts'
import type { JobFacts, JobState } from './job.ts'
import type { Sampled } from './queue.ts'

/** A failed job as far as it matters for what failed. Texts as the queue has them. */
export interface FailedJob extends Pick<JobFacts, 'id' | 'type' | 'attempts' | 'error' | 'stack'> {
  readonly failedAt: Date | null
}

/** The clusters of a queue, most jobs first; `looked` and `total` count failed jobs. */
export interface FailureClusters extends Sampled<FailureCluster> {
  /** How many of those looked at match the filter. */
  readonly matched: number
  /** How many clusters there are, of which `items` may be the first. */
  readonly clusters: number
}

/** A job in one line of a list. */
export interface JobLine extends Pick<
  JobFacts,
  'id' | 'state' | 'type' | 'addedAt' | 'endedAt' | 'attempts' | 'priority'
> {
  /** Its error, redacted and normalised; null where it never failed. */
  readonly shape: string | null
}

/** Where a job was found. A hash that is in no list is a ghost: no worker will take it. */
export type JobWhereabouts = JobState | 'waiting_children' | 'nowhere' | 'unseen'

/** Everything about one job that is safe to show: texts are redacted and cut. */
export interface JobDetail {
  readonly id: string
  readonly type: string
  /** `unseen` where its line is too long to look through. */
  readonly where: JobWhereabouts
  /** Jobs that are taken before it; null where that has no meaning or was not looked for. */
  readonly ahead: number | null
  readonly addedAt: Date | null
  /** When a delayed job is due. */
  readonly dueAt: Date | null
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly attempts: number
  /** Null where the job does not say. */
  readonly maxAttempts: number | null
  readonly stalls: number
  readonly priority: number
  /** A worker has it locked now. */
  readonly isLocked: boolean
  readonly failure: JobFailure | null
  readonly data: string
  readonly dataBytes: number
  readonly progress: string | null
  readonly logs: { readonly last: readonly string[]; readonly total: number }
  readonly parent: { readonly queue: string; readonly id: string } | null
  readonly children: { readonly waiting: number; readonly done: number; readonly failed: number }
  readonly deduplicationId: string | null
  readonly scheduler: string | null
}

interface JobFailure {
  /** As `/queue failed` calls its cluster. */
  readonly cluster: string
  readonly error: string
  /** The first frames of its last stack. */
  readonly frames: readonly string[]
}
