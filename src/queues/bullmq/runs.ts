import { setTimeout as sleep } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import type { Clock } from '../../domain/ports/runtime.ts'
import type { RunProof } from '../../domain/queue.ts'
import {
  activeJobs,
  eventsAfter,
  newestEvents,
  NO_EVENT,
  takenUp,
  type QueueEvent,
} from './activity.ts'
import type { Connection } from './connection.ts'
import type { QueueKeys } from './keys.ts'
import { isMarker, nextInLine } from './next.ts'

const STEP_MS = 100
const WATCHED_EACH = 3
/** Few, for an event may carry all that a job returned. */
const EVENTS = 200
/** What happened longer ago belongs to no resume of just now. */
const JUST_NOW_MS = 60_000

/** What is there when watching begins. */
interface Start {
  /** A job was taken between the resume and now. */
  readonly wasTaken: boolean
  readonly active: ReadonlySet<string>
  /** Jobs next in line, with when they were last taken up (empty if never). */
  readonly watched: ReadonlyMap<string, string>
  readonly lastEvent: string
}

interface Look {
  readonly isPaused: boolean
  readonly active: readonly string[]
  readonly events: readonly QueueEvent[]
  /** In the order of the watched jobs. */
  readonly takenUp: readonly string[]
}

/**
 * Watches a queue that was resumed just now, and answers as soon as it is sure. A job that was active
 * already proves nothing by ending: its worker had taken it before the pause.
 */
export async function watchRuns(
  connection: Connection,
  keys: QueueKeys,
  forMs: number,
  clock: Clock,
): Promise<RunProof> {
  const start = await connection.run((redis) => begin(redis, keys, clock.now()))
  let last = start.lastEvent
  for (let left = forMs; ; left -= STEP_MS) {
    const seen = await connection.run((redis) => look(redis, keys, start, last))
    if (seen.isPaused) return 'paused_again'
    if (start.wasTaken || hasTaken(start, seen)) return 'running'
    if (left <= 0) return 'set_not_proven'
    last = seen.events.at(-1)?.id ?? last
    await sleep(Math.min(STEP_MS, left))
  }
}

async function begin(redis: Redis, keys: QueueKeys, now: Date): Promise<Start> {
  // Active before events: what is in neither has ended before, and its end is no news.
  const [active, events, next] = await Promise.all([
    activeJobs(redis, keys),
    newestEvents(redis, keys, EVENTS),
    nextInLine(redis, keys, WATCHED_EACH),
  ])
  const times = await takenUp(redis, keys, next)
  return {
    wasTaken: sinceResume(events, now).some(isTaken),
    active: new Set(active),
    watched: new Map(next.map((id, index) => [id, times[index] ?? ''])),
    lastEvent: events.at(-1)?.id ?? NO_EVENT,
  }
}

/** If the resume itself is not among the newest events, then all of them came after it. */
function sinceResume(events: readonly QueueEvent[], now: Date): readonly QueueEvent[] {
  const turn = events.findLastIndex(({ event }) => event === 'resumed' || event === 'paused')
  const earliest = now.getTime() - JUST_NOW_MS
  return events.slice(turn + 1).filter(({ id }) => Number.parseInt(id, 10) >= earliest)
}

async function look(redis: Redis, keys: QueueKeys, start: Start, last: string): Promise<Look> {
  const [flag, active, events, times] = await Promise.all([
    redis.hexists(keys.meta, 'paused'),
    activeJobs(redis, keys),
    eventsAfter(redis, keys, last, EVENTS),
    takenUp(redis, keys, [...start.watched.keys()]),
  ])
  return { isPaused: flag === 1, active, events, takenUp: times }
}

/** Any of these: the events of a queue may be switched off, and its jobs removed as they end. */
function hasTaken(start: Start, seen: Look): boolean {
  const before = [...start.watched.values()]
  return (
    seen.events.some((event) => isTaken(event) || hasEnded(start, event)) ||
    seen.active.some((id) => !start.active.has(id)) ||
    seen.takenUp.some((time, index) => time !== '' && time !== before[index])
  )
}

const isTaken = ({ event, jobId }: QueueEvent): boolean => event === 'active' && !isMarker(jobId)

const hasEnded = (start: Start, { event, jobId }: QueueEvent): boolean =>
  (event === 'completed' || event === 'failed') && !start.active.has(jobId)
