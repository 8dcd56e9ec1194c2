import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { JobOptions } from '../../../src/domain/action.ts'
import { jobsDigest, planHash } from '../../../src/domain/plan.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import { canaryKey } from '../../../src/domain/replay-waves.ts'
import { createStore } from '../../../src/store/store.ts'
import { driftOfJobs } from '../../../src/usecases/actions/jobs/drift-of-jobs.ts'
import { planAction } from '../../../src/usecases/actions/plan-action.ts'
import { openSystem } from '../../contract/bullmq-world.ts'
import { type BulkStage, createBulkStage } from '../../helpers/bulk-stage.ts'
import { createTestClock } from '../../helpers/clock.ts'
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

interface Cause {
  readonly type: string
  readonly error: string
  readonly jobs: number
}
const TIMEOUT: Cause = { type: 'send', error: 'ETIMEDOUT 10.0.0.1:5432', jobs: 960 }
const POISON: Cause = { type: 'send', error: 'no such template', jobs: 30 }
const RARE: Cause = { type: 'report', error: 'out of memory', jobs: 10 }

/** Failed jobs of these causes one after the other, each a second after the one before; gives their ids in this order. */
async function plantFailed(queue: string, causes: readonly Cause[]): Promise<readonly string[]> {
  const base = `bull:${queue}:`
  const ids: string[] = []
  const pipeline = redis.pipeline().hset(`${base}meta`, 'opts.maxLenEvents', '10000')
  for (const { type, error, jobs } of causes)
    for (let n = 0; n < jobs; n += 1) {
      const id = `${type}-${ids.length}`
      const at = 1_700_000_000_000 + 1000 * ids.length
      ids.push(id)
      pipeline.zadd(`${base}failed`, at, id)
      pipeline.hset(base + id, {
        name: type,
        data: '{}',
        opts: '{}',
        timestamp: at - 1000,
        failedReason: error,
        finishedOn: at,
        processedOn: at,
        atm: 1,
        ats: 1,
      })
    }
  await pipeline.exec()
  return ids
}

async function planned(stage: BulkStage, options: JobOptions, filter = '') {
  const view = await planAction(stage.deps, {
    actor: actorOf('ANA'),
    action: 'replay',
    scope: stage.queue,
    refs: [{ system: system.name, queue: stage.queue }],
    incidentId: null,
    holdMs: null,
    jobs: { filter, options },
  })
  const plan = await store.now.plans.byId(view.plan.id)
  if (plan?.jobs?.replay === undefined) throw new Error('no replay was planned')
  const slices = await store.now.slices.page(plan.id, -1, 10_000)
  const waves = plan.jobs.replay.waves.map((_, wave) =>
    slices.filter((slice) => slice.wave === wave).flatMap(({ ids }) => ids),
  )
  const warnings = plan.queues.flatMap((queue) => queue.warnings)
  return { plan, jobs: plan.jobs, replay: plan.jobs.replay, slices, waves, warnings }
}

const stageOf = (queue: string): BulkStage => createBulkStage(store, clock, system, queue)

it('shares failed jobs out to waves, of which the first stands for every cause', async () => {
  const ids = await plantFailed('waves', [TIMEOUT, POISON, RARE])
  await redis.lpush('bull:waves:wait', 'x')
  await redis.hset('bull:waves:x', { name: 'send', data: '{}', opts: '{}', timestamp: 1 })
  const { plan, jobs, replay, slices, waves, warnings } = await planned(stageOf('waves'), {
    ramp: { inFlight: 100 },
  })
  expect(replay.waves).toEqual([10, 40, 200, 750])
  expect(waves.flat().toSorted()).toEqual(ids.toSorted())
  expect(slices.every((slice) => slice.ids.length <= 100 && slice.isInVault !== true)).toBe(true)
  const order = new Map(ids.map((id, index) => [id, index]))
  // Where a wave is judged before all of it is in line, its beginning tells of all ages.
  for (const wave of waves.slice(1)) {
    const half = wave.slice(0, Math.floor(wave.length / 2))
    const older = half.filter((id) => (order.get(id) ?? 0) < 500).length
    expect(Math.abs(older / half.length - 0.5)).toBeLessThan(0.1)
  }
  expect(replay.strata.map(({ type, jobs: count }) => [type, count])).toEqual([
    ['send', 960],
    ['send', 30],
    ['report', 10],
  ])
  expect(replay.looked).toBe(1000)
  expect(Object.keys(replay.canary).toSorted()).toEqual(
    waves[0]?.map((id) => canaryKey(id, false)).toSorted(),
  )
  expect(new Set(Object.values(replay.canary))).toEqual(new Set([0, 1, 2]))
  // The second wave is not of the beginning of the incident alone.
  expect(waves[1]?.filter((id) => (order.get(id) ?? 0) >= 500).length).toBeGreaterThan(15)
  expect(jobs).toMatchObject({ count: 1000, byState: { failed: 1000 } })
  expect(jobs.digest).toBe(jobsDigest(slices))
  expect(plan.tier).toBe('T3')
  expect(warnings.join()).toContain('No worker is connected')
})

it('binds what is approved to waves, limits and places', async () => {
  await plantFailed('bound', [{ ...TIMEOUT, jobs: 100 }])
  const { plan, jobs, replay, slices } = await planned(stageOf('bound'), {})
  const hashWith = (over: Partial<typeof replay>) =>
    planHash({ ...plan, jobs: { ...jobs, replay: { ...replay, ...over } } })
  expect(hashWith({})).toBe(plan.hash)
  expect(hashWith({ waves: [100] })).not.toBe(plan.hash)
  expect(hashWith({ ramp: { ...replay.ramp, inFlight: null } })).not.toBe(plan.hash)
  const moved = slices.map((slice, index) => (index === 0 ? { ...slice, wave: 9 } : slice))
  expect(jobsDigest(moved)).not.toBe(jobs.digest)
  expect(jobsDigest(slices.map((slice) => ({ ...slice, isInVault: true })))).not.toBe(jobs.digest)
})

it('plans a canary alone, and says what stays', async () => {
  await plantFailed('alone', [TIMEOUT, RARE])
  const { plan, jobs, replay, waves, warnings } = await planned(
    stageOf('alone'),
    { ramp: { steps: [{ jobs: 20 }] } },
    'type:send,report',
  )
  expect(replay.waves).toEqual([20])
  expect(waves.flat()).toHaveLength(20)
  expect(jobs.count).toBe(20)
  expect(plan.tier).toBe('T2')
  expect(warnings).toContainEqual('950 other jobs stay where they are: the ramp ends before them.')
})

it('fills a first wave that is larger than what can be looked at', async () => {
  const ids = await plantFailed('large', [{ ...TIMEOUT, jobs: 3000 }])
  const { waves, replay } = await planned(stageOf('large'), {
    ramp: { steps: [{ share: 0.5 }, { share: 1 }] },
  })
  expect(replay.waves).toEqual([1500, 1500])
  expect(new Set(waves.flat())).toEqual(new Set(ids))
  expect(Object.keys(replay.canary)).toHaveLength(1000)
})

it('plans a vault set by rows, a few states in few slices', async () => {
  const ids = await plantFailed('set', [{ ...TIMEOUT, jobs: 50 }, RARE])
  for (let n = 0; n < 40; n += 1) {
    await redis.lpush('bull:set:wait', `w${n}`)
    await redis.hset(`bull:set:w${n}`, {
      name: 'send',
      data: '{}',
      opts: '{}',
      timestamp: 1000 + n,
    })
  }
  const stage = stageOf('set')
  await stage.finish(
    await stage.order('quarantine', { filter: 'state:failed,waiting', options: {} }),
  )
  const [set] = await store.now.vault.sets({
    ref: { system: system.name, queue: 'set' },
    isHolding: true,
    limit: 1,
  })
  const { jobs, replay, slices, waves } = await planned(stage, { vault: set?.number ?? 0 })
  expect(slices.every(({ isInVault }) => isInVault === true)).toBe(true)
  expect(replay.waves).toEqual([10, 15, 75])
  expect(jobs.byState).toEqual({ failed: 60, waiting: 40 })
  expect(slices.length).toBeLessThanOrEqual(6)
  const rows = await store.now.vault.rows(waves.flat().map(Number))
  expect(new Set(rows.map(({ jobId }) => jobId))).toEqual(
    new Set([...ids, ...Array.from({ length: 40 }, (_, n) => `w${n}`)]),
  )
  expect(replay.strata.map(({ shape }) => shape === null)).toEqual([false, true, false])
})

it('is of two queues where its jobs are to run elsewhere: they leave the one, and run in the other', async () => {
  await plantFailed('here', [{ ...TIMEOUT, jobs: 40 }])
  const target = { system: system.name, queue: 'aside' }
  const { plan, warnings } = await planned(stageOf('here'), { target })
  expect(plan.tier).toBe('T2')
  expect(plan.jobs?.options).toMatchObject({ target, targetTier: expect.any(String) })
  expect(warnings.join()).toContain('No job was ever added to')
  expect(warnings.join()).not.toContain('No worker is connected')
})

it.each([
  ['state:waiting', {}, /`replay` is not for waiting jobs/],
  ['type:nothing', {}, /There are no failed jobs/],
  ['', { continues: 987_654 }, /There is no plan 987654/],
  ['', { vault: 987_654 }, /There is no vault set v987654/],
])('refuses `%s` with %j in words', async (filter, options: JobOptions, words) => {
  await plantFailed('refused', [{ ...RARE, jobs: 1 }])
  await expect(planned(stageOf('refused'), options, filter)).rejects.toThrow(words)
})

it('notices that jobs of its last slices are gone, however many slices it has', async () => {
  await plantFailed('drifts', [{ ...TIMEOUT, jobs: 800 }])
  const stage = stageOf('drifts')
  const { plan, slices } = await planned(stage, { ramp: { inFlight: 1, steps: [{ share: 1 }] } })
  expect(slices).toHaveLength(800)
  expect(await driftOfJobs(stage.deps, plan)).toBeNull()
  await redis.zrem('bull:drifts:failed', ...slices.slice(500).flatMap(({ ids }) => ids))
  expect(await driftOfJobs(stage.deps, plan)).toMatch(/^Of 20 jobs looked at, 3\d % are no longer/)
})

it('warns first of what is less careful than usual, and refuses to wait for less than it watches', async () => {
  await plantFailed('weak', [{ ...TIMEOUT, jobs: 20 }])
  const stage = stageOf('weak')
  const { warnings } = await planned(stage, { ramp: { success: 0.6, watchMs: 1000 } })
  expect(warnings[0]).toMatch(/^Less careful than usual: success 60 % \(usual: 95 %\), watch 1 s/)
  await expect(
    planned(stage, { ramp: { watchMs: 60_000, patienceMs: 30_000 } }),
  ).rejects.toMatchObject({
    message: 'Its patience of 30 s is shorter than the 1 min for which each wave is watched.',
    advice: 'Nothing was changed. Say `patience 1min` or more, or a shorter `watch`.',
  })
})
