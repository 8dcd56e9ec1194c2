import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import pg from 'pg'
import { afterAll, expect, it, onTestFinished } from 'vitest'

import { connectionConfig } from '../../src/store/pool.ts'
import { auditCounts, letTimePass, order, preview } from '../helpers/acting.ts'
import { ANA, anAlert, OPS, webhook } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilAnswer, untilModal, untilText } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis({ appendOnly: true })
const client = new Redis(redis.url, { maxRetriesPerRequest: null })
client.on('error', () => undefined)
afterAll(() => client.disconnect())

const flagOf = (queue: string): Promise<string | null> =>
  client.hget(`bull:${queue}:meta`, 'paused')

async function addJob(queue: string): Promise<void> {
  const jobs = new Queue(queue, { connection: client })
  await jobs.add('send', {})
  await jobs.close()
}

const holds = (world: World): Promise<object[]> =>
  world.query('select 1 from hold where ended_at is null')

it('tells at once that a full Redis takes no pause, and leaves the queue free for the next plan', async () => {
  await addJob('full')
  const world = await createWorld({ redis, queues: ['full'] })
  await preview(world, ANA, 'pause full for 5m')
  await client.config('SET', 'maxmemory', '1mb')
  onTestFinished(async () => {
    await client.config('SET', 'maxmemory', '0')
  })
  await world.person(ANA).submit(reason('too much'))
  await untilModal(world, ANA, /failed.*is full \(maxmemory\)/s)
  await untilText(world, OPS, /is full \(maxmemory\)/)
  expect(await world.query(`select 1 from plan where state = 'executing'`)).toHaveLength(0)
  expect(await auditCounts(world)).toMatchObject({ confirmed: 1, outcome: 1 })

  await client.config('SET', 'maxmemory', '0')
  await order(world, ANA, 'pause full for 5m')
  await untilText(world, OPS, /paused `sales\/full` until/)
  expect(await flagOf('full')).toBe('1')
})

it('puts a timed end off while Redis refuses the resume, and ends it when it is allowed again', async () => {
  await addJob('later')
  const world = await createWorld({ redis, queues: ['later'] })
  await order(world, ANA, 'pause later for 5m')
  await untilText(world, OPS, /paused `sales\/later` until/)
  await client.call('ACL', 'SETUSER', 'default', '-eval', '-evalsha')
  onTestFinished(async () => {
    await client.call('ACL', 'SETUSER', 'default', '+@all')
  })
  await letTimePass(world)
  await untilText(world, OPS, /may not do this.*should have ended/s)
  expect(await holds(world)).toHaveLength(1)
  expect(await flagOf('later')).toBe('1')

  await client.call('ACL', 'SETUSER', 'default', '+@all')
  // What waits for half a minute is due now.
  await world.query(`select graphile_worker.add_job('execute_plan', json_build_object('planId', id),
    job_key => 'execute_plan:' || id) from plan where state = 'confirmed'`)
  await eventually('the queue runs again', async () => (await flagOf('later')) === null)
  await eventually('no hold is left', async () => (await holds(world)).length === 0)
})

it('tells who closed the modal that the confirmation was refused', async () => {
  await addJob('closed')
  const world = await createWorld({ redis, queues: ['closed'] })
  await preview(world, ANA, 'pause closed for 5m')
  await world.query(`update plan set expires_at = now() - interval '1 second'`)
  world.slack.failNext('views.update', { kind: 'refused', error: 'not_found' })
  await world.person(ANA).submit(reason('too late'))
  await eventually('a direct message', () =>
    world.slack
      .callsOf('chat.postMessage')
      .some(({ args }) => /preview expired/.test(JSON.stringify(args))),
  )
  expect(await flagOf('closed')).toBeNull()
})

it('keeps the hold when it gives up after the queue was touched, so that the pause still ends', async () => {
  await addJob('pay')
  const world = await createWorld({ redis, queues: ['pay'] })
  await order(world, ANA, 'pause pay for 5m')
  await eventually('the flag', async () => (await flagOf('pay')) === '1')
  await redis.kill()
  await world.query(`update plan set started_at = now() - interval '16 minutes'`)
  await untilText(world, OPS, /I gave up after 15 minutes/)
  expect(await holds(world)).toHaveLength(1)

  await redis.restart()
  await letTimePass(world)
  await eventually('the queue runs again', async () => (await flagOf('pay')) === null)
  await eventually('no hold is left', async () => (await holds(world)).length === 0)
})

it('freezes although another transaction waits for the same channels the other way round', async () => {
  const world = await createWorld({ redis, queues: ['email'] })
  await world.post(webhook([anAlert({ queue: 'email' })]))
  await world.room()
  const other = new pg.Client(connectionConfig(world.database.owner, 'spillway_app'))
  await other.connect()
  onTestFinished(() => other.end())
  const hold = (channel: string): Promise<unknown> =>
    other.query(
      `select graphile_worker.add_job('deliver_messages', json_build_object('channel', $1::text),
         job_key => 'deliver_messages:' || $1)`,
      [channel],
    )
  await other.query('begin')
  await hold('room:1')
  await world.person(ANA).command('/queue', 'freeze for a test', OPS)
  await eventually('the switch is set, whatever waits', async () => {
    const set = await world.query('select 1 from control')
    return set.length === 1
  })
  // One of the two is given up by PostgreSQL; if it is ours, it runs again.
  await hold('ops').catch(() => undefined)
  await other.query('rollback')
  await untilAnswer(world, ANA, OPS, /Frozen by/)
  await untilText(world, OPS, /froze all actions: “for a test”/)
  expect(await auditCounts(world)).toMatchObject({ frozen: 1 })
})

it('waits as long as it says when its clock is behind that of the database', async () => {
  const clock = { now: () => new Date(Date.now() - 8_000) }
  const world = await createWorld({ redis, queues: ['email'], overrides: { clock } })
  const commits = async (): Promise<number> => {
    const [found] = await world.query<{ n: string }>(
      'select xact_commit as n from pg_stat_database where datname = current_database()',
    )
    return Number(found?.n)
  }
  const before = await commits()
  await world.post(webhook([anAlert({ queue: 'email' })]))
  const start = Date.now()
  await untilText(world, OPS, /email is deep/)
  expect(Date.now() - start).toBeLessThan(6_000)
  // A loop that never waits makes thousands a second.
  expect((await commits()) - before).toBeLessThan(1_500)
})
