import type { Actor } from '../action.ts'
import type { QueueRef } from '../queue.ts'
import type { ProbeRun, Recovery, RecoveryState } from '../recovery.ts'

/** Checklists of recovery. What is over stays; an incident has one at a time, which the database sees to. */
export interface Recoveries {
  /** Begins one unless the incident has one that is not over: then that one, `began: false`. */
  begin(recovery: {
    readonly id: string
    readonly incidentId: number
    readonly refs: readonly QueueRef[]
    readonly planId: string | null
    readonly by: Actor | null
    readonly forMs: number
    readonly now: Date
  }): Promise<{ readonly recovery: Recovery; readonly began: boolean }>
  byId(id: string): Promise<Recovery | null>
  /** Its row is locked until the transaction ends. */
  locked(id: string): Promise<Recovery | null>
  /** The incident's latest, over or not. */
  latest(incidentId: number): Promise<Recovery | null>
  /** The incident's one that is not over. */
  active(incidentId: number): Promise<Recovery | null>
  /** Stores one look, unless somebody stored another meanwhile: then false. */
  look(recovery: Recovery): Promise<boolean>
  /** Stores what more queues make of it; a look that is under way does not count any more. */
  join(recovery: Recovery): Promise<void>
  /** Gives it another time. */
  setTime(id: string, forMs: number): Promise<void>
  /** Ends it; false if it was over. */
  end(
    id: string,
    state: Exclude<RecoveryState, 'measuring'>,
    by: Actor | null,
    now: Date,
  ): Promise<boolean>
  /** Those that are not over; the longest not looked at first. */
  unfinished(limit: number): Promise<readonly string[]>
  /** Writes down that a probe with side effects is about to run; false if this run was begun before. */
  beginRun(run: Omit<ProbeRun, 'reading'>): Promise<boolean>
  endRun(
    run: Pick<ProbeRun, 'recoveryId' | 'probe' | 'run'>,
    reading: NonNullable<ProbeRun['reading']>,
  ): Promise<void>
  /** All runs of a recovery, the first one first. */
  runs(recoveryId: string): Promise<readonly ProbeRun[]>
}
