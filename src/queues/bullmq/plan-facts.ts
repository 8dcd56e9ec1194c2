import type { Redis } from 'ioredis'
import { z } from 'zod'

import type { JobSample, PlanFacts } from '../../domain/queue.ts'
import { redactJson } from '../../domain/redaction.ts'
import type { QueueKeys } from './keys.ts'
import { nextInLine } from './next.ts'
import { readRate } from './rate.ts'
import { runScript, scripts } from './scripts.ts'
import { readPlaces, sampleTypes } from './types.ts'

const SHOWN_JOBS = 3
const DATA_LENGTH = 4096
const SHOWN_DATA = 400
/** Two calls of half a millisecond or so: a preview needs no more than ±4 points. */
const TYPES_LOOKED_AT = 500

const Jobs = z.array(z.tuple([z.string(), z.string(), z.string(), z.string()]))

/** What there is to show before a queue is paused or resumed; two steps, each of them pipelined. */
export async function readPlanFacts(
  redis: Redis,
  keys: QueueKeys,
  now: Date,
): Promise<Omit<PlanFacts, 'workers'>> {
  const [places, next, rate] = await Promise.all([
    readPlaces(redis, keys),
    nextInLine(redis, keys, SHOWN_JOBS),
    readRate(redis, keys, now),
  ])
  const [types, sample] = await Promise.all([
    sampleTypes(redis, keys, places, TYPES_LOOKED_AT),
    readSample(redis, keys, next.slice(0, SHOWN_JOBS)),
  ])
  return { types, sample, rate }
}

/** A job that is gone meanwhile is left out. */
async function readSample(
  redis: Redis,
  keys: QueueKeys,
  ids: readonly string[],
): Promise<readonly JobSample[]> {
  if (ids.length === 0) return []
  const jobKeys = ids.map((id) => keys.base + id)
  const jobs = Jobs.parse(await runScript(redis, scripts.jobs, jobKeys, [DATA_LENGTH]))
  return jobs.flatMap(([type, addedAt, attempts, data], index) => {
    const id = ids[index]
    if (id === undefined || type === '') return []
    return [
      {
        id,
        type,
        addedAt: addedAt === '' ? null : new Date(Number(addedAt)),
        attempts: Number(attempts),
        data: redactJson(data, { maxLength: SHOWN_DATA }),
      },
    ]
  })
}
