import type { Redis } from 'ioredis'
import { z } from 'zod'

import { normaliseError } from '../../domain/failure.ts'
import type { FailureGroup, Sampled } from '../../domain/queue.ts'
import { redactText } from '../../domain/redaction.ts'
import { readJobs } from './jobs.ts'
import type { QueueKeys } from './keys.ts'
import { runScript, scripts } from './scripts.ts'

const NEWEST = 1000
/** Keeps one call near half a millisecond of Redis time. */
const PER_CALL = 100
const GROUPS = 10
const REASON_LENGTH = 1200
const SHAPED_LENGTH = 400
const SHOWN_ERROR = 300

const Reply = z.array(z.tuple([z.string(), z.string(), z.string(), z.string(), z.string()]))

interface FailedJob {
  readonly id: string
  readonly type: string
  readonly attempts: number
  readonly failedAt: Date
  readonly reason: string
}

/** The newest failed jobs, grouped by what failed, the largest group first, each with its newest job as a sample. */
export async function readFailures(redis: Redis, keys: QueueKeys): Promise<Sampled<FailureGroup>> {
  const [total, ...replies] = await Promise.all([
    redis.zcard(keys.failed),
    ...Array.from({ length: NEWEST / PER_CALL }, (_, call) =>
      runScript(
        redis,
        scripts.failures,
        [keys.base, keys.failed],
        [call * PER_CALL, (call + 1) * PER_CALL - 1, REASON_LENGTH],
      ),
    ),
  ])
  const jobs = replies.flatMap((reply) => Reply.parse(reply).map(toJob))
  const groups = [...groupByShape(jobs)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .slice(0, GROUPS)
  const items = await withSamples(redis, keys, groups)
  return { items, looked: jobs.length, total, isExact: jobs.length >= total }
}

const toJob = ([id, type, attempts, failedAt, reason]: z.infer<
  typeof Reply
>[number]): FailedJob => ({
  id,
  type,
  attempts: Number(attempts),
  failedAt: new Date(Number(failedAt)),
  reason,
})

function groupByShape(jobs: readonly FailedJob[]): ReadonlyMap<string, readonly FailedJob[]> {
  const groups = new Map<string, FailedJob[]>()
  const shapes = new Map<string, string>()
  for (const job of jobs) {
    // Most failures of an incident say the very same.
    const shape = shapes.get(job.reason) ?? errorShape(job.reason)
    shapes.set(job.reason, shape)
    const group = groups.get(shape)
    if (group === undefined) groups.set(shape, [job])
    else group.push(job)
  }
  return groups
}

/** Redacted first: a shape is shown, so no secret may survive in it. */
const errorShape = (reason: string): string =>
  normaliseError(redactText(reason.slice(0, SHAPED_LENGTH), { maxLength: SHAPED_LENGTH }))

async function withSamples(
  redis: Redis,
  keys: QueueKeys,
  groups: readonly (readonly [string, readonly FailedJob[]])[],
): Promise<readonly FailureGroup[]> {
  const newest = groups.flatMap(([error, jobs]) => {
    const [sample] = jobs
    return sample === undefined ? [] : [{ error, sample, count: jobs.length }]
  })
  const jobs = await readJobs(
    redis,
    keys,
    newest.map(({ sample }) => sample.id),
  )
  return newest.map(({ error, sample, count }, index) => ({
    error,
    count,
    lastFailedAt: sample.failedAt,
    sample: {
      jobId: sample.id,
      type: sample.type,
      attempts: sample.attempts,
      error: redactText(sample.reason, { maxLength: SHOWN_ERROR }),
      data: jobs[index]?.data ?? '',
    },
  }))
}
