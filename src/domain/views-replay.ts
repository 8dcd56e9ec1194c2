import type { PlannedReplay, Replay } from './replay.ts'

/** What people see of a replay, beside its plan. */
export interface ReplayView {
  readonly replay: Replay
  readonly planned: PlannedReplay
  /** Of the wave under way: how fast its jobs end, and when the last has at that rate; null before any ended. */
  readonly pace: { readonly perMinute: number; readonly leftMs: number } | null
  /** Jobs that went into the vault on its account, one entry for each set. */
  readonly returns: readonly ReturnedSet[]
  /** Jobs that it left: never run, in the vault or where they were. */
  readonly left: number
}

/** A vault set that a replay had made. */
export interface ReturnedSet {
  /** Why they went there: they waited in line and never ran, or they failed once more. */
  readonly why: 'unstarted' | 'failed'
  /** Null while it is under way. */
  readonly vault: number | null
  /** How many went there; null while it is under way. */
  readonly jobs: number | null
}

/** What its jobs failed with, for the thread of the card. */
export interface ReplayDetailsView {
  readonly planNumber: number
  /** Every job in one bucket, in words. */
  readonly words: string
  /** Redacted; the most frequent first. */
  readonly failures: readonly {
    readonly shape: string
    readonly isKnown: boolean
    readonly jobs: number
  }[]
  /** There are more shapes than these. */
  readonly isCut: boolean
  /** Of the first wave, by what the jobs were before; those of which none ran are left out. */
  readonly strata: readonly {
    readonly type: string
    readonly shape: string | null
    /** Such jobs in the whole replay, as far as was looked. */
    readonly jobs: number
    readonly completed: number
    readonly failed: number
  }[]
  readonly at: Date
}
