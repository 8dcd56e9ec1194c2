import { Redis } from 'ioredis'
import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { ActionKind, JobOptions } from '../../../src/domain/action.ts'
import type { JobAccount } from '../../../src/domain/job-accounts.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import { createStore } from '../../../src/store/store.ts'
import { executePlan } from '../../../src/usecases/actions/execute-plan.ts'
import { settleDoubts } from '../../../src/usecases/actions/jobs/settle-doubt.ts'
import { readAccounts } from '../../../src/usecases/jobs/read-accounts.ts'
import { openSystem } from '../../contract/bullmq-world.ts'
import {
  type BulkStage,
  createBulkStage,
  fillQueue,
  placesOfJobs,
} from '../../helpers/bulk-stage.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { eventually } from '../../helpers/eventually.ts'
import { mortal } from '../../helpers/mortal.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'

// Every instant is an execution of its own: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 })

let database: TestDatabase
let pool: Pool
let server: RedisServer
let redis: Redis
let system: QueueSystem
let store: Store
const clock = createTestClock()

beforeAll(async () => {
  database = await freshDatabase()
  pool = database.openAppPool({ max: 4 })
  server = await startRedis({ appendOnly: true })
  redis = new Redis(server.url, { maxRetriesPerRequest: null })
  redis.on('error', () => undefined)
  system = openSystem(server)
  store = createStore(pool, 'test', clock)
})
afterAll(async () => {
  await system.close()
  redis.disconnect()
  await Promise.all([server.stop(), database.drop()])
})

const PATIENCE_MS = 16 * 60_000
const FAILED = 'state:failed'

interface Deed {
  readonly action: ActionKind
  /** Where a failed job is that it was done to, and where it stays else. */
  readonly done: string
  readonly left: readonly string[]
}

const DEEDS: readonly Deed[] = [
  { action: 'quarantine', done: 'vault', left: ['failed'] },
  { action: 'retry', done: 'wait', left: ['failed'] },
  { action: 'release', done: 'failed', left: ['vault'] },
  { action: 'move', done: 'target', left: ['failed', 'vault'] },
]

/** What an action is about, once everything that comes before it is done. */
async function wishOf(action: ActionKind, stage: BulkStage): Promise<[string, JobOptions]> {
  const target = { system: system.name, queue: `${stage.queue}-to` }
  if (action === 'move') return [FAILED, { target }]
  if (action !== 'release') return ['', {}]
  await stage.finish(await stage.order('quarantine', { filter: FAILED, options: {} }))
  const ref = { system: system.name, queue: stage.queue }
  const [set] = await store.now.vault.sets({ ref, isHolding: true, limit: 1 })
  return ['', { vault: set?.number ?? 0, asItWas: true }]
}

interface Killed {
  readonly deed: Deed
  readonly queue: string
  readonly planId: string
  /** Of the jobs that had failed. */
  readonly ids: readonly string[]
}

/** Attempts that died, each before another one of its calls (every second one), until one of them got through. */
async function killedAtManyInstants(deed: Deed): Promise<readonly Killed[]> {
  const killed: Killed[] = []
  for (let calls = 4; ; calls += 2) {
    const queue = `doubt-${deed.action}-${calls}`
    const ids = (await fillQueue(redis, server.port, queue, 2)).slice(6)
    const stage = createBulkStage(store, clock, system, queue)
    const [filter, options] = await wishOf(deed.action, stage)
    const planId = await stage.order(deed.action, { filter, options })
    await stage.attempt(planId, mortal(calls)).catch(() => undefined)
    const plan = await store.now.plans.byId(planId)
    if (plan?.finishedAt !== null) return killed
    killed.push({ deed, queue, planId, ids })
  }
}

/** Where each job is, and what its plan says of it. */
async function whereAndWhat({ queue, planId, ids }: Killed) {
  const plan = await store.now.plans.byId(planId)
  const accounts = new Map<string, JobAccount>()
  if (plan !== null)
    for await (const page of readAccounts(store.now, plan))
      for (const account of page) accounts.set(account.job, account)
  const newIds = ids.map((id) => accounts.get(id)?.newId ?? id)
  const here = await placesOfJobs(redis, store, queue, ids)
  const there = await placesOfJobs(redis, store, `${queue}-to`, newIds)
  return ids.map((id, n) => ({
    places: [...(here.get(id) ?? []), ...(there.get(newIds[n] ?? id) ?? []).map(() => 'target')],
    outcome: accounts.get(id)?.outcome ?? 'nothing',
  }))
}

it('what is given up while Redis is away is settled by receipts, and no job is in two places', async () => {
  const killed: Killed[] = []
  for (const deed of DEEDS) killed.push(...(await killedAtManyInstants(deed)))

  await server.kill()
  clock.advance(PATIENCE_MS)
  const { deps } = createBulkStage(store, clock, system, 'any')
  for (const { planId } of killed) await executePlan(deps, planId)
  for (const { planId } of killed)
    expect((await store.now.plans.byId(planId))?.finishedAt).not.toBeNull()
  const doubtful = await store.now.slices.inDoubt(1000)
  for (const { action } of DEEDS)
    expect(doubtful.filter(({ slice }) => slice.ref.queue.includes(action)).length).toBeGreaterThan(
      1,
    )
  await settleDoubts(deps)
  expect(await store.now.slices.inDoubt(1000)).toHaveLength(doubtful.length)

  await server.restart()
  await eventually('nothing is in doubt', async () => {
    await settleDoubts(deps)
    return (await store.now.slices.inDoubt(1)).length === 0
  })
  // What is kept while a slice is under way has no end of its own.
  const kept = await redis.keys('*:spillway:*')
  for (const { planId, slice } of doubtful)
    expect(kept.filter((key) => key.endsWith(`:${planId}:${slice.position}`))).toEqual([])
  const seen = new Set<string>()
  for (const one of killed) {
    const { action, done, left } = one.deed
    for (const { places, outcome } of await whereAndWhat(one)) {
      expect([one.queue, outcome, places]).toEqual([one.queue, outcome, [expect.any(String)]])
      const isDone = outcome === 'done'
      expect(isDone ? [done] : left, `${one.queue} ${outcome}`).toContain(places[0])
      seen.add(`${action} ${isDone ? 'done' : outcome}`)
    }
  }
  expect([...seen].toSorted()).toEqual(
    expect.arrayContaining(DEEDS.flatMap(({ action }) => [`${action} done`, `${action} skipped`])),
  )
})
