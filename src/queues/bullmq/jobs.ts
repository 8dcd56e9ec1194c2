import type { Redis } from 'ioredis'
import { z } from 'zod'

import type { JobSample } from '../../domain/queue.ts'
import { redactJson } from '../../domain/redaction.ts'
import { shownError } from '../../domain/shown-error.ts'
import { thousands } from '../../domain/text.ts'
import type { QueueKeys } from './keys.ts'
import { runScript, scripts } from './scripts.ts'

const DATA_LENGTH = 4096
const SHOWN_DATA = 400
/** Reading ten of them takes Redis a millisecond; a hash field cannot be read in part. */
const LARGEST_DATA = 128 * 1024

const Jobs = z.array(
  z.tuple([z.string(), z.string(), z.string(), z.string(), z.number(), z.string()]),
)

/** A few jobs, to be shown; in the order asked for, null where a job is gone. */
export async function readJobs(
  redis: Redis,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<readonly (JobSample | null)[]> {
  if (ids.length === 0) return []
  const jobKeys = ids.map((id) => keys.base + id)
  const jobs = Jobs.parse(
    await runScript(redis, scripts.jobs, jobKeys, [DATA_LENGTH, LARGEST_DATA]),
  )
  return jobs.map(([type, addedAt, attempts, data, size, error], index) => {
    const id = ids[index]
    if (id === undefined || type === '') return null
    return {
      id,
      type,
      addedAt: addedAt === '' ? null : new Date(Number(addedAt)),
      attempts: Number(attempts),
      data: shownData(data, size),
      ...shownError(error),
    }
  })
}

const shownData = (data: string, size: number): string =>
  size > LARGEST_DATA
    ? `(not shown: ${thousands(size)} bytes)`
    : redactJson(data, { maxLength: SHOWN_DATA })
