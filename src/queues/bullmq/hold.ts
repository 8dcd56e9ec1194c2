import { setTimeout as sleep } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import type { HoldProof } from '../../domain/queue.ts'
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

const STEP_MS = 200
const WATCHED_EACH = 3
/** At most, in one step: those that a busy producer writes. */
const EVENTS = 1000

/** What is there when watching begins. */
interface Start {
  /** Jobs next in line, with when they were last taken up (empty if never). */
  readonly watched: ReadonlyMap<string, string>
  readonly active: ReadonlySet<string>
  readonly lastEvent: string
}

/**
 * Watches a paused queue. `not_held` as soon as a job becomes active that was not when watching began, or
 * the flag goes; `held` only if jobs at the head of the line stayed, and `hasWorkers` says that somebody
 * could have taken them; else nothing was proven.
 */
export async function watchHold(
  connection: Connection,
  keys: QueueKeys,
  forMs: number,
  hasWorkers: () => Promise<boolean>,
): Promise<HoldProof> {
  const start = await connection.run((redis) => begin(redis, keys))
  const couldRun = await hasWorkers()
  let last: string | null = start.lastEvent
  for (let left = forMs; left > 0; left -= STEP_MS) {
    await sleep(Math.min(STEP_MS, left))
    const from: string = last
    last = await connection.run((redis) => nextStep(redis, keys, start, from))
    if (last === null) return 'not_held'
  }
  const stayed = await connection.run((redis) => someStayed(redis, keys, start.watched))
  return stayed && couldRun && (await hasWorkers()) ? 'held' : 'set_not_proven'
}

async function begin(redis: Redis, keys: QueueKeys): Promise<Start> {
  // Active before events: a job that starts between the two reads shows in the events.
  const active = new Set(await activeJobs(redis, keys))
  const [events, next] = await Promise.all([
    newestEvents(redis, keys, 1),
    nextInLine(redis, keys, WATCHED_EACH),
  ])
  const times = await takenUp(redis, keys, next)
  return {
    watched: new Map(next.map((id, index) => [id, times[index] ?? ''])),
    active,
    lastEvent: events.at(-1)?.id ?? NO_EVENT,
  }
}

/** Null if a job became active or the flag is gone; else the last event seen, from which to go on. */
async function nextStep(
  redis: Redis,
  keys: QueueKeys,
  { active: before }: Start,
  last: string,
): Promise<string | null> {
  const [flag, active, events] = await Promise.all([
    redis.hexists(keys.meta, 'paused'),
    activeJobs(redis, keys),
    eventsAfter(redis, keys, last, EVENTS),
  ])
  // A worker of BullMQ 4 announces a job after it took it: one that it took before counts as active then.
  const isNew = (id: string) => !isMarker(id) && !before.has(id)
  const isTaken = ({ event, jobId }: QueueEvent) => event === 'active' && isNew(jobId)
  if (flag === 0 || active.some(isNew) || events.some(isTaken)) return null
  return events.at(-1)?.id ?? last
}

async function someStayed(
  redis: Redis,
  keys: QueueKeys,
  watched: ReadonlyMap<string, string>,
): Promise<boolean> {
  const ids = [...watched.keys()]
  const [exist, times] = await Promise.all([
    Promise.all(ids.map((id) => redis.exists(keys.base + id))),
    takenUp(redis, keys, ids),
  ])
  return ids.some((id, index) => exist[index] === 1 && times[index] === watched.get(id))
}
