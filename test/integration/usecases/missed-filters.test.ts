import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import { EVERYTHING } from '../../../src/domain/audit-filter.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
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

beforeAll(async () => {
  database = await freshDatabase()
  server = await startRedis()
  redis = new Redis(server.url)
  system = openSystem(server)
  store = createStore(database.openAppPool({ max: 4 }), 'test', createTestClock())
})
afterAll(async () => {
  await system.close()
  redis.disconnect()
  await Promise.all([server.stop(), database.drop()])
})

it('writes down who asked for a hidden value that no job has, without the value', async () => {
  await fillQueue(redis, server.port, 'asked', 2)
  const stage = createBulkStage(store, createTestClock(), system, 'asked')
  const order = (filter: string) => stage.order('quarantine', { filter, options: {} })
  await expect(order('data.password=hunter2')).rejects.toMatchObject({ code: 'already_done' })
  await expect(order('type:nothing')).rejects.toMatchObject({ code: 'already_done' })
  const found = await store.now.audit.search({ ...EVERYTHING, kind: 'denied' }, 10)
  expect(found).toHaveLength(1)
  const text = JSON.stringify(found)
  expect(text).toContain('data.password=')
  expect(text).not.toContain('hunter2')
})
