import type { QueueOverview } from '../../src/domain/queue.ts'
import { judge } from '../../src/domain/recovery-judge.ts'
import type { Check, EndedSince, QueueSight, Recovery, Sight } from '../../src/domain/recovery.ts'
import { overviewOf } from './overviews.ts'

export const START = new Date('2026-03-01T12:00:00Z')
export const MINUTE_MS = 60_000
export const LIMITS = { maxFailed: 10, success: 0.95 }
export const EMAIL = { system: 'sales', queue: 'email' }
export const SMS = { system: 'sales', queue: 'sms' }

export const after = (ms: number): Date => new Date(START.getTime() + ms)

export const aRecovery = (over: Partial<Recovery> = {}): Recovery => {
  const refs = over.refs ?? [EMAIL]
  return {
    id: 'r1',
    incidentId: 1,
    refs,
    planId: null,
    by: null,
    state: 'measuring',
    forMs: MINUTE_MS,
    beganAt: START,
    looks: 1,
    seenAt: START,
    goodMs: 0,
    since: START,
    setback: null,
    isLate: false,
    checks: [],
    tracks: refs.map((ref) => ({
      ref,
      position: '1-0',
      completed: 0,
      failed: 0,
      completedAt: null,
      joinedAt: null,
    })),
    endedAt: null,
    endedBy: null,
    ...over,
  }
}

export const ended = (completed: number, failed = 0, hasGap = false): EndedSince => ({
  position: '2-0',
  completed,
  failed,
  hasGap,
})

export interface Seen {
  readonly counts?: Parameters<typeof overviewOf>[1]
  readonly queue?: Partial<QueueOverview>
  readonly ended?: EndedSince | null
}

export const aQueue = (ref: typeof EMAIL, seen: Seen = {}): QueueSight => ({
  ref,
  overview: { ...overviewOf(ref.queue, seen.counts), workers: 2, ...seen.queue },
  ended: seen.ended === undefined ? ended(5) : seen.ended,
  problem: seen.ended === null ? 'Redis did not answer' : null,
})

export const away: QueueSight = {
  ref: EMAIL,
  overview: null,
  ended: null,
  problem: 'Redis is away',
}

export const aSight = (ms: number, over: Partial<Sight> = {}): Sight => ({
  at: after(ms),
  queues: [aQueue(EMAIL)],
  readings: [],
  actions: [],
  alerts: [],
  ...over,
})

/** Looks every 5 s up to and with `ms`, each time at the same. */
export function watched(recovery: Recovery, ms: number, over: Partial<Sight> = {}): Recovery {
  let now = recovery
  const from = (recovery.seenAt ?? START).getTime() - START.getTime()
  for (let at = from + 5000; at <= ms; at += 5000) now = judge(now, aSight(at, over), LIMITS)
  return now
}

export const stateOf = ({ checks }: Recovery, name: Check['name']): string | undefined =>
  checks.find((check) => check.name === name)?.state

export const wordsOf = ({ checks }: Recovery, name: Check['name']): string | undefined =>
  checks.find((check) => check.name === name)?.words
