import type { Redis } from 'ioredis'

import type { PlanFacts } from '../../domain/queue.ts'
import { readJobs } from './jobs.ts'
import type { QueueKeys } from './keys.ts'
import { nextInLine } from './next.ts'
import { readRate } from './rate.ts'
import { readPlaces, sampleTypes } from './types.ts'

const SHOWN_JOBS = 3
/** Two calls of half a millisecond or so: a preview needs no more than ±4 points. */
const TYPES_LOOKED_AT = 500

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
    readJobs(redis, keys, next.slice(0, SHOWN_JOBS)),
  ])
  return { types, sample: sample.filter((job) => job !== null), rate }
}
