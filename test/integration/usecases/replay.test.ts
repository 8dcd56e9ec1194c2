import { Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import { createStore } from '../../../src/store/store.ts'
import { confirmPlan } from '../../../src/usecases/actions/confirm-plan.ts'
import { executePlan } from '../../../src/usecases/actions/execute-plan.ts'
import { planAction } from '../../../src/usecases/actions/plan-action.ts'
import {
  goOnReplay,
  holdReplay,
  promoteReplay,
} from '../../../src/usecases/actions/replay/orders.ts'
import { stopPlan } from '../../../src/usecases/actions/stop-plan.ts'
import { openSystem } from '../../contract/bullmq-world.ts'
import { eventually, gate } from '../../helpers/eventually.ts'
import { failJobs, idsIn } from '../../helpers/failed-jobs.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { createReplayStage, QUICK, type ReplayStage } from '../../helpers/replay-stage.ts'
import { actorOf } from '../../helpers/toy-people.ts'

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
  store = createStore(database.openAppPool({ max: 4 }), 'test', { now: () => new Date() })
})
afterAll(async () => {
  await system.close()
  redis.disconnect()
  await Promise.all([server.stop(), database.drop()])
})

const ramp = { ...QUICK, steps: [{ jobs: 10 }, { share: 0.25 }, { share: 1 }] }
const ANA = actorOf('ANA')

function work(queue: string, run: (id: string) => Promise<void> | void, concurrency = 20): Worker {
  const connection = { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null }
  const worker = new Worker(queue, async ({ id }) => run(String(id)), {
    connection,
    concurrency,
    removeOnComplete: { count: 0 },
  })
  worker.on('error', () => undefined)
  return worker
}

async function vaultOf(stage: ReplayStage): Promise<number> {
  await stage.finish(await stage.order('quarantine', { filter: 'state:failed', options: {} }))
  const ref = { system: system.name, queue: stage.queue }
  const [set] = await store.now.vault.sets({ ref, isHolding: true, limit: 1 })
  return set?.number ?? 0
}

const heldIds = async (queue: string): Promise<readonly string[]> => {
  const ref = { system: system.name, queue }
  const ids: string[] = []
  for (const set of await store.now.vault.sets({ ref, isHolding: true, limit: 50 }))
    for (const { job } of await store.now.vault.held(set.id, {
      after: 0,
      limit: 5000,
      withContent: false,
    }))
      ids.push(job.jobId)
  return ids
}

it('runs failed jobs of a queue in waves to the end, and promotes by itself', async () => {
  const stage = createReplayStage(store, system, 'fixed')
  await failJobs(redis, 'fixed', 200, { type: 'send' })
  const ran: string[] = []
  const worker = work('fixed', (id) => void ran.push(id))
  const planId = await stage.order('replay', { filter: '', options: { ramp } })
  const { plan, replay } = await stage.over(planId)
  await worker.close()
  expect(replay.waves.map(({ size, verdict }) => [size, verdict])).toEqual([
    [10, 'promote'],
    [40, 'promote'],
    [150, 'promote'],
  ])
  expect(replay.state).toBe('done')
  expect(plan.state).toBe('done')
  expect(ran.length).toBe(200)
  expect(new Set(ran).size).toBe(200)
  expect(plan.queues[0]?.outcome?.jobs).toMatchObject({
    planned: 200,
    done: 200,
    returned: 0,
    open: 0,
  })
})

it('halts in the canary when nothing is fixed, and gives back what failed with its new error', async () => {
  const stage = createReplayStage(store, system, 'unfixed')
  await failJobs(redis, 'unfixed', 200, { type: 'send' })
  const vault = await vaultOf(stage)
  const ran: string[] = []
  const worker = work('unfixed', (id) => {
    ran.push(id)
    throw new Error('connect ETIMEDOUT 10.0.0.1:443')
  })
  const planId = await stage.order('replay', { filter: '', options: { ramp, vault } })
  const { plan, replay } = await stage.over(planId)
  await worker.close()
  expect(replay.state).toBe('halted')
  expect(replay.wave).toBe(0)
  expect(plan.state).not.toBe('done')
  expect(ran.length).toBeLessThanOrEqual(10)
  expect(await idsIn(redis, 'unfixed', 'failed')).toEqual([])
  expect(await idsIn(redis, 'unfixed', 'wait')).toEqual([])
  expect((await heldIds('unfixed')).length).toBe(200)
  expect(new Set(await heldIds('unfixed')).size).toBe(200)
})

it('sets poison aside and brings the rest through', async () => {
  const stage = createReplayStage(store, system, 'poison')
  await failJobs(redis, 'poison', 194, { type: 'send' })
  await failJobs(redis, 'poison', 6, { type: 'send-bad', error: 'invalid address' })
  const vault = await vaultOf(stage)
  const worker = work('poison', (id) => {
    if (id.startsWith('send-bad')) throw new Error('invalid address')
  })
  const planId = await stage.order('replay', { filter: '', options: { ramp, vault } })
  const { replay } = await stage.over(planId)
  await worker.close()
  expect(replay.state).toBe('done')
  expect((await heldIds('poison')).toSorted()).toEqual(
    Array.from({ length: 6 }, (_, n) => `send-bad-${n}`),
  )
})

it('holds while no worker is there, goes on when one is, and stops by a click', async () => {
  const stage = createReplayStage(store, system, 'gone')
  await failJobs(redis, 'gone', 100, { type: 'send' })
  const slow = { ...ramp, patienceMs: 600, promotes: 'person' as const }
  const planId = await stage.order('replay', { filter: '', options: { ramp: slow } })
  await stage.until(planId, 'held', ({ state }) => state === 'held')
  const worker = work('gone', () => undefined)
  await stage.until(
    planId,
    'waits for a click',
    ({ state, waves }) => state === 'held' && waves[0]?.counts.completed === 10,
  )
  await holdReplay(stage.deps, { planId, actor: ANA })
  await goOnReplay(stage.deps, { planId, actor: ANA })
  await stopPlan(stage.deps, { planId, actor: ANA })
  const { plan, replay } = await stage.over(planId)
  await worker.close()
  expect(plan.state).toBe('cancelled')
  expect(replay.state).toBe('halted')
  expect(plan.queues[0]?.outcome?.jobs).toMatchObject({ planned: 100, done: 10, returned: 90 })
  expect((await idsIn(redis, 'gone', 'failed')).length).toBe(90)
})

it('takes what still waits in line back into the vault when it is stopped', async () => {
  const stage = createReplayStage(store, system, 'stopped')
  await failJobs(redis, 'stopped', 60, { type: 'send' })
  const { open, opened } = gate()
  const worker = work('stopped', () => opened, 1)
  const planId = await stage.order('replay', { filter: '', options: { ramp } })
  await stage.until(planId, 'in line', ({ waves }) => waves[0]?.counts.fed === 10)
  await stopPlan(stage.deps, { planId, actor: ANA })
  await stage.until(planId, 'taken back', ({ waves }) => waves[0]?.counts.returned === 9)
  open()
  const { replay } = await stage.over(planId)
  await worker.close()
  expect(replay.waves[0]?.counts).toMatchObject({ fed: 10, returned: 9, completed: 1, open: 0 })
  expect((await heldIds('stopped')).length).toBe(9)
  expect((await idsIn(redis, 'stopped', 'failed')).length).toBe(50)
  expect(await idsIn(redis, 'stopped', 'wait')).toEqual([])
})

it.each(['vault', 'queue'] as const)(
  'runs jobs of the %s in a queue of their own, and leaves its limits as they are',
  async (source) => {
    const [own, other] = [`home-${source}`, `away-${source}`]
    const stage = createReplayStage(store, system, own)
    await failJobs(redis, own, 60, { type: 'send' })
    await redis.hset(`bull:${other}:meta`, 'concurrency', '3')
    const vault = source === 'vault' ? { vault: await vaultOf(stage) } : {}
    const ran: string[] = []
    const worker = work(other, (id) => {
      ran.push(id)
      if (id.endsWith('-7')) throw new Error('connect ETIMEDOUT 10.0.0.1:443')
    })
    const target = { system: system.name, queue: other }
    const planId = await stage.order('replay', {
      filter: '',
      options: { ...vault, target, ramp: { ...ramp, success: 0.5, inFlight: 8 } },
    })
    const { plan, replay } = await stage.over(planId)
    await worker.close()
    expect(replay.ref).toEqual(target)
    expect(replay.state).toBe('done')
    expect(ran.length).toBe(60)
    expect(new Set(ran).size).toBe(60)
    expect(plan.queues[0]?.outcome?.jobs).toMatchObject({ planned: 60, done: 60, open: 0 })
    expect(await idsIn(redis, own, 'failed')).toEqual([])
    expect(await redis.hget(`bull:${other}:meta`, 'concurrency')).toBe('3')
    expect(await idsIn(redis, other, 'failed')).toEqual([])
    expect((await heldIds(other)).length).toBe(1)
  },
)

it('goes on by a click in spite of what is around it, never of how its own jobs do', async () => {
  const stage = createReplayStage(store, system, 'waived')
  await failJobs(redis, 'waived', 40, { type: 'send' })
  const impatient = { ...ramp, patienceMs: 500 }
  const planId = await stage.order('replay', { filter: '', options: { ramp: impatient } })
  await stage.until(planId, 'held for want of workers', ({ state }) => state === 'held')
  await goOnReplay(stage.deps, { planId, actor: ANA })
  const replay = await stage.until(
    planId,
    'held for want of ends',
    ({ state, waves }) => state === 'held' && waves[0]?.counts.fed === 10,
  )
  expect(replay.ignored).toEqual(['workers:unknown'])
  for (let round = 0; round < 10; round += 1) await stage.round()
  expect(await store.now.replays.byPlan(planId)).toMatchObject({ state: 'held', wave: 0 })
  await expect(promoteReplay(stage.deps, { planId, actor: ANA, wave: 1 })).rejects.toMatchObject({
    code: 'already_done',
  })
  await promoteReplay(stage.deps, { planId, actor: ANA, wave: 0 })
  expect(await store.now.replays.byPlan(planId)).toMatchObject({ wave: 1, ignored: [] })
  await stopPlan(stage.deps, { planId, actor: ANA })
  await stage.over(planId)
})

it('gives the queue to whoever waits for it, a pause above all', async () => {
  const stage = createReplayStage(store, system, 'wanted')
  await failJobs(redis, 'wanted', 3000, { type: 'send' })
  const { open, opened } = gate()
  const worker = work('wanted', () => opened, 1)
  await eventually('a worker', async () => {
    const [overview] = await system.overview(['wanted'])
    return overview?.workers === 1
  })
  const unlimited = { ...QUICK, steps: [{ share: 1 }], inFlight: null }
  const planId = await stage.order('replay', { filter: '', options: { ramp: unlimited } })
  const refs = [{ system: system.name, queue: 'wanted' }]
  const request = { actor: ANA, action: 'pause', scope: 'wanted', refs, incidentId: null } as const
  const { plan } = await planAction(stage.deps, { ...request, holdMs: 60_000 })
  await confirmPlan(stage.deps, {
    planId: plan.id,
    actor: ANA,
    reason: 'now',
    phrase: null,
    isBreakGlass: false,
  })
  await executePlan(stage.deps, planId)
  expect((await store.now.replays.byPlan(planId))?.waves[0]?.counts.fed).toBe(1000)
  await executePlan(stage.deps, plan.id)
  expect((await store.now.plans.byId(plan.id))?.state).toBe('done')
  await stopPlan(stage.deps, { planId, actor: ANA })
  open()
  await stage.over(planId)
  await worker.close()
})
