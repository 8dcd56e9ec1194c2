import type { FailureCluster } from './failure-cluster.ts'
import type { Throttle } from './throttle.ts'

/** A named queue in a system, written `system/queue`. Queue names hold any character, colons too. */
export interface QueueRef {
  readonly system: string
  readonly queue: string
}

/** How urgent a queue is to the business; it decides how cautious an action on it must be. */
export type QueueTier = 'critical' | 'high' | 'medium' | 'low'

/** Jobs by state. `paused` is the legacy list of BullMQ 4 and 5; those jobs wait as the others do. */
export interface Counts {
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  readonly prioritized: number
  readonly failed: number
  readonly completed: number
  readonly waitingChildren: number
  readonly paused: number
}

/** What one pass over all queues tells of each. */
export interface QueueOverview {
  readonly ref: QueueRef
  /** False when nothing of the queue exists: then its zeros were not measured, and nothing may act on it. */
  readonly isKnown: boolean
  readonly counts: Counts
  /** The queue's own pause flag, whoever set it. */
  readonly isPaused: boolean
  /** The queue's own limits, whoever set them. */
  readonly throttle: Throttle
  /** Connected workers; null where the system cannot tell. */
  readonly workers: number | null
  /** When the job next in line was added; null when nothing waits. */
  readonly oldestWaitingAt: Date | null
  /** Jobs in the legacy paused list while the flag is absent: no worker will ever take them. */
  readonly stranded: number
  /** Version that last wrote the queue's metadata, a hint only, e.g. `bullmq:5.79.4`. */
  readonly libraryVersion: string | null
}

/** The share of one job type among waiting or failed jobs. */
export interface TypeShare {
  readonly type: string
  readonly count: number
}

/** A list of what was seen, with how much of the whole was looked at. */
export interface Sampled<T> {
  readonly items: readonly T[]
  readonly looked: number
  readonly total: number
  readonly isExact: boolean
}

export interface QueueDetail {
  readonly overview: QueueOverview
  readonly waitingTypes: Sampled<TypeShare>
  readonly failures: Sampled<FailureCluster>
}

/** A job that waits. The data is redacted and cut already. */
export interface JobSample {
  readonly id: string
  readonly type: string
  /** Null where the job does not say. */
  readonly addedAt: Date | null
  /** How often it was tried before. */
  readonly attempts: number
  readonly data: string
  /** How it failed last, in one redacted line; absent where it did not. */
  readonly error?: string
}

/**
 * How fast a queue was worked off lately. A job counts when it leaves for good, completed or failed; one
 * that is removed as it ends leaves no trace, so the true rate may be higher.
 */
export interface WorkRate {
  /** Above 0. */
  readonly perMinute: number
  /** Jobs that were counted. */
  readonly over: number
  /** The time in which they were counted. */
  readonly sinceMs: number
}

/** What a plan shows of a queue beside its counts. */
export interface PlanFacts {
  /** Of what waits. */
  readonly types: Sampled<TypeShare>
  /** Up to three jobs, in the order in which workers take them once the queue runs. */
  readonly sample: readonly JobSample[]
  /** Null when nothing tells: jobs are removed as they complete, or none completed within the hour. */
  readonly rate: WorkRate | null
  /** Connected workers; null where the system cannot tell. */
  readonly workers: number | null
}

/** What of a system a person can see before trusting a number: does it answer, how full is it. */
export interface SystemHealth {
  readonly system: string
  readonly isReachable: boolean
  readonly pingMs: number | null
  readonly version: string | null
  readonly usedMemoryBytes: number | null
  readonly maxMemoryBytes: number | null
  readonly maxMemoryPolicy: string | null
  readonly problem: string | null
}

/** Whether a pause was proven to hold, as observed after it was set. */
export type HoldProof = 'held' | 'set_not_proven' | 'not_held'

/** Whether a queue was seen to run again, as observed after it was resumed. */
export type RunProof = 'running' | 'set_not_proven' | 'paused_again'

/** How the pause of a queue can lose jobs or fail to hold, from what is known of its writers. */
export interface PauseHazard {
  readonly code:
    | 'v4_workers_ignore_flag'
    | 'mixed_writers'
    | 'foreign_resume'
    | 'stranded_jobs'
    | 'version_unknown'
  readonly explanation: string
}

export const queueKey = (ref: QueueRef): string => `${ref.system}/${ref.queue}`

export const isSameQueue = (a: QueueRef, b: QueueRef): boolean =>
  a.system === b.system && a.queue === b.queue

/** Jobs that a worker could take now or once the queue resumes. */
export const backlog = (counts: Counts): number =>
  counts.waiting + counts.prioritized + counts.paused
