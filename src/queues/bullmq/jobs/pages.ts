import { z } from 'zod'

import type { CompiledFilter } from '../../../domain/filter-match.ts'
import { SKIP_REASONS, type JobFacts, type JobState, type SkipReason } from '../../../domain/job.ts'
import { loadScript, runScriptForBytes, type ScriptArgument } from '../scripts.ts'
import { learnPace } from './batches.ts'
import { LONGEST_ERROR, LONGEST_STACKS, toFacts } from './facts.ts'
import type { JobsOf } from './guard.ts'
import { unpackLists } from './packed.ts'

const script = loadScript('select', 'clock', 'ties', 'walk')

/** Entries of one call: the script stops by itself where each of them has to be looked at. */
const STRETCH = { first: 200, most: 4000 }

/** A list or sorted set in which jobs are in one state. */
export interface Place {
  readonly state: JobState
  readonly key: string
  readonly kind: 'list' | 'zset'
}

/** Some jobs of a place, in order. */
export interface Page {
  readonly looked: number
  readonly jobs: readonly {
    readonly facts: JobFacts
    readonly staysFor: SkipReason | null
  }[]
}

interface Cursor {
  readonly behind: number
  readonly anchor: ScriptArgument
  readonly score: ScriptArgument
}

const AT_THE_START: Cursor = { behind: 0, anchor: '', score: '' }

const Bytes = z.instanceof(Buffer)
const Reply = z.tuple([z.number(), Bytes, Bytes, z.number(), z.number(), Bytes])
const Reason = z.union([z.literal('').transform(() => null), z.enum(SKIP_REASONS)])

/**
 * Goes through a place, or through those of `ids` that are there. Types that cannot match are passed over inside
 * Redis.
 */
export const pagesOf = (
  jobs: JobsOf,
  place: Place,
  compiled: CompiledFilter,
  ids: readonly string[],
): AsyncGenerator<Page, void> =>
  ids.length > 0 && place.kind === 'zset'
    ? namedPages(jobs, place, compiled, ids)
    : walkedPages(jobs, place, compiled, ids)

/** Redis reads the next page while this one is looked at. */
async function* walkedPages(
  jobs: JobsOf,
  place: Place,
  compiled: CompiledFilter,
  ids: readonly string[],
): AsyncGenerator<Page, void> {
  const pace = learnPace(STRETCH)
  const readFrom = async (cursor: Cursor): Promise<Stretch> => {
    const size = pace.size()
    const stretch = await read(jobs, place, compiled, { kind: place.kind, cursor, size, ids })
    pace.took(size, stretch.isEnd ? size : stretch.cursor.behind - cursor.behind)
    return stretch
  }
  let reading: Promise<Stretch> | null = readFrom(AT_THE_START)
  while (reading !== null) {
    const { page, cursor, isEnd }: Stretch = await reading
    reading = isEnd ? null : readFrom(cursor)
    // Whoever has enough does not wait for the next page, nor hear of its failure.
    reading?.catch(() => {})
    yield page
  }
}

async function* namedPages(
  jobs: JobsOf,
  place: Place,
  compiled: CompiledFilter,
  ids: readonly string[],
): AsyncGenerator<Page, void> {
  for (let at = 0; at < ids.length;) {
    const size = Math.min(STRETCH.first, ids.length - at)
    const { page, cursor } = await read(jobs, place, compiled, {
      kind: 'named',
      cursor: AT_THE_START,
      size,
      ids: ids.slice(at, at + size),
    })
    at += cursor.behind
    yield page
  }
}

interface Stretch {
  readonly page: Page
  readonly cursor: Cursor
  readonly isEnd: boolean
}

async function read(
  { connection, keys }: JobsOf,
  place: Place,
  compiled: CompiledFilter,
  from: {
    readonly kind: 'list' | 'zset' | 'named'
    readonly cursor: Cursor
    readonly size: number
    readonly ids: readonly string[]
  },
): Promise<Stretch> {
  const { kind, cursor, size, ids } = from
  const types = compiled.exactTypes ?? []
  const reached = [cursor.behind, cursor.anchor, cursor.score]
  const texts = [partsOf(compiled), LONGEST_ERROR, LONGEST_STACKS]
  const counts = [types.length, ids.length]
  const reply = await connection.run((redis) =>
    runScriptForBytes(
      redis,
      script,
      [keys.base, place.key],
      [kind, ...reached, size, ...texts, ...counts, ...types, ...ids],
    ),
  )
  const [behind, anchor, score, isEnd, looked, packed] = Reply.parse(reply)
  return {
    page: { looked, jobs: toJobs(place.state, compiled, packed) },
    cursor: { behind, anchor, score },
    isEnd: isEnd === 1,
  }
}

const partsOf = ({ needs }: CompiledFilter): string =>
  `${needs.data ? 'd' : ''}${needs.error ? 'e' : ''}${needs.stack ? 's' : ''}`

const PACKED_PER_JOB = 10

function toJobs(state: JobState, { needs }: CompiledFilter, packed: Buffer): Page['jobs'] {
  const [values = []] = unpackLists(packed, (from, to) => packed.toString('utf8', from, to))
  const text = (at: number) => values[at] ?? ''
  const jobs: Page['jobs'][number][] = []
  for (let at = 0; at < values.length; at += PACKED_PER_JOB) {
    const facts = toFacts(text(at), state, {
      name: text(at + 1),
      timestamp: text(at + 2),
      finishedOn: text(at + 3),
      attempts: text(at + 4),
      priority: text(at + 5),
      failedReason: text(at + 7),
      stacktrace: needs.stack ? text(at + 8) : null,
      data: text(at + 9) === '' ? null : text(at + 9).slice(1),
    })
    jobs.push({ facts, staysFor: Reason.parse(text(at + 6)) })
  }
  return jobs
}
