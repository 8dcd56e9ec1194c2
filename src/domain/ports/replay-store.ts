import type { Actor } from '../action.ts'
import type { QueueRef } from '../queue.ts'
import type {
  Gate,
  Ignored,
  LiveTraffic,
  Replay,
  ReplayJob,
  ReplayOutcome,
  ReplayState,
  Verdict,
} from '../replay.ts'

/** What was seen of one job of a replay. */
export interface SeenJob {
  readonly id: string
  readonly outcome: Exclude<ReplayOutcome, 'open'>
  readonly shape: string | null
  readonly isKnown: boolean | null
  readonly at: Date
}

/** What one look at a replay changes; what is left out stays. */
export interface ReplayChange {
  readonly state?: ReplayState
  readonly wave?: number
  readonly reason?: string | null
  readonly by?: Actor | null
  readonly isHeldByPerson?: boolean
  readonly position?: string
  readonly live?: LiveTraffic
  readonly gates?: readonly Gate[]
  readonly ignored?: readonly Ignored[]
  readonly endedAt?: Date
}

/** All replays together, over or not. */
export interface ReplayTotals {
  /** Replays that are not over. */
  readonly underWay: Readonly<Record<Exclude<ReplayState, 'halted' | 'done'>, number>>
  /** Jobs that were put in line and are not open, by what became of them; failed as before, or with an error that was new. */
  readonly jobs: Readonly<
    Record<'completed' | 'failed' | 'failed_anew' | 'unseen' | 'returned', number>
  >
}

/**
 * Replays, their waves, and what became of every job. States only go the way that the database allows: what is
 * over stays, a wave gets one final verdict, and a job one outcome.
 */
export interface Replays {
  /**
   * Begins a replay with its waves, once per plan: gives the one that exists. Null if another replay of the same
   * queue is not over: the database allows one.
   */
  begin(replay: {
    readonly planId: string
    readonly ref: QueueRef
    readonly position: string | null
    readonly baseline: LiveTraffic
    readonly waves: readonly number[]
    readonly now: Date
  }): Promise<Replay | null>
  byPlan(planId: string): Promise<Replay | null>
  /** The one that is not over; alerts of its queue may be its doing. */
  active(ref: QueueRef): Promise<Replay | null>
  /** Of which the last job was put in line at `since` or later, over or not. */
  recent(ref: QueueRef, since: Date): Promise<Replay | null>
  /** The replay's row is locked until the transaction ends. */
  locked(planId: string): Promise<Replay | null>
  change(planId: string, change: ReplayChange, now: Date): Promise<void>
  /** The first job of a wave is about to be put in line; does nothing a second time. */
  beginWave(planId: string, wave: number, now: Date): Promise<void>
  /** All jobs of a wave were dealt with; does nothing a second time. */
  fedWave(planId: string, wave: number, now: Date): Promise<void>
  /** A wave's verdict. `hold` may be followed by any; promote and halt are final: false if there is one. */
  judge(
    planId: string,
    wave: number,
    verdict: {
      readonly verdict: Verdict
      readonly by: Actor | null
      readonly words: string
      readonly now: Date
    },
  ): Promise<boolean>
  /**
   * Jobs that were put in line, in the transaction of their slice's checkpoint; those that were skipped are counted.
   * `areApart`: no two jobs of the plan have one id, so that none is looked up; else the first of them counts.
   */
  addJobs(
    planId: string,
    wave: number,
    jobs: readonly { readonly id: string; readonly key: string; readonly stratum: number | null }[],
    skipped: number,
    now: Date,
    areApart?: boolean,
  ): Promise<void>
  /** Notes how jobs ended; one that ended before keeps its end. Gives how many of these are of this replay. */
  note(planId: string, seen: readonly SeenJob[]): Promise<number>
  /** Nobody looks after it any more: what is open of it was not seen to end. */
  endOpen(planId: string, at: Date): Promise<void>
  /** Which of these are jobs of this replay. */
  ofReplay(planId: string, ids: readonly string[]): Promise<ReadonlySet<string>>
  /** Jobs in the order in which they were put in line. */
  jobs(
    planId: string,
    query: {
      readonly wave?: number
      readonly outcome?: ReplayOutcome
      readonly limit: number
      readonly after?: string
      /** Begins so far along those that the query is about, 0 to 1. */
      readonly along?: number
    },
  ): Promise<readonly ReplayJob[]>
  /** Shapes of errors of a wave's failed jobs, or of all waves', the most frequent first. */
  failures(
    planId: string,
    wave: number | null,
    limit: number,
  ): Promise<
    readonly { readonly shape: string; readonly isKnown: boolean; readonly jobs: number }[]
  >
  /** Plans that are over while their replay is still halting, oldest first. */
  givenUp(limit: number): Promise<readonly string[]>
  /** Plans that this replay had made for jobs that went back: see `Plan.replay`. */
  returns(planId: string): Promise<readonly string[]>
  totals(): Promise<ReplayTotals>
}
