import { setTimeout as sleep } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import type { HoldProof } from '../../domain/queue.ts'
import type { Connection } from './connection.ts'
import type { QueueKeys } from './keys.ts'

const STEP_MS = 200
const WATCHED_EACH = 3

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
  for (let left = forMs; left > 0; left -= STEP_MS) {
    await sleep(Math.min(STEP_MS, left))
    if (await connection.run((redis) => hasMoved(redis, keys, start))) return 'not_held'
  }
  const stayed = await connection.run((redis) => someStayed(redis, keys, start.watched))
  return stayed && couldRun && (await hasWorkers()) ? 'held' : 'set_not_proven'
}

async function begin(redis: Redis, keys: QueueKeys): Promise<Start> {
  // Active before events: a job that starts between the two reads shows in the events.
  const active = new Set(await redis.lrange(keys.active, 0, -1))
  const [last] = await redis.xrevrange(keys.events, '+', '-', 'COUNT', 1)
  const next = await Promise.all([
    redis.lrange(keys.wait, -WATCHED_EACH, -1),
    redis.lrange(keys.paused, -WATCHED_EACH, -1),
    redis.zrange(keys.prioritized, '0', String(WATCHED_EACH - 1)),
  ])
  const ids = next.flat().filter((id) => !id.startsWith('0:'))
  const takenUp = await Promise.all(ids.map((id) => redis.hget(keys.base + id, 'processedOn')))
  return {
    watched: new Map(ids.map((id, index) => [id, takenUp[index] ?? ''])),
    active,
    lastEvent: last?.[0] ?? '0-0',
  }
}

async function hasMoved(redis: Redis, keys: QueueKeys, start: Start): Promise<boolean> {
  const [flag, active, events] = await Promise.all([
    redis.hexists(keys.meta, 'paused'),
    redis.lrange(keys.active, 0, -1),
    redis.xrange(keys.events, `(${start.lastEvent}`, '+', 'COUNT', 1000),
  ])
  if (flag === 0) return true
  const isNew = (id: string) => !id.startsWith('0:') && !start.active.has(id)
  return active.some(isNew) || events.some(([, fields]) => isNewActive(fields, isNew))
}

/** A worker of BullMQ 4 announces a job after it took it: one that it took before counts as active then. */
function isNewActive(fields: readonly string[], isNew: (id: string) => boolean): boolean {
  const value = (name: string) => fields[fields.indexOf(name) + 1] ?? ''
  return value('event') === 'active' && isNew(value('jobId'))
}

async function someStayed(
  redis: Redis,
  keys: QueueKeys,
  watched: ReadonlyMap<string, string>,
): Promise<boolean> {
  const stays = await Promise.all(
    [...watched].map(async ([id, before]) => {
      const [exists, takenUp] = await Promise.all([
        redis.exists(keys.base + id),
        redis.hget(keys.base + id, 'processedOn'),
      ])
      return exists === 1 && (takenUp ?? '') === before
    }),
  )
  return stays.some(Boolean)
}
