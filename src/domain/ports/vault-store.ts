import type { JobEnd, JobState, SkipReason } from '../job.ts'
import type { QueueRef } from '../queue.ts'
import type { VaultJob, VaultSet } from '../vault.ts'
import type { JobCopy, PutJob } from './job-operator.ts'

/** A part of a plan's jobs on one queue: its checkpoint. */
export interface Slice {
  /** Counts from 0 over all of a plan's queues. */
  readonly position: number
  readonly ref: QueueRef
  readonly state: JobState
  /** Ids in the queue, or, where the jobs are in the vault, ids of vault rows in decimal. */
  readonly ids: readonly string[]
  /** Of a replay: the wave that it belongs to, from 0. */
  readonly wave?: number
  /** Of a replay, whose jobs may be in both: its ids are those of vault rows. */
  readonly isInVault?: boolean
  /** Null until it is over. */
  readonly end: SliceEnd | null
  readonly isBegun: boolean
}

/** What became of a slice: whoever is in none of the lists was done. */
export interface SliceEnd {
  readonly state: 'done' | 'returned'
  readonly skipped: Readonly<Partial<Record<SkipReason, readonly string[]>>>
  /** Those that got another id: old to new. */
  readonly renamed: Readonly<Record<string, string>>
}

/** Jobs of a plan by what became of them; `open` is 0 once it is over. */
export interface JobAccounts {
  readonly planned: number
  readonly done: number
  readonly skipped: number
  readonly returned: number
  readonly open: number
  readonly reasons: Readonly<Partial<Record<SkipReason, number>>>
}

/** A plan's jobs, in slices. */
export interface Slices {
  add(planId: string, slices: readonly Omit<Slice, 'end' | 'isBegun'>[]): Promise<void>
  /** The next ones of this queue that are not over, in order. */
  open(planId: string, ref: QueueRef, limit: number): Promise<readonly Slice[]>
  /** Right before a slice's first change: marks it as begun and renews the lease; false if the fence is lost. */
  begin(
    planId: string,
    fence: number,
    position: number,
    now: Date,
    leaseMs: number,
  ): Promise<boolean>
  /** Demands the plan's fence, and notes on the plan that it made progress; false if it is lost, or the slice was over. */
  end(planId: string, fence: number, position: number, end: SliceEnd, now: Date): Promise<boolean>
  /** All of this queue that were not begun become `returned`; a begun one stays open, in doubt. Demands the fence. */
  returnAll(planId: string, fence: number, ref: QueueRef, now: Date): Promise<void>
  /** Begun, not over, of plans that are over. */
  inDoubt(limit: number): Promise<readonly { readonly planId: string; readonly slice: Slice }[]>
  /** A new fence of a plan that is over, for settling what it left in doubt; null if it is not over. */
  refence(planId: string): Promise<number | null>
  accounts(planId: string, ref: QueueRef | null): Promise<JobAccounts>
  /** For the export of outcomes, in order, after this position. */
  page(planId: string, after: number, limit: number): Promise<readonly Slice[]>
  /** At most so many of those whose jobs are in a queue, spread evenly over the whole plan, in order. */
  spread(planId: string, limit: number): Promise<readonly Slice[]>
}

/** What a set is made with; its number and counts come from the store. */
export type NewVaultSet = Pick<
  VaultSet,
  | 'id'
  | 'planId'
  | 'ref'
  | 'tier'
  | 'incidentId'
  | 'owner'
  | 'label'
  | 'reason'
  | 'madeAt'
  | 'keptUntil'
>

/** Where quarantined jobs live. Rows go `copied` → `held` → `releasing` → `released`, and the database refuses every other way. */
export interface Vault {
  /** Once per plan and queue: gives the one that exists. */
  openSet(set: NewVaultSet): Promise<VaultSet>
  set(id: string): Promise<VaultSet | null>
  setByNumber(number: number): Promise<VaultSet | null>
  setsOfPlan(planId: string): Promise<readonly VaultSet[]>
  /** Newest first; `isHolding` leaves out those that hold nothing any more. */
  sets(query: {
    readonly ref: QueueRef | null
    readonly isHolding: boolean
    readonly limit: number
  }): Promise<readonly VaultSet[]>
  /**
   * Adds copies as `copied`, replacing earlier copies of the same jobs that are still `copied`. Demands the
   * plan's fence: false, and nothing is added, if it is lost. `forgets` keeps no content.
   */
  copyIn(
    setId: string,
    fence: number,
    copies: readonly JobCopy[],
    options: { readonly forgets: boolean },
  ): Promise<boolean>
  /** Ids of jobs of this set that are `copied`, among these. */
  copied(setId: string, jobIds: readonly string[]): Promise<readonly string[]>
  /** Copied → held (or forgotten) for these; every other copied row among `of` is dropped: the queue has the job. */
  settleCopies(setId: string, of: readonly string[], taken: readonly string[]): Promise<void>
  /** Rows by their ids, in whatever state, in the order in which they were taken. */
  rows(rowIds: readonly number[]): Promise<readonly VaultJob[]>
  /** Rows of these jobs of a set, in whatever state. */
  rowsOf(setId: string, jobIds: readonly string[]): Promise<readonly VaultJob[]>
  /** Held jobs, in the order in which they were taken, for a filter to choose from. `after` is a row id. With payload and stack only if asked. */
  held(
    setId: string,
    query: { readonly after: number; readonly limit: number; readonly withContent: boolean },
  ): Promise<readonly { readonly job: VaultJob; readonly content: string | null }[]>
  /** Held → releasing for this plan, or found so; gives what is to be put. Rows of other plans or states are left out. Null if the fence is lost. */
  claim(
    planId: string,
    fence: number,
    rowIds: readonly number[],
  ): Promise<readonly (PutJob & { readonly ref: QueueRef; readonly from: JobState })[] | null>
  /** Releasing → released for those done, → held for the others. `ends` name row ids. */
  settleReleases(planId: string, ends: readonly JobEnd[], now: Date): Promise<void>
  /** Held → discarded: content and payload are deleted, metadata and the payload's hash stay. Gives which; null if the fence is lost. */
  discard(
    planId: string,
    fence: number,
    rowIds: readonly number[],
    now: Date,
  ): Promise<readonly number[] | null>
  /** Sets whose time is over: content deleted, held rows → expired. */
  expire(now: Date, limit: number): Promise<readonly VaultSet[]>
  /** Sets that end before `before` and hold something, of which nobody was warned; marks them. */
  warn(before: Date, now: Date): Promise<readonly VaultSet[]>
  totals(): Promise<{
    readonly held: number
    readonly sizeBytes: number
    readonly oldestAt: Date | null
    readonly sets: number
  }>
}
