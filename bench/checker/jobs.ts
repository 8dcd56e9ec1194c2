import type { Redis } from 'ioredis'

import { duplicates, queuesOf, type Evidence, type Partly } from './ledgers.ts'

const LISTS = ['wait', 'paused', 'active'] as const
const SETS = ['prioritized', 'delayed', 'failed', 'waiting-children'] as const

/**
 * Every job that was added is finished once, or still in its queue; no delivery was accepted and dropped. A
 * job whose worker lost its lock is run again by BullMQ itself, which says so in the queue's events: `rerun`
 * counts what was finished twice for that reason, and only for that.
 */
export async function checkJobs({
  redis,
  client,
  ledger,
}: Evidence): Promise<Partly & { readonly rerun: number }> {
  const finished = new Set(ledger.finished)
  const queues = queuesOf(ledger)
  const waiting = new Set((await Promise.all(queues.map((queue) => inQueue(redis, queue)))).flat())
  const stalled = (await Promise.all(queues.map((queue) => stalls(redis, queue)))).flat()
  const { rows } = await client.query<{ id: string }>('select id from delivery')
  const stored = new Set(rows.map(({ id }) => id))
  const { ours, theirs } = apart(duplicates(ledger.finished), stalled)
  return {
    lost: [
      ...ledger.added.filter((job) => !finished.has(job) && !waiting.has(job)).map(named('job')),
      ...ledger.accepted.filter((id) => !stored.has(id)).map(named('delivery')),
    ],
    repeated: ours.map(named('job')),
    stuck: ledger.added.filter((job) => waiting.has(job) && !finished.has(job)).map(named('job')),
    rerun: theirs.length,
  }
}

/** Each time that a worker lost a job explains one more end of it, not more. */
function apart(
  again: readonly string[],
  stalled: readonly string[],
): { readonly ours: readonly string[]; readonly theirs: readonly string[] } {
  const left = [...stalled]
  const ours: string[] = []
  const theirs: string[] = []
  for (const job of again) {
    const index = left.indexOf(job)
    if (index === -1) ours.push(job)
    else {
      left.splice(index, 1)
      theirs.push(job)
    }
  }
  return { ours, theirs }
}

const named =
  (what: string) =>
  (id: string): string =>
    `${what} ${id}`

async function stalls(redis: Redis, queue: string): Promise<readonly string[]> {
  const events = await redis.xrange(`bull:${queue}:events`, '-', '+')
  return events.flatMap(([, fields]) => {
    const field = (name: string): string => fields[fields.indexOf(name) + 1] ?? ''
    return field('event') === 'stalled' ? [`${queue} ${field('jobId')}`] : []
  })
}

async function inQueue(redis: Redis, queue: string): Promise<readonly string[]> {
  const key = (name: string): string => `bull:${queue}:${name}`
  const ids = await Promise.all([
    ...LISTS.map((name) => redis.lrange(key(name), 0, -1)),
    ...SETS.map((name) => redis.zrange(key(name), '0', '-1')),
  ])
  return ids.flat().map((id) => `${queue} ${id}`)
}
