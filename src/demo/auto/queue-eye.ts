import type { Redis } from 'ioredis'

/** The queue as Redis has it, without Spillway: what its claims are checked against. */
export interface QueueEye {
  isPaused(): Promise<boolean>
  /** Jobs that a worker could take, or could once the queue runs: waiting, paused, prioritized. */
  backlog(): Promise<number>
  active(): Promise<number>
  failed(): Promise<number>
  /** Failed jobs by id: all that Redis has of each, by field, with its place among them. */
  failures(): Promise<ReadonlyMap<string, string>>
  /** Id of the job that would run next, or null. */
  next(): Promise<string | null>
}

export function queueEye(redis: Redis, queue: string, prefix = 'bull'): QueueEye {
  const key = (name: string) => `${prefix}:${queue}:${name}`
  return {
    isPaused: async () => (await redis.hexists(key('meta'), 'paused')) === 1,
    backlog: async () =>
      (await redis.llen(key('wait'))) +
      (await redis.llen(key('paused'))) +
      (await redis.zcard(key('prioritized'))),
    active: () => redis.llen(key('active')),
    failed: () => redis.zcard(key('failed')),
    async failures() {
      const places = await redis.zrange(key('failed'), '0', '-1', 'WITHSCORES')
      const ids = places.filter((_, index) => index % 2 === 0)
      const jobs = await Promise.all(ids.map((id) => redis.hgetall(key(id))))
      return new Map(
        ids.map((id, index) => {
          const fields = Object.entries(jobs[index] ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
          return [id, JSON.stringify([places[2 * index + 1], Object.fromEntries(fields)])]
        }),
      )
    },
    next: async () =>
      (await redis.lindex(key('paused'), -1)) ?? (await redis.lindex(key('wait'), -1)),
  }
}
