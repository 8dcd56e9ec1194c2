import fc from 'fast-check'
import type { Redis } from 'ioredis'

import { clusterOf } from '../../src/domain/failure-cluster.ts'
import { NO_FILTER, type JobFilter } from '../../src/domain/job-filter.ts'
import type { JobFacts, JobState } from '../../src/domain/job.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { anyFilter } from './filters.ts'

/** Ages of what is planted count from here. */
export const NOW = new Date('2026-11-22T12:00:00Z')

const ago = (seconds: number): Date => new Date(NOW.getTime() - seconds * 1000)

const STACKS = [
  'Error: a\n    at send (/app/send.js:1:2)',
  'Error: b\n    at run (/app/run.js:3:4)',
]

/** A job by its number, so that every value meets every other one. */
const planted = (n: number, state: JobState): JobFacts => ({
  id: `${state}-${n}`,
  state,
  type: ['a', 'b', 'ab', 'a:b', 'whatsapp.send'][n % 5] ?? '',
  addedAt: n % 7 === 0 ? null : ago(n * 5),
  endedAt: state === 'failed' ? ago(200 - n) : null,
  attempts: n % 4,
  priority: n % 3,
  error: state === 'failed' ? (['a', 'A', 'x y', 'aa,b'][n % 4] ?? '') : null,
  stack: state === 'failed' ? (STACKS[n % 2] ?? '') : null,
  data: ['{"a":1}', '{"a":"1","b":{"0":true}}', '[{"a":null}]', '{"a":', '', '"a"'][n % 6] ?? '',
})

const EACH = 24
const STATES = ['waiting', 'prioritized', 'delayed', 'active', 'failed', 'completed'] as const

/** Some jobs in every state, in their order; versions of BullMQ name attempts differently. */
export async function plantJobs(raw: Redis, queue: string): Promise<readonly JobFacts[]> {
  const keys = queueKeys('bull', queue)
  const all = STATES.flatMap((state) => Array.from({ length: EACH }, (_, n) => planted(n, state)))
  for (const [index, job] of all.entries()) {
    const { id, state, addedAt, endedAt, error, stack } = job
    await raw.hset(keys.base + id, {
      name: job.type,
      data: job.data ?? '',
      priority: job.priority,
      ...(index % 2 === 0 ? { atm: job.attempts } : { attemptsMade: job.attempts }),
      ...(addedAt === null ? {} : { timestamp: addedAt.getTime() }),
      ...(endedAt === null ? {} : { finishedOn: endedAt.getTime() }),
      ...(error === null ? {} : { failedReason: error }),
      ...(stack === null ? {} : { stacktrace: JSON.stringify(['Error: an earlier one', stack]) }),
    })
    if (state === 'waiting') await raw.lpush(index < EACH / 2 ? keys.paused : keys.wait, id)
    else if (state === 'active') await raw.lpush(keys.active, id)
    else await raw.zadd(keys[state], index, id)
  }
  return all
}

/** Filters with a part or two, so that they mean some of these jobs. */
export const filtersOver = (all: readonly JobFacts[]): fc.Arbitrary<JobFilter> =>
  fc
    .record({
      filter: anyFilter,
      parts: fc.uniqueArray(fc.constantFrom(...Object.keys(NO_FILTER)), { maxLength: 2 }),
      states: fc.uniqueArray(fc.constantFrom(...STATES), { minLength: 1 }),
      ids: fc.uniqueArray(fc.constantFrom(...all.map(({ id }) => id), 'none'), { maxLength: 9 }),
      key: fc.constantFrom(...all.map((job) => clusterOf(job).key)),
    })
    .map(({ filter, parts, states, ids, key }): JobFilter => {
      const errors = filter.errors.map((test) =>
        test.kind === 'cluster' ? { ...test, text: key } : test,
      )
      const own = { ...filter, ids, errors }
      const kept = Object.entries(own).filter(([part]) => parts.includes(part))
      return { ...NO_FILTER, ...Object.fromEntries(kept), states }
    })
