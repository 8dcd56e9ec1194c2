import type { ActionKind, Actor } from '../action.ts'
import type { JobState } from '../job.ts'
import type { QueueRef } from '../queue.ts'
import type { VaultJobState } from '../vault.ts'

/** What people look up in the vault; nothing of it holds a payload. */
export interface VaultReads {
  /** Sets in which the vault has, or had, a job of this id; newest first. */
  ofJob(ref: QueueRef, jobId: string): Promise<readonly VaultStay[]>
  /** Kept jobs of a set by type and error, most first; errors as they were, cut. */
  shares(setId: string, limit: number): Promise<readonly VaultShare[]>
  /** By which plans jobs left a set, the latest first. */
  exits(setId: string): Promise<readonly VaultExit[]>
  /** What each system's jobs take up in the vault, and how many came and went; systems that never had any are left out. */
  bySystem(): Promise<readonly VaultTotal[]>
}

/** A job's stay in a set. */
export interface VaultStay {
  readonly set: number
  readonly state: VaultJobState
  /** Where it was taken from. */
  readonly from: JobState
  readonly madeAt: Date
  readonly owner: Actor
  readonly newId: string | null
}

export interface VaultShare {
  readonly type: string
  /** Raw: redact it before it is shown. */
  readonly error: string | null
  readonly count: number
  readonly lastFailedAt: Date | null
}

export interface VaultExit {
  readonly plan: number
  readonly action: ActionKind
  readonly by: Actor
  readonly state: VaultJobState
  readonly count: number
  /** Null while it is under way. */
  readonly lastAt: Date | null
}

/** The states of a vault job from which it never returns. */
export type VaultWayOut = 'released' | 'discarded' | 'expired' | 'forgotten'

export interface VaultTotal {
  readonly system: string
  readonly held: number
  readonly sizeBytes: number
  /** When what is held longest came there; null where nothing is held. */
  readonly oldestAt: Date | null
  /** Jobs that were ever taken out of queues; it never falls. What was `forgotten` left as it came. */
  readonly entered: number
  /** Jobs by how they left for good; none of these ever falls. */
  readonly left: Readonly<Record<VaultWayOut, number>>
}
