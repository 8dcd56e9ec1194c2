import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import type { QueueRef } from '../../../src/domain/queue.ts'
import { createStore } from '../../../src/store/store.ts'
import { openSystem } from '../../contract/bullmq-world.ts'
import { createBulkStage, fillQueue } from '../../helpers/bulk-stage.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'

let database: TestDatabase
let server: RedisServer
let redis: Redis
let system: QueueSystem
let store: Store
const clock = createTestClock()

beforeAll(async () => {
  database = await freshDatabase()
  server = await startRedis()
  redis = new Redis(server.url)
  system = openSystem(server)
  store = createStore(database.openAppPool({ max: 4 }), 'test', clock)
})
afterAll(async () => {
  await system.close()
  redis.disconnect()
  await Promise.all([server.stop(), database.drop()])
})

const stageOf = async (queue: string, each: number) => {
  await fillQueue(redis, server.port, queue, each)
  return createBulkStage(store, clock, system, queue)
}

const to = (queue: string, name = 'main'): { target: QueueRef } => ({
  target: { system: name, queue },
})

it('moves jobs to another queue of the system, and to no other place', async () => {
  const stage = await stageOf('from', 3)
  const move = (options: { target: QueueRef }) =>
    stage.order('move', { filter: 'state:waiting', options })
  await expect(move(to('from'))).rejects.toMatchObject({ code: 'bad_input' })
  await expect(move(to('anywhere', 'other'))).rejects.toMatchObject({ code: 'not_supported' })
  const plan = await stage.finish(await move(to('there')))
  expect(plan.queues[0]?.warnings[0]).toMatch(/No job was ever added to `main\/there`/)
  expect(plan).toMatchObject({ state: 'done' })
  expect(await redis.llen('bull:there:wait')).toBe(3)
  expect(await redis.llen('bull:from:wait')).toBe(0)
})

it('adds up what was moved to a queue and what is retried there', async () => {
  const first = await stageOf('one', 30)
  const second = await stageOf('two', 30)
  const tierOf = async (id: string) => (await store.now.plans.byId(id))?.tier
  const wish = { filter: 'state:waiting', options: to('target') }
  expect(await tierOf(await first.order('move', wish))).toBe('T2')
  expect(await tierOf(await second.order('move', wish))).toBe('T3')
  const target = await stageOf('target', 30)
  expect(await tierOf(await target.order('retry', { filter: '', options: {} }))).toBe('T3')
})

it('drains only while the queue is paused', async () => {
  const stage = await stageOf('drained', 3)
  const wish = { filter: '', options: {} }
  await expect(stage.order('drain', wish)).rejects.toMatchObject({ code: 'bad_input' })
  await system.pause('drained')
  const planId = await stage.order('drain', wish)
  await system.resume('drained')
  const plan = await stage.finish(planId)
  expect(plan).toMatchObject({ state: 'failed' })
  expect(plan.outcome?.words).toMatch(/resumed meanwhile/)
  expect(await redis.llen('bull:drained:wait')).toBe(3)
})
