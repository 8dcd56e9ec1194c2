import type { Redis } from 'ioredis'

import { duplicates, queuesOf, type Evidence, type Partly } from './ledgers.ts'

const LISTS = ['wait', 'paused', 'active'] as const
const SETS = ['prioritized', 'delayed', 'failed', 'waiting-children'] as const

/** Every job that was added is finished once, or still in its queue; no delivery was accepted and dropped. */
export async function checkJobs({ redis, client, ledger }: Evidence): Promise<Partly> {
  const finished = new Set(ledger.finished)
  const waiting = new Set(
    (await Promise.all(queuesOf(ledger).map((queue) => inQueue(redis, queue)))).flat(),
  )
  const { rows } = await client.query<{ id: string }>('select id from delivery')
  const stored = new Set(rows.map(({ id }) => id))
  return {
    lost: [
      ...ledger.added.filter((job) => !finished.has(job) && !waiting.has(job)).map(named('job')),
      ...ledger.accepted.filter((id) => !stored.has(id)).map(named('delivery')),
    ],
    repeated: [
      ...duplicates(ledger.finished).map(named('job')),
      ...duplicates(ledger.posted).map(named('message')),
    ],
    stuck: ledger.added.filter((job) => waiting.has(job) && !finished.has(job)).map(named('job')),
  }
}

const named =
  (what: string) =>
  (id: string): string =>
    `${what} ${id}`

async function inQueue(redis: Redis, queue: string): Promise<readonly string[]> {
  const key = (name: string): string => `bull:${queue}:${name}`
  const ids = await Promise.all([
    ...LISTS.map((name) => redis.lrange(key(name), 0, -1)),
    ...SETS.map((name) => redis.zrange(key(name), '0', '-1')),
  ])
  return ids.flat().map((id) => `${queue} ${id}`)
}
