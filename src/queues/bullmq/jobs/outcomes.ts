import type { Redis } from 'ioredis'
import { z } from 'zod'

import type { JobOutcome } from '../../../domain/ports/job-operator.ts'
import type { Connection } from '../connection.ts'
import type { QueueKeys } from '../keys.ts'

/** Events read per call: some milliseconds at most, also where they carry results of some kilobytes. */
const PAGE = 500
/** BullMQ keeps about 10,000 events; of a queue that keeps more, so many are read. */
const MOST_PAGES = 100
/** The clocks of Redis and of workers may be behind ours by so much. */
const SLACK_MS = 2000

/** Events that say where a job is; others, like `progress` or `retries-exhausted`, say nothing of that. */
const TELLING = ['completed', 'failed', 'active', 'waiting', 'delayed', 'added', 'removed'] as const

const Telling = z.object({
  event: z.enum(TELLING),
  jobId: z.string(),
  failedReason: z.string().default(''),
})
type Telling = z.infer<typeof Telling>

const Place = z.object({
  exists: z.literal([0, 1]),
  isLocked: z.literal([0, 1]),
  completedAt: z.coerce.number().nullable(),
  failedAt: z.coerce.number().nullable(),
  error: z.string().nullable(),
})
type Place = z.infer<typeof Place>

/**
 * What became of up to a few hundred jobs that were put or retried at `since` or later. The queue says it of jobs that
 * it still has. For the others a job's last event counts, if it ended by it: it is there also with `removeOnComplete`.
 * Events are trimmed (to about 10,000), so ask while the jobs run: `unseen` where nothing tells. Errors are raw.
 */
export async function readOutcomes(
  connection: Connection,
  keys: QueueKeys,
  ids: readonly string[],
  since: Date,
): Promise<ReadonlyMap<string, JobOutcome>> {
  if (ids.length === 0) return new Map()
  const from = Math.max(0, since.getTime() - SLACK_MS)
  // Places before events: a job that ends between the two reads shows in the events.
  const places = await connection.run((redis) => readPlaces(redis, keys, ids))
  const known = new Map(ids.map((id, index) => [id, outcomeAt(places[index], from)]))
  const missing = ids.filter((id) => known.get(id) === null)
  const events = await readLastEvents(connection, keys, new Set(missing), from)
  return new Map(ids.map((id) => [id, known.get(id) ?? endIn(events.get(id)) ?? UNSEEN]))
}

const UNSEEN = { kind: 'unseen' } as const

function endIn(last: Telling | undefined): JobOutcome | null {
  if (last?.event === 'completed') return { kind: 'completed' }
  return last?.event === 'failed' ? { kind: 'failed', error: last.failedReason } : null
}

/** An end of before `from` is no outcome: the job was not run again, or ran and is gone since. */
function outcomeAt(place: Place | undefined, from: number): JobOutcome | null {
  if (place === undefined || place.exists === 0) return null
  const { completedAt, failedAt } = place
  if (completedAt !== null) return completedAt >= from ? { kind: 'completed' } : null
  if (failedAt !== null) {
    return failedAt >= from ? { kind: 'failed', error: place.error ?? '' } : null
  }
  return { kind: place.isLocked === 1 ? 'active' : 'waiting' }
}

const readPlaces = (
  redis: Redis,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<readonly Place[]> =>
  Promise.all(
    ids.map(async (id) => {
      const key = keys.base + id
      const [exists, isLocked, completedAt, failedAt, error] = await Promise.all([
        redis.exists(key),
        redis.exists(`${key}:lock`),
        redis.zscore(keys.completed, id),
        redis.zscore(keys.failed, id),
        redis.hget(key, 'failedReason'),
      ])
      return Place.parse({ exists, isLocked, completedAt, failedAt, error })
    }),
  )

/** The last telling event of each of these jobs; a read stops early once all of them have completed. */
async function readLastEvents(
  connection: Connection,
  keys: QueueKeys,
  wanted: ReadonlySet<string>,
  from: number,
): Promise<ReadonlyMap<string, Telling>> {
  const last = new Map<string, Telling>()
  // Without a job to look for nothing is read: events may carry results of any size.
  const completed = new Set<string>()
  let start = String(from)
  for (let page = 0; page < MOST_PAGES && completed.size < wanted.size; page++) {
    const after = start
    const entries = await connection.run((redis) =>
      redis.xrange(keys.events, after, '+', 'COUNT', PAGE),
    )
    for (const [, pairs] of entries) {
      const telling = Telling.safeParse(toObject(pairs)).data
      if (telling === undefined || !wanted.has(telling.jobId)) continue
      last.set(telling.jobId, telling)
      if (telling.event === 'completed') completed.add(telling.jobId)
      else completed.delete(telling.jobId)
    }
    const end = entries.at(-1)?.[0]
    if (end === undefined || entries.length < PAGE) break
    start = `(${end}`
  }
  return last
}

/** The fields of an entry of a stream, which come as names and values in turn. */
export function toObject(pairs: readonly string[]): Record<string, string> {
  const object: Record<string, string> = {}
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    object[pairs[index] ?? ''] = pairs[index + 1] ?? ''
  }
  return object
}
