import type { Redis } from 'ioredis'
import { z } from 'zod'

import type { EndedJobs } from '../../../domain/ports/job-operator.ts'
import { newestEvents, NO_EVENT } from '../activity.ts'
import type { QueueKeys } from '../keys.ts'
import type { JobsOf } from './guard.ts'
import { toObject } from './outcomes.ts'

/** Events read per call, and what they may weigh in bytes: some carry all that a job returned. */
const PAGE = { first: 25, least: 5, most: 2_000, bytes: 512 * 1024 }
const MOST_PAGES = 100
/** So many events BullMQ keeps unless the queue says otherwise. */
const KEPT = 10_000

/**
 * An attempt that is followed by another one tells `delayed` or `waiting`, in all majors: `failed` is told of
 * the last one only. It is told, too, where a job fails without a worker, because it stalled too often or for its
 * child (early versions; in later ones a worker fails it). `retries-exhausted` only repeats it.
 */
const End = z.object({
  event: z.enum(['completed', 'failed']),
  jobId: z.string(),
  failedReason: z.string().default(''),
})

const Info = z.array(z.unknown())
const Length = z.object({ length: z.number(), 'entries-added': z.number().optional() })

type Entry = readonly [id: string, fields: readonly string[]]
type Ended = EndedJobs['jobs'][number]

/** The id of the queue's newest event; before the first one it is `0-0`. */
export const readPosition = ({ connection, keys }: JobsOf): Promise<string> =>
  connection.run(async (redis) => (await newestEvents(redis, keys, 1)).at(-1)?.id ?? NO_EVENT)

/**
 * Up to `most` jobs that ended after the event `position`, by the clock of Redis. BullMQ keeps some 10,000 events,
 * three or four of every job. Where the one at `position` is not there any more, others may have gone with it, or
 * the stream was deleted and begun anew: there is a gap then, and it is read from the oldest one on. A queue whose
 * events are switched off has a gap at every look.
 */
export async function readEnded(
  jobsOf: JobsOf,
  position: string,
  most: number,
): Promise<EndedJobs> {
  const { connection, keys } = jobsOf
  const jobs: Ended[] = []
  let [at, hasGap, size] = [position, false, PAGE.first]
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const [from, count] = [at, size]
    const { entries, isWhole } = await connection.run((redis) =>
      readAfter(redis, keys, from, count),
    )
    hasGap ||= !isWhole
    // Redis lost its last writes: what it still has of before was told already.
    if (entries.length === 0 && !isWhole) at = await readPosition(jobsOf)
    for (const [index, [id, fields]] of entries.entries()) {
      at = id
      jobs.push(...endIn(id, fields))
      if (jobs.length < most) continue
      return {
        position: at,
        jobs,
        hasGap,
        hasMore: index + 1 < entries.length || entries.length === count,
      }
    }
    if (entries.length < count) return { position: at, jobs, hasGap, hasMore: false }
    size = sizeAfter(entries)
  }
  return { position: at, jobs, hasGap, hasMore: true }
}

/** Up to `count` events behind this one; `isWhole` unless some may have been dropped in between. */
async function readAfter(
  redis: Redis,
  keys: QueueKeys,
  position: string,
  count: number,
): Promise<{ readonly entries: readonly Entry[]; readonly isWhole: boolean }> {
  // That event itself is asked for too: while it is there, so is everything behind it.
  const found: readonly Entry[] = await redis.xrange(keys.events, position, '+', 'COUNT', count + 1)
  if (position === NO_EVENT)
    return { entries: found.slice(0, count), isWhole: await isUntrimmed(redis, keys) }
  const isWhole = found[0]?.[0] === position
  return { entries: isWhole ? found.slice(1) : found.slice(0, count), isWhole }
}

/** Whether a stream still has its first event. Before Redis 7 only its length tells: one that is full was trimmed. */
async function isUntrimmed(redis: Redis, keys: QueueKeys): Promise<boolean> {
  const info = await redis.xinfo('STREAM', keys.events).catch(absent)
  if (info === null) return true
  const named = Info.parse(info).flatMap((name, index, all) =>
    index % 2 === 0 ? [[name, all[index + 1]]] : [],
  )
  const { length, 'entries-added': added } = Length.parse(Object.fromEntries(named))
  if (added !== undefined) return added === length
  const kept = await redis.hget(keys.meta, 'opts.maxLenEvents')
  return length < (kept === null ? KEPT : Number(kept))
}

function absent(error: unknown): null {
  if (error instanceof Error && error.message.includes('no such key')) return null
  throw error
}

function endIn(id: string, fields: readonly string[]): readonly Ended[] {
  const told = toObject(fields)
  // Most events tell of something else: to refuse those by the schema would cost more than all the rest.
  if (told['event'] !== 'completed' && told['event'] !== 'failed') return []
  const end = End.safeParse(told).data
  if (end === undefined) return []
  const { jobId, event: kind, failedReason } = end
  const error = kind === 'failed' ? failedReason : null
  return [{ id: jobId, kind, error, at: new Date(Number.parseInt(id, 10)) }]
}

function sizeAfter(entries: readonly Entry[]): number {
  const characters = entries.reduce((sum, [, fields]) => sum + fields.join('').length, 1)
  const size = Math.floor((PAGE.bytes * entries.length) / characters)
  return Math.min(Math.max(size, PAGE.least), PAGE.most)
}
