import type { Plan } from './action.ts'
import type { FailureCluster } from './failure-cluster.ts'
import type { JobAccount, JobAccountKind } from './job-accounts.ts'
import type { FailureClusters, JobDetail, JobLine } from './job-details.ts'
import type { SkipReason } from './job.ts'
import type { VaultExit, VaultStay } from './ports/vault-reads.ts'
import type { QueueRef } from './queue.ts'
import type { Remedy } from './remedy.ts'
import type { VaultSet } from './vault.ts'
import type { Tokens } from './views.ts'

/** Failed jobs by what failed. */
export interface ClustersView {
  readonly ref: QueueRef
  /** In the filter's words; empty for all. */
  readonly filter: string
  readonly groups: readonly ClusterGroup[]
  readonly numbers: Omit<FailureClusters, 'items'>
  /** The rest is being looked at, and another answer follows. */
  readonly isFirstLook: boolean
  readonly at: Date
}

export interface ClusterGroup {
  readonly cluster: FailureCluster
  readonly remedy: Remedy | null
  readonly tokens: Tokens
}

/** A page of jobs. */
export interface JobsView {
  readonly ref: QueueRef
  readonly filter: string
  readonly lines: readonly JobLine[]
  /** How many matching ones come before the first line. */
  readonly skipped: number
  /** How many match; with `isMore`, so many at least. */
  readonly matched: number
  readonly isMore: boolean
  readonly looked: number
  /** The filter under which these jobs could be quarantined; null where it would not be these. */
  readonly takenBy: string | null
  readonly tokens: Tokens
  readonly at: Date
}

/** One job, where it is now and where it was. */
export interface JobView {
  readonly ref: QueueRef
  readonly id: string
  /** Null where the queue has none of this id. */
  readonly detail: JobDetail | null
  readonly stays: readonly VaultStay[]
  readonly at: Date
}

/** Sets of the vault, newest first. */
export interface VaultView {
  /** Null for all queues. */
  readonly ref: QueueRef | null
  readonly sets: readonly VaultSet[]
  /** There are more than are shown. */
  readonly isCut: boolean
  readonly totals: { readonly held: number; readonly sizeBytes: number; readonly sets: number }
  readonly at: Date
}

/** What became of the jobs of a plan. */
export interface OutcomesView {
  readonly plan: Plan
  readonly groups: readonly OutcomeGroup[]
  readonly at: Date
}

/** Jobs of a plan with one outcome, and one reason where they were skipped. */
export interface OutcomeGroup {
  readonly outcome: JobAccountKind
  readonly reason: SkipReason | null
  readonly count: number
  /** The first of them, in the order of the plan. */
  readonly first: readonly JobAccount[]
}

/** One set of the vault in detail. */
export interface VaultSetView {
  readonly set: VaultSet
  /** Kept jobs by type and normalised error, most first. */
  readonly shares: readonly VaultSetShare[]
  /** A few of the jobs that are held, each with the state from which it was taken. */
  readonly sample: readonly JobLine[]
  readonly exits: readonly VaultExit[]
  readonly tokens: Tokens
  readonly at: Date
}

export interface VaultSetShare {
  readonly type: string
  /** Redacted and normalised; null where the jobs had not failed. */
  readonly shape: string | null
  readonly count: number
  readonly lastFailedAt: Date | null
}
