import type { Actor } from './action.ts'
import type { JobFacts, JobState } from './job.ts'
import type { QueueRef, QueueTier } from './queue.ts'

/**
 * A job of the vault: `copied` while the queue may still have it, `held` once the vault alone has it,
 * `releasing` while it is put back, then `released`; or `discarded`, `expired` (both without content), or
 * `forgotten` (never had content kept).
 */
export type VaultJobState =
  | 'copied'
  | 'held'
  | 'releasing'
  | 'released'
  | 'discarded'
  | 'expired'
  | 'forgotten'

/** Jobs that one plan took out of one queue. */
export interface VaultSet {
  readonly id: string
  /** What people call it: vault 7, `v7`. */
  readonly number: number
  readonly planId: string
  readonly ref: QueueRef
  readonly tier: QueueTier
  readonly incidentId: number | null
  readonly owner: Actor
  /** Which jobs, in the filter's words. */
  readonly label: string
  readonly reason: string | null
  readonly madeAt: Date
  /** Content is deleted after this; null keeps it until somebody acts. */
  readonly keptUntil: Date | null
  readonly counts: Readonly<Record<VaultJobState, number>>
  /** Of content that is kept. */
  readonly sizeBytes: number
  /** Added or failed first, of those held; null when none is. */
  readonly oldestAt: Date | null
}

/** One job of a set, without its content. */
export interface VaultJob {
  readonly id: number
  readonly jobId: string
  readonly state: VaultJobState
  /** Where it was taken from. */
  readonly from: JobState
  readonly facts: Omit<JobFacts, 'data' | 'stack'>
  readonly payloadHash: string
  readonly digest: string
  readonly sizeBytes: number
  /** The id under which it went back, where it could not keep its own. */
  readonly newId: string | null
}
