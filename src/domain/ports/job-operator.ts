import type { JobFilter } from '../job-filter.ts'
import type { JobEnd, JobFacts, JobGroup, JobState, SkipReason } from '../job.ts'
import type { JobSample, Sampled, TypeShare } from '../queue.ts'

/**
 * One attempt at one slice of one plan. Whatever changes jobs carries it: a call of an attempt that was
 * overtaken by one with a higher fence changes nothing and throws `Overtaken`; a call that is repeated
 * changes nothing a second time.
 */
export interface Guard {
  readonly planId: string
  readonly fence: number
  readonly slice: number
}

/** A newer attempt has this plan; nothing was changed. */
export class Overtaken extends Error {
  override readonly name = 'Overtaken'
}

/** Long reads report how far they are, 0 to 1, and can be given up. */
export interface Watch {
  readonly onProgress: (share: number) => void
  readonly signal: AbortSignal
}

/** The jobs that a filter means, resolved. */
export interface Selection {
  /** In the order of dealing with them: next in line first, longest failed first. */
  readonly groups: readonly JobGroup[]
  /** How many jobs were looked at, and whether more would have matched than the filter's limit or `most`. */
  readonly looked: number
  readonly isCut: boolean
  readonly types: Sampled<TypeShare>
  /** Up to three. */
  readonly sample: readonly JobSample[]
  readonly oldestAt: Date | null
  readonly newestAt: Date | null
  /** Jobs among them that will be left as they are, as far as can be seen now. */
  readonly foreseen: Readonly<Partial<Record<SkipReason, number>>>
}

/** A whole job outside its queue. */
export interface JobCopy {
  readonly facts: JobFacts
  /** Everything there is to it, byte-exact, in the adapter's own words. Holds a payload: never log or show it. */
  readonly content: string
  /** Of the payload alone: SHA-256, hex, as it is in the queue. */
  readonly payloadHash: string
  /** Of everything: equal exactly while nothing was changed. */
  readonly digest: string
  readonly sizeBytes: number
}

/** A copy, or why there is none. */
export type Copied =
  | { readonly id: string; readonly copy: JobCopy }
  | { readonly id: string; readonly skipped: SkipReason }

/** Where a job of the vault goes. */
export interface Destination {
  /** `run`: in line for a worker, keeping delay and priority; `as_it_was`: back to where it was taken from. */
  readonly how: 'run' | 'as_it_was'
  /** Tried as if it were new; else an exhausted job gets one more try. */
  readonly resetsAttempts: boolean
  /** Set where it goes to another queue than its own: then it may get another id. */
  readonly isElsewhere: boolean
  /** Ahead of all that waits, as far as its priority and delay allow; else behind it. */
  readonly isFirst?: boolean
}

/** A job of the vault, with the key under which it may be put back once. */
export interface PutJob {
  readonly key: string
  readonly id: string
  readonly content: string
}

/**
 * What a system can do to single jobs. Reads never write. No call blocks the system for more than 15 ms:
 * batches adapt to what is measured. Throws what `QueueSystem` throws.
 */
export interface JobOperator {
  /** Every job that matches, up to `most`; the states are the filter's. */
  select(queue: string, filter: JobFilter, most: number, watch: Watch): Promise<Selection>
  /** How many of these are still in this state. */
  stillThere(queue: string, state: JobState, ids: readonly string[]): Promise<number>
  /**
   * First call of an attempt at a slice: from now on earlier attempts change nothing. Resolves to what they
   * did of this slice, by job id (by key for `put`).
   */
  open(queue: string, guard: Guard): Promise<ReadonlyMap<string, JobEnd>>
  /** What `open` would tell of this slice is committed elsewhere and may be forgotten. */
  close(queue: string, guard: Guard): Promise<void>
  /** Whole jobs that may be taken, or why they may not. */
  copy(queue: string, state: JobState, ids: readonly string[]): Promise<readonly Copied[]>
  /** What a filter can look at, out of a copy's content. */
  factsOf(content: string): Pick<JobFacts, 'data' | 'stack'>
  /** Removes jobs whose copies are safe, each only if nothing changed since. */
  take(
    queue: string,
    guard: Guard,
    state: JobState,
    copies: readonly { readonly id: string; readonly digest: string }[],
  ): Promise<readonly JobEnd[]>
  /** Puts jobs into a queue, each once per key. Ends name the key as `id`. */
  put(
    queue: string,
    guard: Guard,
    jobs: readonly PutJob[],
    destination: Destination,
  ): Promise<readonly JobEnd[]>
  /** Failed jobs in line again, keeping priority and place rules of their queue. */
  retry(
    queue: string,
    guard: Guard,
    ids: readonly string[],
    resetsAttempts: boolean,
    /** Ahead of all that waits, as far as their priority allows. */
    isFirst?: boolean,
  ): Promise<readonly JobEnd[]>
  /** Delayed jobs in line now. */
  promote(queue: string, guard: Guard, ids: readonly string[]): Promise<readonly JobEnd[]>
  /** Waiting, prioritized and delayed jobs get this priority; 0 is none. */
  reprioritize(
    queue: string,
    guard: Guard,
    state: JobState,
    ids: readonly string[],
    priority: number,
  ): Promise<readonly JobEnd[]>
  /** Active jobs that have no lock, those taken up first at the head. */
  stuck(queue: string): Promise<readonly StuckJob[]>
  /**
   * Active jobs in line again if they had no lock at two looks, some seconds apart, and nobody had them in
   * between; those that stalled too often fail, at once or when they are taken.
   */
  unstick(queue: string, guard: Guard, ids: readonly string[]): Promise<readonly JobEnd[]>
  /** What became of jobs that were put or retried at `since` or later. */
  outcomes(
    queue: string,
    ids: readonly string[],
    since: Date,
  ): Promise<ReadonlyMap<string, JobOutcome>>
  /** Where these jobs are now; those that are gone are left out. */
  states(queue: string, ids: readonly string[]): Promise<ReadonlyMap<string, JobState>>
  /** What these jobs are and what they failed with, without their payload; those that are gone are left out. */
  glance(queue: string, ids: readonly string[]): Promise<readonly Glance[]>
  /** The end of what is told of jobs that end: `ended` reads on from there. */
  position(queue: string): Promise<string>
  /** Jobs that ended for good since then, oldest first, also those that were removed at once. */
  ended(queue: string, position: string, most: number): Promise<EndedJobs>
}

export interface Glance {
  readonly id: string
  readonly type: string
  /** Raw: redact it before it is shown. Null where it did not fail. */
  readonly error: string | null
  /** When it failed or completed, else when it was added. */
  readonly at: Date | null
}

/** What was told of jobs that ended, and from where to read on. */
export interface EndedJobs {
  readonly position: string
  readonly jobs: readonly {
    readonly id: string
    readonly kind: 'completed' | 'failed'
    /** Raw: redact it before it is shown. Null unless it failed. */
    readonly error: string | null
    readonly at: Date
  }[]
  /** What was told in between was dropped by the system before it was read: some ends were missed. */
  readonly hasGap: boolean
  /** There is more to be read at once. */
  readonly hasMore: boolean
}

/** An active job whose lock is gone: its worker died, or was too busy to renew it and may still be at it. */
export interface StuckJob {
  readonly id: string
  readonly type: string
  /** Null where it was never told: its worker died before. */
  readonly takenUpAt: Date | null
  /** It stalled too often: put back in line, it fails instead of running once more. */
  readonly failsNext: boolean
}

/** What was seen of a job that ran again. */
export type JobOutcome =
  | { readonly kind: 'waiting' | 'active' | 'completed' | 'unseen' }
  /** The error is raw: redact it before it is shown. */
  | { readonly kind: 'failed'; readonly error: string }
