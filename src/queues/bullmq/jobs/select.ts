import type { Redis } from 'ioredis'
import { z } from 'zod'

import { compileFilter, type CompiledFilter } from '../../../domain/filter-match.ts'
import type { JobFilter } from '../../../domain/job-filter.ts'
import type { JobState } from '../../../domain/job.ts'
import type { Selection, Watch } from '../../../domain/ports/job-operator.ts'
import { readJobs } from '../jobs.ts'
import type { QueueKeys } from '../keys.ts'
import { loadScript, runScript } from '../scripts.ts'
import { gather, type Gathering } from './gather.ts'
import type { JobsOf } from './guard.ts'
import { pagesOf, type Page, type Place } from './pages.ts'

const SHOWN_JOBS = 3

/**
 * Every job that matches, at most `most`: those next in line first, those that failed or completed first, those due
 * first. The queue goes on meanwhile: what was there all the time is found, once; what comes or goes may be missed.
 *
 * Payloads above 128 KB are not read, so that tests of the payload do not match; errors and stacks are as `LONGEST_ERROR` and `LONGEST_STACKS` say.
 */
export async function selectJobs(
  jobs: JobsOf,
  filter: JobFilter,
  most: number,
  watch: Watch,
  now: Date,
): Promise<Selection> {
  const compiled = compileFilter(filter, now)
  const gathering = gather(Math.min(filter.limit ?? most, most))
  const places = filter.states.flatMap((state) => placesOf(jobs.keys, state))
  const lengths = await jobs.connection.run((redis) =>
    Promise.all(places.map((place) => lengthOf(redis, place))),
  )
  const total = lengths.reduce((sum, length) => sum + length, 0)
  // Whether one of them is a duplicate, others tell.
  const ids = filter.is.includes('duplicate') ? [] : filter.ids
  for (const place of places) {
    if (gathering.isFull()) break
    for await (const page of pagesOf(jobs, place, compiled, ids)) {
      watch.signal.throwIfAborted()
      takeIn(page, place.state, compiled, gathering)
      watch.onProgress(Math.min(gathering.looked() / Math.max(total, 1), 1))
      if (gathering.isFull()) break
    }
  }
  const shown = gathering.firstIds(SHOWN_JOBS)
  const sample = await jobs.connection.run((redis) => readJobs(redis, jobs.keys, shown))
  return { ...gathering.result(), sample: sample.filter((job) => job !== null) }
}

function takeIn(
  { looked, jobs }: Page,
  state: JobState,
  { matches }: CompiledFilter,
  gathering: Gathering,
): void {
  gathering.look(looked)
  for (const { facts, staysFor } of jobs) {
    if (gathering.isFull()) return
    // One that is seen again while it moves is no duplicate of itself.
    if (!gathering.has(facts.id) && matches(facts)) gathering.add(state, facts, staysFor)
  }
}

/** A job's places in the order in which workers come to them. */
function placesOf(keys: QueueKeys, state: JobState): readonly Place[] {
  if (state === 'waiting')
    return [keys.paused, keys.wait].map((key) => ({ state, key, kind: 'list' }))
  return [{ state, key: keys[state], kind: state === 'active' ? 'list' : 'zset' }]
}

const lengthOf = (redis: Redis, { key, kind }: Place): Promise<number> =>
  kind === 'list' ? redis.llen(key) : redis.zcard(key)

/** How many of these jobs are still in this state: one look at each, or one walk through the lists. */
export async function countThere(
  { connection, keys }: JobsOf,
  state: JobState,
  ids: readonly string[],
): Promise<number> {
  const wanted = new Set(ids)
  let count = 0
  for (const place of placesOf(keys, state)) {
    const found = place.kind === 'list' ? walkList : lookUp
    count += await found({ connection, keys }, place.key, wanted)
  }
  return count
}

const LOOKED_UP = 500

async function lookUp(
  { connection }: JobsOf,
  key: string,
  wanted: ReadonlySet<string>,
): Promise<number> {
  const ids = [...wanted]
  let count = 0
  for (let at = 0; at < ids.length; at += LOOKED_UP) {
    const scores = await connection.run((redis) =>
      Promise.all(ids.slice(at, at + LOOKED_UP).map((id) => redis.zscore(key, id))),
    )
    count += scores.filter((score) => score !== null).length
  }
  return count
}

/** Entries of one call: about a millisecond. */
const WALKED = 4000
const thereScript = loadScript('there')
const There = z.tuple([z.number(), z.array(z.string())])

/** From the head, where nothing is taken: what is added meanwhile shows entries twice rather than not at all. */
async function walkList(
  { connection }: JobsOf,
  key: string,
  wanted: ReadonlySet<string>,
): Promise<number> {
  const left = new Set(wanted)
  for (let at = 0; left.size > 0; at += WALKED) {
    const stretch = [at, at + WALKED - 1, ...left]
    const [looked, found] = There.parse(
      await connection.run((redis) => runScript(redis, thereScript, [key], stretch)),
    )
    for (const id of found) left.delete(id)
    if (looked < WALKED) break
  }
  return wanted.size - left.size
}
