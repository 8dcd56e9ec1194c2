import { Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { JobOptions, Plan } from '../../../src/domain/action.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import type { RampWish } from '../../../src/domain/replay.ts'
import { createStore } from '../../../src/store/store.ts'
import { openSystem } from '../../contract/bullmq-world.ts'
import { type BulkStage, createBulkStage } from '../../helpers/bulk-stage.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { eventually } from '../../helpers/eventually.ts'
import { failJobs } from '../../helpers/failed-jobs.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { actorOf } from '../../helpers/toy-people.ts'

let database: TestDatabase
let server: RedisServer
let redis: Redis
let system: QueueSystem
let store: Store
const clock = createTestClock(new Date(Date.now() - 60_000))

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

/** Attempts at a replay and at what it has taken back, until it is over, or `until` holds. */
async function carryOn(
  stage: BulkStage,
  planId: string,
  until: () => Promise<boolean> = async () => false,
): Promise<Plan> {
  return eventually('the replay is where it should be', async () => {
    await stage.attempt(planId, null)
    for (const id of await store.now.replays.returns(planId)) await stage.attempt(id, null)
    clock.advance(1000)
    const plan = await store.now.plans.byId(planId)
    return plan !== null && (plan.finishedAt !== null || (await until())) ? plan : null
  })
}

async function going(queue: string, ramp: RampWish) {
  await failJobs(redis, queue, 100, { type: 'send' })
  const doors: (() => void)[] = []
  const worker = new Worker(queue, () => new Promise<void>((resolve) => void doors.push(resolve)), {
    connection: { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null },
    concurrency: 2,
  })
  await worker.waitUntilReady()
  const stage = createBulkStage(store, clock, system, queue)
  const planId = await stage.order('replay', { filter: '', options: { ramp } })
  const begun = await carryOn(stage, planId, async () => doors.length === 2)
  expect(begun.outcome).toBeNull()
  return { stage, planId, worker, open: () => doors.splice(0).forEach((door) => door()) }
}

it('goes on with what a halted replay left, wherever that is now', async () => {
  const { stage, planId, worker, open } = await going('rest', {
    steps: [{ jobs: 5 }, { share: 1 }],
  })
  await store.now.plans.requestStop(planId, actorOf('ANA'), clock.now())
  await carryOn(stage, planId, async () => (await redis.llen('bull:rest:wait')) === 0)
  open()
  const halted = await carryOn(stage, planId)
  await worker.close()
  // Somebody else retries one that waited for its turn.
  const [gone = ''] = await redis.zrange('bull:rest:failed', '0', '0')
  await redis.zrem('bull:rest:failed', gone)
  await redis.lpush('bull:rest:wait', gone)

  const { number } = halted
  const next = await stage.order('replay', { filter: '', options: { continues: number } })
  const plan = await store.now.plans.byId(next)
  const slices = await store.now.slices.page(next, -1, 100)
  const idsOf = (isInVault: boolean) =>
    slices.filter((slice) => (slice.isInVault ?? false) === isInVault).flatMap(({ ids }) => ids)
  expect(plan?.jobs).toMatchObject({
    count: 97,
    replay: { continues: number, waves: [10, 15, 72] },
  })
  expect(idsOf(true)).toHaveLength(3)
  expect(new Set(idsOf(false))).toEqual(new Set(await redis.zrange('bull:rest:failed', '0', '-1')))
  const warnings = plan?.queues.flatMap((queue) => queue.warnings) ?? []
  expect(warnings).toContain(`Of the first wave of plan ${number}, 2 of 5 jobs completed.`)
  expect(warnings.join()).toMatch(/It was halted: <@ANA> stopped it/)
})

it('goes on with all that a canary stood for, and refuses before it is over', async () => {
  const { stage, planId, worker, open } = await going('stood', {
    steps: [{ jobs: 2 }],
    watchMs: 1,
    perMinute: 600,
  })
  const { number = 0 } = (await store.now.plans.byId(planId)) ?? {}
  const goOn = (options: JobOptions) => stage.order('replay', { filter: '', options })
  await expect(goOn({ continues: number })).rejects.toThrow(/replay of plan \d+ .* is not over/)
  open()
  await carryOn(stage, planId)
  await worker.close()
  const next = await goOn({ continues: number, ramp: { steps: [{ share: 1 }] } })
  const plan = await store.now.plans.byId(next)
  expect(plan?.jobs).toMatchObject({ count: 98, replay: { continues: number, waves: [98] } })
  // As careful as before, unless told otherwise; the waves are the usual ones.
  expect(plan?.jobs?.replay?.ramp).toMatchObject({ perMinute: 600, watchMs: 1 })
  expect(plan?.queues[0]?.warnings).toContain(
    `Of the first wave of plan ${number}, 2 of 2 jobs completed.`,
  )
  await expect(goOn({ continues: plan?.number ?? 0 })).rejects.toThrow(/is not over/)
  await store.now.plans.move(next, 'void', { now: clock.now(), outcome: { words: 'not now' } })
})

it('waits in silence while its queue is taken for a moment, where other actions say so', async () => {
  const stage = createBulkStage(store, clock, system, 'taken')
  await failJobs(redis, 'taken', 20, { type: 'send' })
  const order = (action: 'retry' | 'replay') =>
    stage.order(action, { filter: 'limit:5', options: {} })
  const [first, retry, replay] = [await order('retry'), await order('retry'), await order('replay')]
  const pool = database.openAppPool({ max: 1 })
  await pool.query(`update plan_queue set state = 'executing' where plan_id = $1`, [first])
  await pool.end()
  for (const planId of [retry, replay]) await stage.attempt(planId, null)
  const said = (planId: string) => store.now.messages.byKey(`waiting:${planId}`)
  expect(await said(retry)).not.toBeNull()
  expect(await said(replay)).toBeNull()
  expect((await store.now.plans.byId(replay))?.finishedAt).toBeNull()
})
