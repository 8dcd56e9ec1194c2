import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import { createStore } from '../../../src/store/store.ts'
import { executePlan } from '../../../src/usecases/actions/execute-plan.ts'
import { operatorOf } from '../../../src/usecases/actions/jobs/operator-of.ts'
import { settleDoubts } from '../../../src/usecases/actions/jobs/settle-doubt.ts'
import { endGivenUp } from '../../../src/usecases/actions/replay/given-up.ts'
import { stopPlan } from '../../../src/usecases/actions/stop-plan.ts'
import { openSystem } from '../../contract/bullmq-world.ts'
import { eventually, gate } from '../../helpers/eventually.ts'
import { failJobs, idsIn } from '../../helpers/failed-jobs.ts'
import { asAdmin, freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { createReplayStage, QUICK } from '../../helpers/replay-stage.ts'
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

const ANA = actorOf('ANA')
const ramp = { ...QUICK, steps: [{ jobs: 10 }, { share: 1 }] }
const refOf = (queue: string) => ({ system: system.name, queue })

function work(queue: string, run: (id: string) => Promise<void> | void, concurrency = 20): Worker {
  const connection = { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null }
  const worker = new Worker(queue, async ({ id }) => run(String(id)), { connection, concurrency })
  worker.on('error', () => undefined)
  return worker
}

/** One worker that never comes to a job. */
async function workAtNothing(queue: string): Promise<{ readonly end: () => Promise<void> }> {
  const producer = new Queue(queue, { connection: { host: '127.0.0.1', port: server.port } })
  await producer.add('endless', {})
  const end = gate()
  const taken = gate()
  const worker = work(queue, () => (taken.open(), end.opened), 1)
  await taken.opened
  return {
    async end() {
      end.open()
      await worker.close(true)
      await producer.close()
    },
  }
}

/** What is done after the queue was looked at, right before the next jobs are put in line. */
function beforePutting(run: () => Promise<unknown>): Store {
  const { slices } = store.now
  const open: typeof slices.open = async (...of) => {
    await run()
    return slices.open(...of)
  }
  return { ...store, now: { ...store.now, slices: { ...slices, open } } }
}

it('takes no end from before a job was put in line for how it did', async () => {
  const queue = 'stale'
  let planned: readonly string[] = []
  const hooked = beforePutting(async () => {
    if ((await redis.llen(`bull:${queue}:wait`)) > 0) return
    for (const [n, id] of planned.entries()) {
      const told = n % 2 === 0 ? ['completed', 'returnvalue'] : ['failed', 'failedReason']
      const [event = '', field = ''] = told
      await redis.xadd(`bull:${queue}:events`, '*', 'event', event, 'jobId', id, field, 'old')
    }
  })
  const stage = createReplayStage(store, system, queue, { store: hooked })
  await failJobs(redis, queue, 30, { type: 'send' })
  const worker = await workAtNothing(queue)
  const planId = await stage.order('replay', { filter: '', options: { ramp } })
  const [slice] = await store.now.slices.open(planId, refOf(queue), 1)
  planned = slice?.ids ?? []
  await stage.until(planId, 'in line', ({ waves }) => waves[0]?.fedAt !== null)
  for (let n = 0; n < 3; n += 1) await stage.round()
  const replay = await store.now.replays.byPlan(planId)
  expect(replay?.waves[0]?.counts).toMatchObject({ fed: 10, open: 10, completed: 0, known: 0 })
  await stopPlan(stage.deps, { planId, actor: ANA })
  await stage.over(planId)
  await worker.end()
})

it('brings jobs to another queue ahead of what waits there, tried as if they were new', async () => {
  const [queue, to] = ['elsewhere', 'elsewhere-to']
  const stage = createReplayStage(store, system, queue)
  await failJobs(redis, queue, 20, { type: 'send' })
  const worker = await workAtNothing(to)
  await redis.rpush(`bull:${to}:wait`, 'live')
  await redis.hset(`bull:${to}:live`, { name: 'live', data: '{}', opts: '{}', timestamp: '1' })
  const options = { ramp, target: refOf(to), resetsAttempts: true }
  const planId = await stage.order('replay', { filter: '', options })
  await stage.until(planId, 'in line', ({ waves }) => waves[0]?.fedAt !== null)
  const line = await idsIn(redis, to, 'wait')
  expect(line[0]).toBe('live')
  expect(await redis.hmget(`bull:${to}:${line[1] ?? ''}`, 'name', 'atm', 'ats')).toEqual([
    'send',
    null,
    null,
  ])
  await stopPlan(stage.deps, { planId, actor: ANA })
  await stage.over(planId)
  await worker.end()
})

/** A plan whose executor died after it had retried its first slice. */
async function diedInLine(queue: string): Promise<string> {
  const stage = createReplayStage(store, system, queue)
  await failJobs(redis, queue, 20, { type: 'send' })
  const planId = await stage.order('replay', { filter: '', options: { ramp } })
  const ref = refOf(queue)
  const lease = await store.now.plans.lease(planId, new Date(), 0)
  const fence = lease?.fence ?? 0
  await store.now.plans.beginQueue(planId, fence, ref)
  await store.now.plans.touch(planId, fence, ref, new Date(), 0)
  await store.now.slices.begin(planId, fence, 0, new Date(), 0)
  const [slice] = await store.now.slices.open(planId, ref, 1)
  const operator = operatorOf(stage.deps, ref)
  const guard = { planId, fence, slice: 0 }
  await operator.open(queue, guard)
  await operator.retry(queue, guard, slice?.ids ?? [], false, true)
  return planId
}

it('settles what an earlier version began, and whatever else is in doubt', async () => {
  const planId = await diedInLine('former')
  const forget = `update spillway.plan set jobs = jobs - 'replay' where id = '${planId}'`
  await asAdmin(database.owner, forget)
  const { deps } = createReplayStage(store, system, 'former')
  await executePlan(deps, planId)
  const plan = await store.now.plans.byId(planId)
  expect(plan?.queues[0]).toMatchObject({ state: 'failed', outcome: { jobs: { open: 10 } } })
  expect(plan?.outcome?.words).not.toContain('Nothing was put in line')
  expect(await store.now.slices.inDoubt(10)).toHaveLength(1)

  // A fault of ours with one of them keeps nobody else's jobs in doubt.
  let calls = 0
  const transaction: Store['transaction'] = async (run, ...rest) => {
    calls += 1
    if (calls === 1) throw new Error('a fault of ours')
    return store.transaction(run, ...rest)
  }
  await settleDoubts({ ...deps, store: { ...store, transaction } })
  expect(await store.now.slices.inDoubt(10)).toHaveLength(1)
  await settleDoubts(deps)
  expect(await store.now.slices.inDoubt(10)).toEqual([])
  const accounts = await store.now.slices.accounts(planId, null)
  expect(accounts).toMatchObject({ planned: 20, done: 10, returned: 10, open: 0 })
})

const heldIn = async (queue: string): Promise<number> =>
  (await store.now.vault.sets({ ref: refOf(queue), isHolding: true, limit: 50 })).reduce(
    (sum, { counts }) => sum + counts.held,
    0,
  )

it('takes back what is in line of a replay that was given up, and lets the queue go', async () => {
  const queue = 'given-up'
  const stage = createReplayStage(store, system, queue)
  await failJobs(redis, queue, 20, { type: 'send' })
  const worker = await workAtNothing(queue)
  const planId = await stage.order('replay', { filter: '', options: { ramp } })
  await stage.until(planId, 'in line', ({ waves }) => waves[0]?.fedAt !== null)
  // Another plan has the queue for longer than anybody waits.
  const busy = await stage.order('quarantine', { filter: 'state:failed', options: {} })
  const lease = await store.now.plans.lease(busy, new Date(), 0)
  await store.now.plans.beginQueue(busy, lease?.fence ?? 0, refOf(queue))
  await asAdmin(
    database.owner,
    `update spillway.plan set progressed_at = now() - interval '20 minutes' where id = '${planId}'`,
  )
  await executePlan(stage.deps, planId)
  const plan = await store.now.plans.byId(planId)
  expect(plan?.state).toBe('failed')
  expect(plan?.queues[0]).toMatchObject({
    state: 'failed',
    outcome: { jobs: { planned: 20, done: 10, returned: 10, open: 0 } },
  })
  expect((await store.now.replays.byPlan(planId))?.state).toBe('halting')
  const halted = await eventually('it is halted', async () => {
    await endGivenUp(stage.deps)
    await stage.round()
    const replay = await store.now.replays.byPlan(planId)
    return replay?.state === 'halted' && replay
  })
  expect(halted.waves[0]).toMatchObject({ verdict: 'halt', counts: { open: 0, returned: 10 } })
  expect(await idsIn(redis, queue, 'wait')).toEqual([])
  expect(await heldIn(queue)).toBe(20)
  expect(await store.now.replays.givenUp(10)).toEqual([])
  await worker.end()
})

it('adds up at its end: what did not end within its patience was not seen to', async () => {
  const queue = 'endless'
  const stage = createReplayStage(store, system, queue)
  await failJobs(redis, queue, 3, { type: 'send' })
  const end = gate()
  const worker = work(queue, () => end.opened)
  const quick = { ...ramp, patienceMs: 300, watchMs: 0 }
  const planId = await stage.order('replay', { filter: '', options: { ramp: quick } })
  await stage.until(planId, 'in line', ({ waves }) => waves[0]?.fedAt !== null)
  await eventually('all are at work', async () => (await redis.llen(`bull:${queue}:active`)) === 3)
  await stopPlan(stage.deps, { planId, actor: ANA })
  const { plan, replay } = await stage.over(planId)
  expect(replay.waves[0]?.counts).toMatchObject({ fed: 3, open: 0, unseen: 3 })
  expect(plan.outcome?.words).toContain('3 not seen to end')
  expect(plan.outcome?.words).not.toContain('in line or at work')
  end.open()
  await worker.close(true)
})
