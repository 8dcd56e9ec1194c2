import { Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { Canary } from '../../../src/domain/canary.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import { createStore } from '../../../src/store/store.ts'
import { watchCanary } from '../../../src/usecases/actions/canary-watch.ts'
import { sweep } from '../../../src/usecases/sweep.ts'
import { openSystem } from '../../contract/bullmq-world.ts'
import { type BulkStage, createBulkStage, fillQueue } from '../../helpers/bulk-stage.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { eventually } from '../../helpers/eventually.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'

let database: TestDatabase
let server: RedisServer
let redis: Redis
let system: QueueSystem
let store: Store
// Behind the workers' own clock, so that what they do is later than what is ordered.
const clock = createTestClock(new Date(Date.now() - 60_000))
const MINUTES_11 = 11 * 60_000

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

/** Quarantines the failed jobs of a queue and runs four of them. */
async function canaryOf(queue: string): Promise<{ stage: BulkStage; planId: string }> {
  await fillQueue(redis, server.port, queue, 40)
  // What waits there would run, too.
  await redis.del(`bull:${queue}:wait`, `bull:${queue}:delayed`, `bull:${queue}:prioritized`)
  const stage = createBulkStage(store, clock, system, queue)
  await stage.attempt(
    await stage.order('quarantine', { filter: 'state:failed', options: {} }),
    null,
  )
  const [set] = await store.now.vault.sets({
    ref: { system: system.name, queue },
    isHolding: true,
    limit: 1,
  })
  const options = { vault: set?.number ?? 0, canary: 4 }
  const planId = await stage.order('replay', { filter: '', options })
  await stage.attempt(planId, null)
  return { stage, planId }
}

async function shown(planId: string): Promise<Canary> {
  const message = await store.now.messages.byKey(`canary:${planId}:0`)
  if (message?.content.kind !== 'canary') throw new Error('there is no canary')
  return message.content.canary
}

const outcomes = async (planId: string) =>
  (await shown(planId)).jobs.map(({ outcome }) => outcome.kind)

async function said(planId: string): Promise<string> {
  const message = await store.now.messages.byKey(`canary:${planId}:ops`)
  return message?.content.kind === 'line' ? message.content.line.words : ''
}

/** What the audit trail has of it. */
const watched = async (planId: string): Promise<readonly string[]> =>
  (await store.now.audit.entries(0, 1000))
    .map(({ text }) => text)
    .filter((text) => text.includes('"kind":"watched"') && text.includes(planId))

it('runs a few jobs of the vault, shows what became of each, and says it once', async () => {
  const { stage, planId } = await canaryOf('few')
  const before = await shown(planId)
  expect(before.jobs.map(({ type }) => type)).toEqual(['bad', 'bad', 'bad', 'bad'])
  expect(await redis.llen('bull:few:wait')).toBe(4)
  expect(await watchCanary(stage.deps, planId)).toBeGreaterThan(0)
  expect(await outcomes(planId)).toEqual(['waiting', 'waiting', 'waiting', 'waiting'])

  const [again, other] = before.jobs.map(({ id }) => id)
  const worker = new Worker(
    'few',
    async ({ id }) => {
      if (id === again) throw new Error('ETIMEDOUT 10.9.9.9:1234')
      if (id === other) throw new Error('no such template')
    },
    { connection: { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null } },
  )
  const left = () => redis.zcard('bull:few:failed')
  await eventually(
    'all ran',
    async () => (await redis.zcard('bull:few:completed')) === 2 && (await left()) === 2,
  )
  await worker.close()
  expect(await watchCanary(stage.deps, planId)).toBeNull()
  expect((await shown(planId)).jobs.map(({ outcome }) => outcome)).toEqual([
    { kind: 'failed', isKnown: true, shape: expect.stringContaining('ETIMEDOUT') },
    { kind: 'failed', isKnown: false, shape: 'no such template' },
    { kind: 'completed' },
    { kind: 'completed' },
  ])
  expect(await said(planId)).toContain(
    '2 of 4 jobs completed and 2 failed (1 with the same error as before and 1 with another one)',
  )
  expect(await watchCanary(stage.deps, planId)).toBeNull()
  expect(await watched(planId)).toEqual([
    expect.stringContaining('"canary":{"completed":2,"fresh":1,"known":1,"open":0}'),
  ])
})

it('ends when its time is over, and does not call unseen jobs good', async () => {
  const { stage, planId } = await canaryOf('idle')
  expect(await watchCanary(stage.deps, planId)).toBeGreaterThan(0)
  clock.advance(MINUTES_11)
  expect(await watchCanary(stage.deps, planId)).toBeNull()
  expect((await shown(planId)).endedAt).not.toBeNull()
  expect(await said(planId)).toContain('4 were not seen to end. That proves nothing.')
})

it('is watched on when its job is lost, until it is over', async () => {
  const { stage, planId } = await canaryOf('lost')
  const pool = database.openAppPool({ max: 1 })
  const swept = async (): Promise<number> => {
    await store.now.work.cancel('watch_canary', [planId])
    await sweep(stage.deps)
    const { rows } = await pool.query('select from graphile_worker.jobs where key = $1', [
      `watch_canary:${planId}`,
    ])
    return rows.length
  }
  expect(await swept()).toBe(1)
  clock.advance(MINUTES_11)
  expect(await watchCanary(stage.deps, planId)).toBeNull()
  expect(await swept()).toBe(0)
})

it('puts jobs back in line whose worker died, and leaves those that have one', async () => {
  const base = 'bull:orphans:'
  for (const id of ['dead', 'alive', 'young']) {
    await redis.lpush(`${base}active`, id)
    const processedOn = clock.now().getTime() - (id === 'young' ? 60_000 : 3_600_000)
    await redis.hset(base + id, { name: 'a', data: '{}', opts: '{}', ats: 1, processedOn })
  }
  await redis.hset(`${base}dead`, 'stc', 1)
  await redis.set(`${base}alive:lock`, 'token')
  const stage = createBulkStage(store, clock, system, 'orphans')
  const planId = await stage.order('unstick', { filter: 'older:30m', options: {} })
  await stage.attempt(planId, null)
  const plan = await store.now.plans.byId(planId)
  expect(plan?.outcome?.words).toContain('unstuck 1 job')
  expect(plan?.queues[0]?.warnings.slice(-2)).toEqual([
    expect.stringContaining('done twice'),
    '1 job stalled before, and will fail instead of running once more.',
  ])
  expect(plan?.queues[0]?.outcome?.accounting?.isAsPlanned).toBe(true)
  expect(await redis.lrange(`${base}wait`, 0, -1)).toEqual(['dead'])
  expect(await redis.lrange(`${base}active`, 0, -1)).toEqual(['young', 'alive'])
})
