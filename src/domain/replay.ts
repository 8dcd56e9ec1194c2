import type { Actor } from './action.ts'
import type { QueueRef } from './queue.ts'

/** How far a wave goes: to so many jobs, or to this share of all of them, 0 to 1; both count what ran before. */
export type RampStep = { readonly jobs: number } | { readonly share: number }

/** How a replay is to go, as it was asked for; what is left out is filled in from the configuration. */
export interface RampWish {
  /** Absent: as configured. One step of a number of jobs is a canary alone. */
  readonly steps?: readonly RampStep[]
  /** Of this replay so many jobs are in line or at work at once; null is no limit. */
  readonly inFlight?: number | null
  /** So many are put in line a minute; null is no limit. */
  readonly perMinute?: number | null
  /** Every wave is watched for at least so long after its last job was put in line. */
  readonly watchMs?: number
  /** What has not ended so long after the last job was put in line was not seen to end. */
  readonly patienceMs?: number
  /** Whether a good wave is followed by the next one by itself, or by a person's click. */
  readonly promotes?: 'itself' | 'person'
  /** The share of jobs, 0 to 1, that has to complete. */
  readonly success?: number
}

/** A ramp with nothing left open: part of the plan, and so of what is confirmed and approved. */
export type Ramp = Required<RampWish>

/** Jobs that failed alike before: one cause of one type. */
export interface Stratum {
  readonly type: string
  /** Of the error, redacted; null where the jobs had not failed. */
  readonly shape: string | null
  /** Of those that were looked at. */
  readonly jobs: number
}

/** What a plan freezes of a replay, beside its jobs. */
export interface PlannedReplay {
  readonly ramp: Ramp
  /** Jobs in each wave, none of them 0; their sum is the plan's jobs. */
  readonly waves: readonly number[]
  /** The largest first. `looked` jobs were looked at for them: all of them, or a sample that is spread evenly. */
  readonly strata: readonly Stratum[]
  readonly looked: number
  /** Of each job of the first wave, by its `canaryKey`, the index of its stratum. */
  readonly canary: Readonly<Record<string, number>>
  /** The plan whose jobs these are: what it left, or what its canary stood for. */
  readonly continues?: number
}

/**
 * Running: waves are put in line, watched, judged. Held: nothing more is put in line until somebody, or what
 * was missing, says so. Halting: nothing more is put in line for good, what is at work comes to its end, and the
 * rest goes back. Halted and done are over.
 */
export type ReplayState = 'running' | 'held' | 'halting' | 'halted' | 'done'

export type Verdict = 'promote' | 'hold' | 'halt'

/** How a job of a replay did. `returned`: it never ran and is in the vault. `unseen`: gone without a trace of how it ended. */
export type ReplayOutcome = 'open' | 'completed' | 'failed' | 'unseen' | 'returned'

/** One execution of a replay. */
export interface Replay {
  readonly planId: string
  readonly planNumber: number
  /** Where its jobs run. */
  readonly ref: QueueRef
  readonly state: ReplayState
  /** The wave that is under way, from 0. */
  readonly wave: number
  /** Why it is held or halted, for people; null while it runs. */
  readonly reason: string | null
  /** Who held or halted it; null when it did so by itself. */
  readonly by: Actor | null
  /** A person holds it: nothing that is measured lets it go on. */
  readonly isHeldByPerson: boolean
  /** How far the system's events were read, in the system's own words; null before the first look. */
  readonly position: string | null
  readonly baseline: LiveTraffic
  /** Other jobs of the same queue since it began. */
  readonly live: LiveTraffic
  readonly gates: readonly Gate[]
  /** What a person let it go on in spite of, in the wave under way. */
  readonly ignored: readonly Ignored[]
  readonly beganAt: Date
  readonly endedAt: Date | null
  readonly seenAt: Date
  readonly waves: readonly Wave[]
}

export interface Wave {
  readonly index: number
  readonly size: number
  readonly beganAt: Date | null
  /** When its last job was put in line. */
  readonly fedAt: Date | null
  /** When the latest of those that are in line by now was put there; null for none. */
  readonly putAt: Date | null
  readonly verdict: Verdict | null
  readonly judgedAt: Date | null
  /** Null: by itself. */
  readonly judgedBy: Actor | null
  /** The verdict in words, with its numbers. */
  readonly words: string | null
  readonly counts: WaveCounts
}

/** Jobs of a wave by what became of them. */
export interface WaveCounts {
  /** Put in line; all the others. */
  readonly fed: number
  /** Were not there any more when their turn came. */
  readonly skipped: number
  readonly open: number
  readonly completed: number
  /** With an error that these jobs had before, and with one that none of them had. */
  readonly known: number
  readonly fresh: number
  readonly unseen: number
  readonly returned: number
  /** By stratum, for the first wave; `failed` with whatever error. */
  readonly strata: Readonly<Record<number, { readonly completed: number; readonly failed: number }>>
}

/** Jobs that are not the replay's, as they ended in its queue. */
export interface LiveTraffic {
  readonly completed: number
  readonly failed: number
  /** Over which time they were counted, in ms. */
  readonly overMs: number
  /** How long the oldest waiting job waits, in ms; null if none waits or nobody can tell. */
  readonly oldestMs: number | null
}

/** One thing that is looked at before a wave is followed by the next. */
export interface Gate {
  readonly name: GateName
  /** `unknown` is never good enough to go on. */
  readonly state: 'good' | 'bad' | 'unknown' | 'pending'
  /** With its numbers, for people: `19 of 20 completed (95 %)`. */
  readonly words: string
}

/** A gate as it was when a person let the replay go on in spite of it: what is worse than that counts again. */
export type Ignored = `${GateName}:${'unknown' | 'bad'}`

export type GateName =
  | 'success'
  | 'new_errors'
  | 'ended'
  | 'live'
  | 'waiting'
  | 'workers'
  | 'running'
  | 'alerts'
  | 'redis'
  | `probe:${string}`

/** One job in the ledger of a replay. */
export interface ReplayJob {
  /** Its id in the queue where it runs. */
  readonly id: string
  /** Its id in the plan's slices: the same, or its row in the vault. */
  readonly key: string
  readonly wave: number
  /** Null where nobody looked at it before. */
  readonly stratum: number | null
  readonly outcome: ReplayOutcome
  /** Of what it failed with, redacted; null unless it failed. */
  readonly shape: string | null
  readonly isKnown: boolean | null
  readonly putAt: Date
  readonly endedAt: Date | null
}
