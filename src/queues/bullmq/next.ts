import type { Redis } from 'ioredis'

import type { QueueKeys } from './keys.ts'

/** A marker of BullMQ 4 stands where the next job would. */
export const isMarker = (id: string): boolean => id.startsWith('0:')

/**
 * Up to `each` jobs of every place where jobs wait, in the order in which workers take them once the queue
 * runs: what is set aside, then the wait list, then priorities.
 */
export async function nextInLine(
  redis: Redis,
  keys: QueueKeys,
  each: number,
): Promise<readonly string[]> {
  const [paused, wait, prioritized] = await Promise.all([
    redis.lrange(keys.paused, -each - 1, -1),
    redis.lrange(keys.wait, -each - 1, -1),
    redis.zrange(keys.prioritized, '0', String(each - 1)),
  ])
  const ofList = (tail: readonly string[]) =>
    tail
      .filter((id) => !isMarker(id))
      .slice(-each)
      .toReversed()
  return [...ofList(paused), ...ofList(wait), ...prioritized]
}
