import type { Redis } from 'ioredis'
import { z } from 'zod'

import { errorShape } from '../../domain/failure-cluster.ts'
import type { JobLine } from '../../domain/job-details.ts'
import type { JobState } from '../../domain/job.ts'
import { LONGEST_ERROR, toFacts } from './jobs/facts.ts'
import type { QueueKeys } from './keys.ts'
import { loadScript, runScript } from './scripts.ts'

const script = loadScript('lines')

const Reply = z.array(
  z.tuple([z.string(), z.string(), z.string(), z.string(), z.string(), z.string()]),
)

/** A few jobs as a list shows them; the states are those in which they were found. One that is gone is left out. */
export async function readLines(
  redis: Redis,
  { base }: QueueKeys,
  jobs: readonly { readonly state: JobState; readonly id: string }[],
): Promise<readonly JobLine[]> {
  if (jobs.length === 0) return []
  const keys = jobs.map(({ id }) => base + id)
  const rows = Reply.parse(await runScript(redis, script, keys, [LONGEST_ERROR]))
  return rows.flatMap((row, index) => {
    const job = jobs[index]
    const [name, timestamp, finishedOn, attempts, priority, failedReason] = row
    if (job === undefined || name === '') return []
    const fields = { name, timestamp, finishedOn, attempts, priority, failedReason }
    const facts = toFacts(job.id, job.state, { ...fields, stacktrace: null, data: null })
    const { id, state, type, addedAt, endedAt, error } = facts
    const shape = error === null ? null : errorShape(error)
    const line = { id, state, type, addedAt, endedAt, attempts: facts.attempts }
    return [{ ...line, priority: facts.priority, shape }]
  })
}
