import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Redis } from 'ioredis'
import pg from 'pg'

import { startRedis } from '../../src/demo/redis-server.ts'
import { startEmbedded } from '../../src/store/embedded/launcher.ts'
import { silentLog } from '../../test/helpers/silent-log.ts'
import { DEAD_LETTERS, openLoops, type Loops } from './loops.ts'
import { jobBytes, seedAfresh } from './seed.ts'
import { letGoFirst, longestMs, openSlowLog } from './slow-log.ts'

/** The error that every failed job of the bench has, as a filter of ours would say it. */
export const ERROR = 'ETIMEDOUT'
/** One of eight types. */
export const POISON = 'type-3'
/** So many are enough to know what `job.remove()` costs; the rest is extrapolated. */
const NAIVE_POISON = 500

export interface Speed {
  readonly perS: number
  readonly blockMs: number
  readonly count: number
}

export interface Sizes {
  readonly failed: number
  readonly waiting: number
  /** How often each was tried: a failed job keeps so many stacks. */
  readonly tries: number
}

const QUEUE = 'bulk'

/** The runbook's loops and BullMQ's own calls, each on a Redis that holds nothing but its queue. */
export async function measureOthers({ failed, waiting, tries }: Sizes) {
  const dataDir = await mkdtemp(join(tmpdir(), 'spillway-bulk-pg-'))
  const database = await startEmbedded({ dataDir, log: silentLog })
  const server = await startRedis()
  await letGoFirst(server.pid)
  const redis = new Redis(server.url)
  const client = new pg.Client({ ...database.owner })
  await client.connect()
  await client.query(DEAD_LETTERS)
  const timed = async (way: (loops: Loops) => Promise<number>): Promise<Speed> => {
    const loops = openLoops(server.port, QUEUE, client)
    try {
      return await speedOf(redis, () => way(loops))
    } finally {
      await loops.close()
    }
  }
  const seed = (place: 'failed' | 'wait'): Promise<void> => {
    const count = place === 'failed' ? failed : waiting
    return seedAfresh(redis, { queue: QUEUE, place, count, tries })
  }
  const onFailed = async (way: (loops: Loops) => Promise<number>): Promise<Speed> => {
    await seed('failed')
    return timed(way)
  }
  const onWaiting = async (way: (loops: Loops) => Promise<number>): Promise<Speed> => {
    await seed('wait')
    return timed(way)
  }
  try {
    await seed('failed')
    return {
      bytes: await jobBytes(redis, QUEUE),
      loop: {
        quarantine: await onFailed((loops) => loops.quarantine()),
        release: await timed((loops) => loops.release()),
        retry: await onFailed((loops) => loops.retry(new RegExp(ERROR))),
        poison: await onWaiting((loops) => loops.remove(POISON, NAIVE_POISON)),
      },
      own: {
        clean: await onFailed(({ own }) => own.clean()),
        retry: await onFailed(({ own }) => own.retry()),
        addBulk: await timed(({ own }) => own.addBulk(failed)),
        drain: await onWaiting(({ own }) => own.drain()),
      },
    }
  } finally {
    redis.disconnect()
    await client.end()
    await server.stop()
    await database.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function speedOf(redis: Redis, way: () => Promise<number>): Promise<Speed> {
  const slowLog = openSlowLog(redis)
  await slowLog.start()
  const startedAt = performance.now()
  const count = await way()
  const s = (performance.now() - startedAt) / 1000
  return { perS: Math.round(count / s), blockMs: longestMs(await slowLog.read()), count }
}
