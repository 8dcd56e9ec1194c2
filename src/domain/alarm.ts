import { backlog, type QueueOverview } from './queue.ts'
import type { Thresholds } from './settings.ts'

const ALARMS = [
  'waiting',
  'failed',
  'oldest',
  'active',
  'delayed',
  'no_workers',
  'stranded',
] as const

/** What can be alarming about a queue. */
export type Alarm = (typeof ALARMS)[number]

/** For a queue of which nobody said what would be too much. */
export const NO_THRESHOLDS: Thresholds = {
  waiting: null,
  active: null,
  failed: null,
  delayed: null,
  oldestMs: null,
}

const isOver = (value: number, limit: number | null): boolean => limit !== null && value > limit

/** How long the job that is next in line has waited, in ms; null when nothing waits or nobody knows. */
export const oldestMs = (overview: QueueOverview, at: Date): number | null =>
  backlog(overview.counts) === 0 || overview.oldestWaitingAt === null
    ? null
    : at.getTime() - overview.oldestWaitingAt.getTime()

/**
 * Everything that is alarming about a queue, by its thresholds (null: it has none). Nobody at work matters
 * only while there is work, and while nobody stopped it on purpose. A queue that does not exist alarms nobody.
 */
export function alarmsOf(
  overview: QueueOverview,
  thresholds: Thresholds | null,
  at: Date,
): ReadonlySet<Alarm> {
  if (!overview.isKnown) return new Set()
  const { counts, workers, isPaused, stranded } = overview
  const waiting = backlog(counts)
  const limits = thresholds ?? NO_THRESHOLDS
  const isThere = {
    waiting: isOver(waiting, limits.waiting),
    failed: isOver(counts.failed, limits.failed),
    oldest: isOver(oldestMs(overview, at) ?? 0, limits.oldestMs),
    active: isOver(counts.active, limits.active),
    delayed: isOver(counts.delayed, limits.delayed),
    no_workers: workers === 0 && waiting > 0 && !isPaused,
    stranded: stranded > 0,
  } satisfies Record<Alarm, boolean>
  return new Set(ALARMS.filter((alarm) => isThere[alarm]))
}
