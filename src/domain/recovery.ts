import type { Actor } from './action.ts'
import { formatDuration } from './duration.ts'
import type { Probe, ProbeReading } from './ports/probes.ts'
import { isSameQueue, queueKey, type QueueOverview, type QueueRef } from './queue.ts'

/**
 * Measuring: the checklist is looked at. Recovered: everything on it was good for the whole time. Stopped: by a
 * person, or with its incident. Given up: a day went by.
 */
export type RecoveryState = 'measuring' | 'recovered' | 'stopped' | 'given_up'

type CheckName =
  | 'failed_left'
  | 'processing'
  | 'new_failures'
  | 'success'
  | 'alerts'
  | `probe:${string}`

/** One line of the checklist. */
export interface Check {
  readonly name: CheckName
  /** Of a probe. */
  readonly about?: Probe['about']
  /** `pending`: nothing is wrong, but the time is not over. `unknown` is never good enough. */
  readonly state: 'good' | 'bad' | 'unknown' | 'pending'
  /** With its numbers, for people: `212 of 212 completed (100 %)`. */
  readonly words: string
  /** Since when it is in this state. */
  readonly since: Date
}

/** What was seen of one queue since the time began, or began anew. */
export interface Track {
  readonly ref: QueueRef
  /** How far its events were read, in the system's own words; null before the first look. */
  readonly position: string | null
  readonly completed: number
  readonly failed: number
  /** When a job was last seen to complete. */
  readonly completedAt: Date | null
  /** When it joined a recovery that was under way; null for those that were there from the beginning. */
  readonly joinedAt: Date | null
}

/** The checklist of one incident while it is measured, and how it ended. */
export interface Recovery {
  readonly id: string
  readonly incidentId: number
  /** The queues that have to recover; at least one. */
  readonly refs: readonly QueueRef[]
  /** The replay whose good end began it. */
  readonly planId: string | null
  /** Null: Spillway itself, once the alerts were resolved or a replay ended well. */
  readonly by: Actor | null
  readonly state: RecoveryState
  /** For so long everything has to be good. */
  readonly forMs: number
  readonly beganAt: Date
  /** Looks so far: whoever looked at an older one saw too little. */
  readonly looks: number
  readonly seenAt: Date | null
  /** Of `forMs`, so much has gone well; time in which something could not be seen is not counted. */
  readonly goodMs: number
  /** Since when it counts: the beginning, or the last setback. */
  readonly since: Date
  /** Why the time began anew, the last time it did. */
  readonly setback: { readonly at: Date; readonly words: string } | null
  /** People were told that it takes longer than twice its time. */
  readonly isLate: boolean
  readonly checks: readonly Check[]
  readonly tracks: readonly Track[]
  readonly endedAt: Date | null
  readonly endedBy: Actor | null
}

/** One run of a probe that has side effects, by a person's word. */
export interface ProbeRun {
  readonly recoveryId: string
  readonly probe: string
  /** Counts from 1. */
  readonly run: number
  readonly by: Actor
  readonly beganAt: Date
  /** Null until its end was seen; for ever, where the process died meanwhile. */
  readonly reading: Pick<ProbeReading, 'state' | 'words' | 'at'> | null
}

/** What one look saw of a queue. */
export interface QueueSight {
  readonly ref: QueueRef
  /** Null where it could not be read; then `problem` says why. */
  readonly overview: QueueOverview | null
  /** Jobs that ended since the last look; null where nothing tells of them. */
  readonly ended: EndedSince | null
  readonly problem: string | null
}

export interface EndedSince {
  readonly position: string
  readonly completed: number
  readonly failed: number
  /** Some ends were dropped by the system before they were read. */
  readonly hasGap: boolean
}

/** All that one look saw. */
export interface Sight {
  readonly at: Date
  readonly queues: readonly QueueSight[]
  readonly readings: readonly ProbeReading[]
  /** Probes with side effects that are configured, with the last run of each. */
  readonly actions: readonly { readonly probe: Probe; readonly last: ProbeRun | null }[]
  /** Names of the incident's alerts that fire, or began to since the last look, each once. */
  readonly alerts: readonly string[]
}

/** A look asks each of them: where there are more, the checklist is about the first ones. */
export const MOST_QUEUES = 20

const MIN_LOOK_MS = 250
const MAX_LOOK_MS = 5000
const SLOW_LOOK_MS = 30_000
const LOOKS_PER_TIME = 6
const DAY_MS = 86_400_000

/** Between two looks, in ms: a few within the time, seldom once it is late. */
export function lookMs({ forMs, isLate }: Pick<Recovery, 'forMs' | 'isLate'>): number {
  const often = Math.min(MAX_LOOK_MS, Math.max(MIN_LOOK_MS, forMs / LOOKS_PER_TIME))
  return isLate ? Math.max(often, Math.min(SLOW_LOOK_MS, forMs)) : often
}

type Lasting = Pick<Recovery, 'beganAt' | 'forMs'>

/** Whether it takes longer than twice its time, which people are told once. */
export const isOverdue = ({ beganAt, forMs }: Lasting, now: Date): boolean =>
  now.getTime() - beganAt.getTime() >= 2 * forMs

/** A day is the end: what has not recovered by then needs another look than this one. */
export const isTooOld = ({ beganAt, forMs }: Lasting, now: Date): boolean =>
  now.getTime() - beganAt.getTime() >= Math.max(DAY_MS, 4 * forMs)

/** A probe that only a person starts. Not run, it is unknown, but its silence stops no time. */
const isByHand = (check: Pick<Check, 'name'>, { actions }: Pick<Sight, 'actions'>): boolean =>
  actions.some(({ probe }) => check.name === `probe:${probe.name}`)

/**
 * How much of the time has gone well after this look. Something bad begins it anew; while something cannot be
 * seen it stands still, and so it does between two looks that are too far apart for us to know.
 */
export function goodTime(recovery: Recovery, checks: readonly Check[], sight: Sight): number {
  if (checks.some(({ state }) => state === 'bad')) return 0
  const isBlind = checks.some((check) => check.state === 'unknown' && !isByHand(check, sight))
  if (isBlind || recovery.seenAt === null) return recovery.goodMs
  const step = Math.min(sight.at.getTime() - recovery.seenAt.getTime(), 3 * lookMs(recovery))
  return Math.min(recovery.forMs, recovery.goodMs + Math.max(0, step))
}

/** `4 min of 15 min`. */
export const timeWords = ({ goodMs, forMs }: Pick<Recovery, 'goodMs' | 'forMs'>): string =>
  `${formatDuration(goodMs)} of ${formatDuration(forMs)}`

/** A queue of which nothing was seen yet. */
export const newTrack = (ref: QueueRef, joinedAt: Date | null): Track => ({
  ref,
  position: null,
  completed: 0,
  failed: 0,
  completedAt: null,
  joinedAt,
})

/** With queues of its incident that came later; the time begins anew for all. Null where there are none, or no room. */
export function joinedBy(recovery: Recovery, refs: readonly QueueRef[], at: Date): Recovery | null {
  const known = recovery.refs
  const news = refs
    .filter((ref) => !known.some((one) => isSameQueue(one, ref)))
    .slice(0, Math.max(0, MOST_QUEUES - known.length))
  if (news.length === 0) return null
  return {
    ...recovery,
    refs: [...known, ...news],
    goodMs: 0,
    since: at,
    setback: { at, words: `${news.map((ref) => `\`${queueKey(ref)}\``).join(', ')} joined` },
    tracks: [
      ...recovery.tracks.map((track) => ({ ...track, completed: 0, failed: 0 })),
      ...news.map((ref) => newTrack(ref, at)),
    ],
  }
}
