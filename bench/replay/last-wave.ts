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
  /** In microseconds of each process for each job; without planning. */
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
      const plan = await order(stage, database, command)
      await until(
        'the first is in line',
        END_MS,
        async () => (await progressOf(database, plan, wave)).ended > 0,
      )
      const before = {
        cpu: await readCpu(pids),
        jobs: (await progressOf(database, plan, wave)).ended,
      }
      await until(
        'all is in line',
        END_MS,
        async () => (await progressOf(database, plan, wave)).open === 0,
      )
      const { perS } = await progressOf(database, plan, wave)
      return {
        perS,
        cpuUs: cpuPerJob(before.cpu, await readCpu(pids), Math.max(1, jobs - before.jobs)),
      }
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
  /** Jobs in line by now. */
  readonly ended: number
  /** Slices still to come. */
  readonly open: number
  /** From the first slice's beginning to the latest one's commit: without planning, and without waiting for a person. */
  readonly perS: number
}

async function progressOf(
  database: Database,
  { id }: Plan,
  wave: number | null,
): Promise<Progress> {
  const { rows } = await database.query<Progress>(
    `select ended, open, coalesce(round(ended / seconds), 0)::int as "perS" from (
       select coalesce(sum(cardinality(job_ids)) filter (where state <> 'open'), 0)::int as ended,
         count(*) filter (where state = 'open')::int as open,
         extract(epoch from max(ended_at) - min(begun_at)) as seconds
       from plan_slice where plan_id = $1 and wave is not distinct from $2) counted`,
    [id, wave],
  )
  return rows[0] ?? { ended: 0, open: 0, perS: 0 }
}
