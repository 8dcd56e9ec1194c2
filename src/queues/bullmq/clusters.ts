import type { Redis } from 'ioredis'
import { z } from 'zod'

import { ClusterTally, type TalliedCluster } from '../../domain/cluster-tally.ts'
import type { FailureCluster } from '../../domain/failure-cluster.ts'
import { compileFilter, type CompiledFilter } from '../../domain/filter-match.ts'
import type { FailureClusters } from '../../domain/job-details.ts'
import { NO_FILTER } from '../../domain/job-filter.ts'
import type { Watch } from '../../domain/ports/job-operator.ts'
import { redactText } from '../../domain/redaction.ts'
import type { Connection } from './connection.ts'
import { readJobs } from './jobs.ts'
import { learnPace } from './jobs/batches.ts'
import { LONGEST_ERROR, LONGEST_STACKS, toFacts } from './jobs/facts.ts'
import type { QueueKeys } from './keys.ts'
import { loadScript, runScript } from './scripts.ts'

const failed = loadScript('failed', 'clock')

const LONGEST_DATA = 128 * 1024
const SHOWN_CLUSTERS = 10
const NEWEST = 1000
const SHOWN_ERROR = 300

const Reply = z.tuple([
  z.number(),
  z.array(
    z.tuple([
      z.string(),
      z.string(),
      z.string(),
      z.string(),
      z.string(),
      z.string(),
      z.string(),
      z.string().nullable(),
      z.string().nullable(),
    ]),
  ),
])

interface Pass {
  readonly filter: CompiledFilter
  /** Jobs that are looked at, and that may match. */
  readonly most: number
  readonly limit: number
  readonly watch: Watch
}

/**
 * Failed jobs by what failed, the newest first. The set moves meanwhile: what fails now is looked at the next time, what
 * is taken out may cost a neighbour its turn, and none counts twice. Rejects with the signal's reason.
 */
export async function readClusters(
  connection: Connection,
  keys: QueueKeys,
  pass: Pass,
): Promise<FailureClusters> {
  const total = await connection.run((redis) => redis.zcard(keys.failed))
  const { tally, looked } = await tallied(connection, keys, pass, Math.min(total, pass.most))
  const items = await connection.run((redis) =>
    withSamples(redis, keys, tally.largest(SHOWN_CLUSTERS)),
  )
  const isExact = looked >= total || tally.jobs >= pass.limit
  return { items, clusters: tally.clusters, matched: tally.jobs, looked, total, isExact }
}

/** What the newest thousand failed of, in some ten calls at any size. */
export const readNewestFailures = (
  connection: Connection,
  keys: QueueKeys,
): Promise<FailureClusters> =>
  readClusters(connection, keys, {
    filter: compileFilter(NO_FILTER, new Date(0)),
    most: NEWEST,
    limit: Infinity,
    watch: { onProgress: () => undefined, signal: new AbortController().signal },
  })

async function tallied(
  connection: Connection,
  keys: QueueKeys,
  { filter, limit, watch }: Pass,
  most: number,
): Promise<{ readonly tally: ClusterTally; readonly looked: number }> {
  const tally = new ClusterTally()
  const pace = learnPace()
  const seen = new Set<string>()
  let at = 0
  while (at < most && tally.jobs < limit) {
    watch.signal.throwIfAborted()
    const asked = Math.min(pace.size(), most - at)
    const [took, rows] = await connection.run((redis) =>
      readStretch(redis, keys, at, asked, filter),
    )
    if (took === 0) break
    pace.took(asked, took)
    at += took
    for (const row of rows) {
      const facts = factsOf(row)
      if (seen.has(facts.id) || tally.jobs >= limit || !filter.matches(facts)) continue
      tally.add({ ...facts, failedAt: facts.endedAt })
      seen.add(facts.id)
    }
    watch.onProgress(at / most)
  }
  return { tally, looked: at }
}

const readStretch = async (
  redis: Redis,
  keys: QueueKeys,
  from: number,
  count: number,
  { needs }: CompiledFilter,
): Promise<z.infer<typeof Reply>> =>
  Reply.parse(
    await runScript(
      redis,
      failed,
      [keys.base, keys.failed],
      [from, from + count - 1, LONGEST_ERROR, LONGEST_STACKS, needs.data ? LONGEST_DATA : 0],
    ),
  )

const factsOf = ([
  id,
  name,
  timestamp,
  finishedOn,
  attempts,
  priority,
  failedReason,
  stacktrace,
  data,
]: z.infer<typeof Reply>[1][number]) =>
  toFacts(id, 'failed', {
    name,
    timestamp,
    finishedOn,
    attempts,
    priority,
    failedReason,
    stacktrace,
    data,
  })

async function withSamples(
  redis: Redis,
  keys: QueueKeys,
  largest: readonly TalliedCluster[],
): Promise<readonly FailureCluster[]> {
  const jobs = await readJobs(
    redis,
    keys,
    largest.map(({ newest }) => newest.id),
  )
  return largest.map(({ cluster, newest }, index) => {
    const job = jobs[index] ?? null
    const error = redactText(newest.error ?? '', { maxLength: SHOWN_ERROR })
    return { ...cluster, sample: job && { jobId: job.id, error, data: job.data } }
  })
}
