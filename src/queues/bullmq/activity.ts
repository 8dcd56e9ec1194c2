import type { Redis } from 'ioredis'

import type { QueueKeys } from './keys.ts'
import { isMarker } from './next.ts'

/** One entry of the stream into which BullMQ writes what happens to jobs. */
export interface QueueEvent {
  readonly id: string
  /** E.g. `active`, `completed`, `paused`. */
  readonly event: string
  /** Empty for what concerns the whole queue. */
  readonly jobId: string
}

/** Before the first one. */
export const NO_EVENT = '0-0'

type Entry = readonly [id: string, fields: readonly string[]]

/** Up to `count` events after the one with this id, the oldest first. */
export const eventsAfter = async (
  redis: Redis,
  keys: QueueKeys,
  id: string,
  count: number,
): Promise<readonly QueueEvent[]> =>
  (await redis.xrange(keys.events, `(${id}`, '+', 'COUNT', count)).map(toEvent)

/** The newest events, the oldest of them first. */
export const newestEvents = async (
  redis: Redis,
  keys: QueueKeys,
  count: number,
): Promise<readonly QueueEvent[]> =>
  (await redis.xrevrange(keys.events, '+', '-', 'COUNT', count)).map(toEvent).toReversed()

function toEvent([id, fields]: Entry): QueueEvent {
  const value = (name: string) => {
    const at = fields.indexOf(name)
    return at < 0 ? '' : (fields[at + 1] ?? '')
  }
  return { id, event: value('event'), jobId: value('jobId') }
}

/** Jobs that workers hold just now. */
export const activeJobs = async (redis: Redis, keys: QueueKeys): Promise<readonly string[]> =>
  (await redis.lrange(keys.active, 0, -1)).filter((id) => !isMarker(id))

/** When each job was last taken up, in ms as text; empty if never or if the job is gone. */
export const takenUp = (
  redis: Redis,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<readonly string[]> =>
  Promise.all(ids.map(async (id) => (await redis.hget(keys.base + id, 'processedOn')) ?? ''))
