import type { Redis } from 'ioredis'
import type pg from 'pg'

import { duplicates, queuesOf, type Evidence, type Partly } from './ledgers.ts'

const LISTS = ['wait', 'paused', 'active'] as const
const SETS = ['prioritized', 'delayed', 'failed', 'waiting-children'] as const

/**
 * Every job that was added is finished once, or still in its queue, or in the vault: in one of these places; no
 * delivery was accepted and dropped. A job whose worker lost its lock is run again by BullMQ itself, which says so in
 * the queue's events: `rerun` counts what was finished twice for that reason, and only for that.
 */
export async function checkJobs({
  redis,
  client,
  ledger,
}: Evidence): Promise<Partly & { readonly rerun: number; readonly held: number }> {
  const finished = new Set(ledger.finished)
  const queues = queuesOf(ledger)
  const queued = (await Promise.all(queues.map((queue) => inQueue(redis, queue)))).flat()
  const waiting = new Set(queued)
  const stalled = (await Promise.all(queues.map((queue) => stalls(redis, queue)))).flat()
  const held = await inVault(client)
  const known = new Set([...finished, ...waiting, ...held, ...ledger.garbled])
  const { rows } = await client.query<{ id: string }>('select id from delivery')
  const stored = new Set(rows.map(({ id }) => id))
  // Once more than one end or place is once too often, wherever it is.
  const again = duplicates([...ledger.finished, ...queued, ...held])
  const { ours, theirs } = apart(again, [...ledger.stalled, ...stalled])
  return {
    lost: [
      ...ledger.added.filter((job) => !known.has(job)).map(named('job')),
      ...ledger.garbled.map(named('content of job')),
      ...ledger.accepted.filter((id) => !stored.has(id)).map(named('delivery')),
    ],
    repeated: ours.map(named('job')),
    stuck: ledger.added.filter((job) => waiting.has(job) && !finished.has(job)).map(named('job')),
    rerun: theirs.length,
    held: held.length,
  }
}

/** Each time that a worker lost a job explains one more end of it, not more. */
function apart(
  again: readonly string[],
  stalled: readonly string[],
): { readonly ours: readonly string[]; readonly theirs: readonly string[] } {
  const left = new Map<string, number>()
  for (const job of stalled) left.set(job, (left.get(job) ?? 0) + 1)
  const ours: string[] = []
  const theirs: string[] = []
  for (const job of again) {
    const times = left.get(job) ?? 0
    left.set(job, times - 1)
    if (times > 0) theirs.push(job)
    else ours.push(job)
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

/** A v4 worker's markers in the list are no jobs. */
async function inQueue(redis: Redis, queue: string): Promise<readonly string[]> {
  const key = (name: string): string => `bull:${queue}:${name}`
  const ids = await Promise.all([
    ...LISTS.map((name) => redis.lrange(key(name), 0, -1)),
    ...SETS.map((name) => redis.zrange(key(name), '0', '-1')),
  ])
  return ids
    .flat()
    .filter((id) => !id.startsWith('0:'))
    .map((id) => `${queue} ${id}`)
}

/** What only the vault has. */
async function inVault(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select queue || ' ' || job_id as name from vault_job join vault_set on vault_set.id = set_id
     where state in ('held', 'releasing')`,
  )
  return rows.map(({ name }) => name)
}
