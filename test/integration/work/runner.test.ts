import type pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { migrate } from '../../../src/store/migrate.ts'
import { APP_ROLE, openPool } from '../../../src/store/pool.ts'
import { type Handlers, startWork, type WorkRunner } from '../../../src/work/runner.ts'
import { eventually, gate } from '../../helpers/eventually.ts'
import {
  freshDatabase,
  type PrivateServer,
  privateServer,
  type TestDatabase,
} from '../../helpers/postgres.ts'
import { silentLog } from '../../helpers/silent-log.ts'

const idle: Handlers = {
  process_delivery: () => Promise.resolve(),
  open_room: () => Promise.resolve(),
  deliver_messages: () => Promise.resolve(),
  execute_plan: () => Promise.resolve(),
  end_hold: () => Promise.resolve(),
  verify_recovery: () => Promise.resolve(),
  anchor_audit: () => Promise.resolve(),
  verify_audit: () => Promise.resolve(),
}

const add = (sql: pg.Pool | pg.PoolClient, task: string, payload: object): Promise<unknown> =>
  sql.query('select graphile_worker.add_job($1, $2::json)', [task, JSON.stringify(payload)])

const jobsLeft = async (pool: pg.Pool): Promise<number> =>
  (await pool.query('select from graphile_worker.jobs')).rowCount ?? 0

describe('durable work', () => {
  let database: TestDatabase
  let pool: pg.Pool
  let work: WorkRunner | null = null

  beforeAll(async () => {
    database = await freshDatabase()
  })
  beforeEach(() => {
    pool = database.openAppPool()
  })
  afterEach(async () => {
    await work?.stop(5000)
    await pool.query('delete from graphile_worker._private_jobs')
    await pool.end()
  })
  afterAll(() => database.drop())

  const start = (handlers: Partial<Handlers>): WorkRunner => {
    work = startWork({ pool, handlers: { ...idle, ...handlers }, concurrency: 4, log: silentLog })
    return work
  }

  it('runs what a transaction added, once it is committed, and nothing of one rolled back', async () => {
    const ran: string[] = []
    start({
      process_delivery: async ({ deliveryId }) => {
        ran.push(deliveryId)
      },
    })
    const client = await pool.connect()
    await client.query('begin')
    await add(client, 'process_delivery', { deliveryId: 'undone' })
    await client.query('rollback')
    await client.query('begin')
    await add(client, 'process_delivery', { deliveryId: 'kept' })
    await client.query('commit')
    client.release()
    await eventually('the job is done', async () => (await jobsLeft(pool)) === 0)
    expect(ran).toEqual(['kept'])
  })

  it('keeps a job whose payload it does not understand, and tells why', async () => {
    start({})
    await add(pool, 'open_room', { incidentId: 'seven' })
    const error = await eventually('the refusal is recorded', async () => {
      const { rows } = await pool.query<{ last_error: string | null }>(
        'select last_error from graphile_worker.jobs',
      )
      return rows[0]?.last_error
    })
    expect(error).toMatch(/expected number/)
  })

  it('tries a job again that threw', async () => {
    let attempts = 0
    start({
      end_hold: () => {
        attempts += 1
        return attempts === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve()
      },
    })
    await add(pool, 'end_hold', { holdId: 'h' })
    await eventually('the second attempt', async () => {
      // Its turn would come some seconds later.
      await pool.query('update graphile_worker._private_jobs set run_at = now() where attempts = 1')
      return (await jobsLeft(pool)) === 0
    })
    expect(attempts).toBe(2)
  })

  it('waits at its stop for the job that runs, and starts no other', async () => {
    const finish = gate()
    const started: string[] = []
    const runner = start({
      execute_plan: ({ planId }) => {
        started.push(planId)
        return finish.opened
      },
    })
    await add(pool, 'execute_plan', { planId: 'first' })
    await eventually('it runs', () => started.length === 1)
    let hasStopped = false
    const stop = async (): Promise<void> => {
      await runner.stop(20_000)
      hasStopped = true
    }
    const stopped = stop()
    // A round trip, so that a stop that does not wait would be over by now.
    await jobsLeft(pool)
    expect(hasStopped).toBe(false)
    finish.open()
    await stopped
    await add(pool, 'execute_plan', { planId: 'second' })
    expect(started).toEqual(['first'])
    expect(await jobsLeft(pool)).toBe(1)
  })

  it('hands a job back that does not end by the deadline', async () => {
    let isRunning = false
    const runner = start({
      execute_plan: () => {
        isRunning = true
        return new Promise(() => undefined)
      },
    })
    await add(pool, 'execute_plan', { planId: 'endless' })
    await eventually('it runs', () => isRunning)
    await runner.stop(50)
    work = null
    const { rows } = await pool.query('select locked_at from graphile_worker.jobs')
    expect(rows).toEqual([{ locked_at: null }])
  })
})

describe('durable work while PostgreSQL goes away', () => {
  let server: PrivateServer

  beforeAll(async () => {
    server = await privateServer()
  })
  afterAll(() => server.remove())

  it('goes on when it is back, with the job that could not be marked as done, too', async () => {
    await migrate(server.database().owner, { log: silentLog })
    const pool = openPool(server.database().owner, { role: APP_ROLE, log: silentLog })
    const finish = gate()
    const ran: string[] = []
    const work = startWork({
      pool,
      handlers: {
        ...idle,
        deliver_messages: async ({ channel }) => {
          ran.push(channel)
          if (ran.length === 1) await finish.opened
        },
      },
      concurrency: 2,
      log: silentLog,
    })
    await add(pool, 'deliver_messages', { channel: 'ops' })
    await eventually('the first runs', () => ran.length === 1)
    await server.stop()
    finish.open()
    await server.start()
    await add(pool, 'deliver_messages', { channel: 'room:1' })
    await eventually('both are done', async () => (await jobsLeft(pool)) === 0)
    expect(ran).toEqual(expect.arrayContaining(['ops', 'room:1']))
    await work.stop(5000)
    await pool.end()
  })
})
