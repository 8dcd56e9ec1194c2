import type { ProbeReading } from './ports/probes.ts'
import type { LiveTraffic, Ramp, Stratum, Wave, WaveCounts } from './replay.ts'

/** Everything that decides about the wave under way, as it was seen at one moment. */
export interface Observed {
  readonly now: Date
  readonly wave: Wave
  /** The first wave, whose jobs were chosen by strata: rare causes have more than their share in it. */
  readonly isCanary: boolean
  readonly ramp: Ramp
  readonly strata: readonly Stratum[]
  /** What the wave's jobs failed with, the most frequent first; shapes are redacted. */
  readonly failures: readonly {
    readonly shape: string
    readonly isKnown: boolean
    readonly jobs: number
  }[]
  readonly baseline: LiveTraffic
  /** Over the time that it is to be judged for; the shorter, the sooner it tells. */
  readonly live: LiveTraffic
  readonly maxWaitMs: number
  /** Null where nobody could look. */
  readonly queue: {
    readonly isPaused: boolean
    /** Null where the system cannot tell. */
    readonly workers: number | null
    /** Jobs that a worker could take. */
    readonly waiting: number
    /** How long the oldest of these waits, in ms; null if none does or nobody can tell. */
    readonly oldestMs: number | null
  } | null
  /** Null if it did not answer. */
  readonly redis: { readonly isWell: boolean; readonly words: string } | null
  readonly probes: readonly ProbeReading[]
  /** Alerts of this queue that began since the replay did. */
  readonly alerts: readonly string[]
  /** When the replay did. */
  readonly beganAt: Date
}

export const failedOf = ({ known, fresh }: WaveCounts): number => known + fresh

/** Jobs that were seen to end. */
export const judgedOf = (counts: WaveCounts): number => counts.completed + failedOf(counts)

/** Whether jobs are open for so long after the last one was put in line that nobody waits for them any more. */
export function isPatienceOver({ now, wave, ramp }: Observed): boolean {
  const putAt = wave.putAt ?? wave.fedAt
  if (putAt === null || wave.counts.open === 0) return false
  return now.getTime() >= putAt.getTime() + ramp.patienceMs
}

/** Whether there is no more to come: all of the wave ended, or is not waited for any more. */
export const isOver = (seen: Observed): boolean =>
  (seen.wave.fedAt !== null && seen.wave.counts.open === 0) || isPatienceOver(seen)
