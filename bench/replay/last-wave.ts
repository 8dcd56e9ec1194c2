import { Redis } from 'ioredis'
import pg from 'pg'

import { startRedis } from '../../src/demo/redis-server.ts'
import { connectionConfig } from '../../src/store/pool.ts'
import { cpuPerJob, parentOf, readCpu, type Cpu } from '../bulk/cpu.ts'
import { ERROR } from '../bulk/others.ts'
import { seedAfresh } from '../bulk/seed.ts'
import { letGoFirst } from '../bulk/slow-log.ts'
import { BEN, order, type Database, type Plan } from '../lib/order.ts'
import { ANA, openStage } from '../lib/stage.ts'
import { until } from '../lib/until.ts'
import { startCrew } from './crew.ts'
import { faultKey, type Fault } from './faults.ts'

const QUEUE = 'bulk'
const CANARY = 10
const END_MS = 300_000

/** Jobs put in line, and what that cost. */
interface Pace {
  readonly perS: number
  /** In microseconds of each process for each job, planning included. */
  readonly cpuUs: Cpu
}

/** Jobs a second of the last wave of a replay without a limit, beside `retry` of the same jobs. */
export async function measureLastWave(
  jobs: number,
  profileDir: string | null,
): Promise<Record<string, unknown>> {
  const stage = await openStage({
    mode: 'http',
    queues: [QUEUE],
    profileDir,
    operators: { people: [ANA, BEN], actions: ['replay', 'retry'] },
  })
  const redis = new Redis(stage.redis.url)
  const notesServer = await startRedis()
  const notes = new Redis(notesServer.url)
  const worker = { major: 6, port: stage.redis.port, notesUrl: notesServer.url } as const
  // One that takes hardly anything but the canary: what is measured is us.
  const crew = startCrew({ ...worker, queue: QUEUE, concurrency: CANARY })
  const slow: Fault = { kind: 'slow', after: CANARY }
  await letGoFirst(stage.redis.pid)
  try {
    const bot = await stage.start()
    const database = new pg.Client(connectionConfig(await stage.database()))
    database.on('error', () => undefined)
    await database.connect()
    const pids = { bot: bot.pid, redis: stage.redis.pid, postgres: await postmasterOf(database) }
    await notes.set(faultKey(QUEUE), JSON.stringify(slow))
    const measure = async (command: string, wave: number | null): Promise<Pace> => {
      await seedAfresh(redis, { queue: QUEUE, place: 'failed', count: jobs, tries: 1 })
      await notes.del(`runs:${QUEUE}`)
      const before = await readCpu(pids)
      const plan = await order(stage, database, command)
      const perS = await paceOf(database, plan, wave)
      return { perS, cpuUs: cpuPerJob(before, await readCpu(pids), jobs) }
    }
    const retry = await measure(`retry ${QUEUE} error:~${ERROR}`, null)
    await crew.isThere()
    const ramp = `ramp ${CANARY},100% unlimited watch 1s`
    const ours = await measure(`replay ${QUEUE} error:~${ERROR} ${ramp}`, 1)
    await database.end()
    return {
      jobs,
      ours_per_s: ours.perS,
      retry_per_s: retry.perS,
      ratio: Math.round((100 * ours.perS) / retry.perS) / 100,
      cpu_us: ours.cpuUs,
      retry_cpu_us: retry.cpuUs,
    }
  } finally {
    await crew.close()
    redis.disconnect()
    notes.disconnect()
    await stage.close()
    await notesServer.stop()
  }
}

async function postmasterOf(database: Database): Promise<number> {
  const { rows } = await database.query<{ pid: number }>('select pg_backend_pid() as pid')
  return parentOf(rows[0]?.pid ?? 0)
}

interface Progress {
  readonly jobs: number
  readonly open: number
  readonly ms: number
}

/** From the first slice's beginning to the last one's commit; without planning, and without waiting for a person. */
async function paceOf(database: Database, { id }: Plan, wave: number | null): Promise<number> {
  let perS = 0
  await until('all is in line', END_MS, async () => {
    const { rows } = await database.query<Progress>(
      `select sum(cardinality(job_ids))::int as jobs, count(*) filter (where state = 'open')::int as open,
         extract(epoch from max(ended_at) - min(begun_at))::float8 * 1000 as ms
       from plan_slice where plan_id = $1 and wave is not distinct from $2`,
      [id, wave],
    )
    const [progress] = rows
    if (progress === undefined || progress.open > 0) return false
    perS = Math.round((progress.jobs * 1000) / progress.ms)
    return true
  })
  return perS
}
