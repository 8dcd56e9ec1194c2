import type { PlannedJobs } from '../../../domain/action.ts'
import { canarySample, type Candidate } from '../../../domain/canary-sample.ts'
import { parseFilterText } from '../../../domain/filter-grammar.ts'
import { filterWords } from '../../../domain/filter-words.ts'
import { jobsDigest } from '../../../domain/plan.ts'
import { queueKey, type QueueRef } from '../../../domain/queue.ts'
import { sliceJobs, wavesFor } from '../../../domain/replay-ramp.ts'
import { canaryKey, intoWaves, strataOf } from '../../../domain/replay-waves.ts'
import type { PlannedReplay, Ramp } from '../../../domain/replay.ts'
import { plural } from '../../../domain/text.ts'
import type { PoolJob, ReplayPool } from './replay-pool.ts'
import { slicesOfWaves } from './replay-slices.ts'
import type { JobsWish, ResolvedJobs } from './resolve-jobs.ts'

/** A pool of jobs shared out to waves: what the plan shows, and every single id. */
export function replayOf(
  ref: QueueRef,
  wish: JobsWish,
  pool: ReplayPool,
  ramp: Ramp,
): ResolvedJobs {
  const { jobs, candidates } = pool
  const sizes = wavesFor(jobs.length, ramp.steps)
  const first = firstWave(pool, sizes[0] ?? 0)
  const waves = intoWaves(jobs, first.jobs, sizes)
  const slices = slicesOfWaves(ref, waves, sliceJobs(ramp))
  const planned = new Set(waves.flat())
  const known = candidates.filter(({ key }) => has(planned, jobs[Number(key)]))
  const key = queueKey(ref)
  return {
    slices,
    counts: new Map([[key, planned.size]]),
    warnings: new Map([[key, [...pool.warnings, ...leftWarnings(jobs.length - planned.size)]]]),
    preview: { types: typesOf(known, planned.size), sample: pool.sample.slice(0, 3) },
    jobs: {
      filter: filterWords(parseFilterText(wish.filter)),
      count: planned.size,
      digest: jobsDigest(slices),
      byState: byState(planned),
      ...agesOf(known),
      foreseen: {},
      options: wish.options,
      replay: plannedReplay(pool, first.chosen, { ramp, waves: sizes }, wish.options.continues),
    },
  }
}

const has = <T>(all: ReadonlySet<T>, one: T | undefined): boolean =>
  one !== undefined && all.has(one)

/** So many stand for everything that is known; a first wave that is larger takes the others evenly. */
const MOST_CHOSEN = 1000

function firstWave(
  { jobs, candidates }: ReplayPool,
  size: number,
): { readonly jobs: ReadonlySet<PoolJob>; readonly chosen: readonly string[] } {
  const chosen = canarySample(candidates, Math.min(size, MOST_CHOSEN))
  const first = new Set(chosen.flatMap((key) => jobs[Number(key)] ?? []))
  const others = jobs.filter((job) => !first.has(job))
  const missing = Math.min(size - first.size, others.length)
  for (let n = 0; n < missing; n += 1) {
    const job = others[Math.floor(((n + 0.5) * others.length) / missing)]
    if (job !== undefined) first.add(job)
  }
  return { jobs: first, chosen }
}

function plannedReplay(
  { jobs, candidates }: ReplayPool,
  chosen: readonly string[],
  how: Pick<PlannedReplay, 'ramp' | 'waves'>,
  continues: number | undefined,
): PlannedReplay {
  const { strata, of } = strataOf(candidates)
  const canary: Record<string, number> = {}
  for (const key of chosen) {
    const [job, stratum] = [jobs[Number(key)], of.get(key)]
    if (job !== undefined && stratum !== undefined)
      canary[canaryKey(job.id, job.isInVault)] = stratum
  }
  const frozen = { ...how, strata, looked: candidates.length, canary }
  return continues === undefined ? frozen : { ...frozen, continues }
}

const leftWarnings = (left: number): readonly string[] =>
  left === 0
    ? []
    : [
        `${plural(left, 'other job')} ${left === 1 ? 'stays where it is' : 'stay where they are'}: the ramp ends before ${left === 1 ? 'it' : 'them'}.`,
      ]

function typesOf(known: readonly Candidate[], total: number): ResolvedJobs['preview']['types'] {
  const counts = new Map<string, number>()
  for (const { type } of known) counts.set(type, (counts.get(type) ?? 0) + 1)
  const items = [...counts]
    .map(([type, count]) => ({ type, count }))
    .toSorted((a, b) => b.count - a.count)
  return { items, looked: known.length, total, isExact: known.length === total }
}

function byState(jobs: ReadonlySet<PoolJob>): PlannedJobs['byState'] {
  const counts: Partial<Record<PoolJob['state'], number>> = {}
  for (const { state } of jobs) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

function agesOf(known: readonly Candidate[]): Pick<PlannedJobs, 'oldestAt' | 'newestAt'> {
  let [oldestAt, newestAt]: [Date | null, Date | null] = [null, null]
  for (const { at } of known) {
    if (at === null) continue
    if (oldestAt === null || at < oldestAt) oldestAt = at
    if (newestAt === null || at > newestAt) newestAt = at
  }
  return { oldestAt, newestAt }
}
