import { setTimeout as sleep } from 'node:timers/promises'

import type { Redis } from 'ioredis'
import { z } from 'zod'

import type { HoldProof } from '../../domain/queue.ts'
import type { Rate, Throttle } from '../../domain/throttle.ts'
import { activeJobs, eventsAfter, newestEvents, NO_EVENT } from './activity.ts'
import type { Connection } from './connection.ts'
import type { QueueKeys } from './keys.ts'
import { isMarker } from './next.ts'

const STEP_MS = 200
/** At most, in one step: those that a busy producer writes. */
const EVENTS = 1000

/** What was seen of a queue at one instant. */
interface Look {
  readonly active: ReadonlySet<string>
  /** Jobs that were taken up since the look before. */
  readonly taken: number
  readonly waiting: number
  /** What workers that keep to a rate have counted, and for how long that counts, in ms; 0 for none. */
  readonly counted: number
  readonly countedForMs: number
  readonly lastEvent: string
}

/** What one limit looked like between two looks; null tells nothing. */
type Sight = 'kept' | 'broken' | null

/**
 * Watches a queue that was throttled just now. `not_held` as soon as more jobs are taken than the limits allow;
 * `held` only if each limit was seen to hold jobs back that a worker could have taken; else nothing was proven,
 * as where the queue is slower than its limit anyway.
 */
export async function watchThrottle(
  connection: Connection,
  keys: QueueKeys,
  throttle: Throttle,
  { forMs, hasWorkers }: { readonly forMs: number; readonly hasWorkers: () => Promise<boolean> },
): Promise<HoldProof> {
  const { rate, concurrency } = throttle
  const seen = { rate: rate === null, concurrency: concurrency === null }
  let last = await connection.run((redis) => firstLook(redis, keys))
  let taken = 0
  for (let left = forMs; left > 0; left -= STEP_MS) {
    await sleep(Math.min(STEP_MS, left))
    const next = await connection.run((redis) => look(redis, keys, last.lastEvent))
    taken += next.taken
    const sights = {
      rate: rate === null ? null : rateSight(rate, last, next, { taken, forMs }),
      concurrency: concurrency === null ? null : concurrencySight(concurrency, last, next),
    }
    if (sights.rate === 'broken' || sights.concurrency === 'broken') return 'not_held'
    seen.rate ||= sights.rate === 'kept'
    seen.concurrency ||= sights.concurrency === 'kept'
    last = next
  }
  return seen.rate && seen.concurrency && (await hasWorkers()) ? 'held' : 'set_not_proven'
}

/** Workers count in spans that begin with the first job of each: of one more than fit in, all may be used up. */
function rateSight(
  { max, durationMs }: Rate,
  last: Look,
  next: Look,
  so: { readonly taken: number; readonly forMs: number },
): Sight {
  if (so.taken > max * (Math.ceil(so.forMs / durationMs) + 1)) return 'broken'
  const isFull = (at: Look): boolean => at.counted >= max && at.countedForMs > STEP_MS
  const isSameSpan = isFull(last) && isFull(next) && next.countedForMs < last.countedForMs
  if (!isSameSpan) return null
  if (next.taken > 0) return 'broken'
  return last.waiting > 0 && next.waiting > 0 ? 'kept' : null
}

/** Jobs that ran before the limit was set run to their end, however many they are. */
function concurrencySight(limit: number, last: Look, next: Look): Sight {
  const isTaken = next.taken > 0 || [...next.active].some((id) => !last.active.has(id))
  if (next.active.size > limit) return isTaken ? 'broken' : null
  const isReached = next.active.size === limit && last.active.size === limit
  return next.waiting > 0 && (isReached || next.taken > 0) ? 'kept' : null
}

async function firstLook(redis: Redis, keys: QueueKeys): Promise<Look> {
  const newest = await newestEvents(redis, keys, 1)
  return look(redis, keys, newest.at(-1)?.id ?? NO_EVENT)
}

const Count = z.coerce.number()

/** The count before the events: whatever it has counted is in them, so what comes in the next ones came later. */
async function look(redis: Redis, keys: QueueKeys, since: string): Promise<Look> {
  const limiter = `${keys.base}limiter`
  const [counted, ttl, events, active, waiting, prioritized] = await Promise.all([
    redis.get(limiter),
    redis.pttl(limiter),
    eventsAfter(redis, keys, since, EVENTS),
    activeJobs(redis, keys),
    redis.llen(keys.wait),
    redis.zcard(keys.prioritized),
  ])
  return {
    active: new Set(active),
    taken: events.filter(({ event, jobId }) => event === 'active' && !isMarker(jobId)).length,
    waiting: waiting + prioritized,
    counted: Count.parse(counted ?? '0'),
    countedForMs: Math.max(0, ttl),
    lastEvent: events.at(-1)?.id ?? since,
  }
}
