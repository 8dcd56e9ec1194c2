import type { Redis } from 'ioredis'

import type { QueueFacts } from './overview.ts'

/** The facts of the overview for a Redis user without the right to run scripts: plain reads, two passes. */
export const readPlainly = (redis: Redis, bases: readonly string[]): Promise<QueueFacts[]> =>
  Promise.all(bases.map((base) => readOne(redis, base)))

async function readOne(redis: Redis, base: string): Promise<QueueFacts> {
  // Commands of one tick share a pipeline on the connection.
  const [lists, sets, tails, [isPaused, version]] = await Promise.all([
    Promise.all(['wait', 'active', 'paused'].map((list) => redis.llen(base + list))),
    Promise.all(SETS.map((set) => redis.zcard(base + set))),
    Promise.all([
      redis.lrange(`${base}wait`, -2, -1),
      redis.lrange(`${base}paused`, -2, -1),
      redis.zrange(`${base}prioritized`, '0', '0'),
    ]),
    redis.hmget(`${base}meta`, 'paused', 'version'),
  ])
  const [waiting = 0, active = 0, aside = 0] = lists
  const [delayed = 0, prioritized = 0, failed = 0, completed = 0, waitingChildren = 0] = sets
  const paused = aside - markersIn(tails[1])
  return {
    counts: {
      waiting: waiting - markersIn(tails[0]),
      active,
      delayed,
      prioritized,
      failed,
      completed,
      waitingChildren,
      paused,
    },
    isPaused: isPaused !== null,
    oldestWaitingAt: await oldestOf(redis, base, tails),
    stranded: isPaused === null ? paused : 0,
    libraryVersion: version ?? null,
  }
}

async function oldestOf(
  redis: Redis,
  base: string,
  [wait, paused, prioritized]: readonly (readonly string[])[],
): Promise<Date | null> {
  const inLists = [wait, paused].flatMap((ids) => ids?.findLast((id) => !isMarker(id)) ?? [])
  // Workers look at priorities only when the lists are empty.
  const next = inLists.length > 0 ? inLists : (prioritized ?? [])
  const added = await Promise.all(next.map((id) => redis.hget(base + id, 'timestamp')))
  const times = added.filter((time) => time !== null).map(Number)
  return times.length === 0 ? null : new Date(Math.min(...times))
}

const SETS = ['delayed', 'prioritized', 'failed', 'completed', 'waiting-children']

/** BullMQ 4 keeps a marker at the end of its lists, which is no job. */
const isMarker = (id: string): boolean => id.startsWith('0:')

const markersIn = (tail: readonly string[]): number => (isMarker(tail.at(-1) ?? '') ? 1 : 0)
