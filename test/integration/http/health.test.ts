import { randomUUID } from 'node:crypto'

import { Queue } from 'bullmq'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import { createHealthRoutes, type PartState } from '../../../src/http/health.ts'
import { createMetrics, createMetricsRoute } from '../../../src/http/metrics.ts'
import { startSampling, type Sampling } from '../../../src/http/sampling.ts'
import { createHttpServer, type HttpServer } from '../../../src/http/server.ts'
import { openQueueSystems, type OpenQueueSystems } from '../../../src/queues/registry.ts'
import { createStore } from '../../../src/store/store.ts'
import { eventually } from '../../helpers/eventually.ts'
import { jobPlans } from '../../helpers/job-plans.ts'
import { asAdmin, freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { silentLog } from '../../helpers/silent-log.ts'
import { seenJob, storedReplays } from '../../helpers/stored-replays.ts'

const clock = { now: () => new Date() }
const UP: PartState = { isUp: true, words: 'runs' }

let redis: RedisServer
let database: TestDatabase
let systems: OpenQueueSystems
let sampling: Sampling
let http: HttpServer
let store: Store
let url: string
let work = UP
let slack = UP
let isStopping = false
let overviews = 0

beforeAll(async () => {
  redis = await startRedis()
  const queue = new Queue('email', { connection: { url: redis.url } })
  await queue.add('send', {}, { timestamp: Date.now() - 3_600_000 })
  await queue.add('send', {}, { delay: 60_000 })
  await queue.close()
  database = await freshDatabase()
  systems = openQueueSystems(
    [
      {
        kind: 'bullmq',
        name: 'sales',
        url: redis.url,
        prefix: 'bull',
        queues: ['email'],
        scanPauseMs: null,
        majors: null,
      },
    ],
    { clock, log: silentLog },
  )
  const pool = database.openAppPool()
  store = createStore(pool, 'test')
  const metrics = createMetrics()
  sampling = startSampling({
    systems: { all: () => systems.all().map(counted), get: (name) => systems.get(name) },
    store,
    metrics,
    clock,
    log: silentLog,
    everyMs: 50,
  })
  http = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    ids: { uuid: randomUUID },
    log: silentLog,
    routes: [
      ...createHealthRoutes({
        pingDatabase: () => store.ping(),
        work: () => work,
        slack: () => slack,
        systems: () => sampling.states(),
        isStopping: () => isStopping,
      }),
      createMetricsRoute(metrics),
    ],
  })
  ;({ url } = await http.start())
})
afterAll(async () => {
  sampling.stop()
  await http.stop(100)
  await systems.close()
  await redis.stop()
})

const counted = (system: QueueSystem): QueueSystem => ({
  ...system,
  overview: (queues) => {
    overviews += 1
    return system.overview(queues)
  },
})

interface Readiness {
  readonly isReady: boolean
  readonly degraded: readonly string[]
  readonly parts: Readonly<Record<string, PartState>>
}
async function readiness(): Promise<{ status: number; body: Readiness }> {
  const answer = await fetch(`${url}/readyz`)
  return { status: answer.status, body: (await answer.json()) as Readiness }
}
const scrape = async (): Promise<string> => (await fetch(`${url}/metrics`)).text()

describe('metrics', () => {
  it('show each queue as sampled, with its time', async () => {
    const text = await eventually('a sample', async () => {
      const now = await scrape()
      return (
        now.includes('spillway_queue_jobs{') &&
        /state_sampled_timestamp_seconds [1-9]/.test(now) &&
        now
      )
    })
    expect(text).toContain('spillway_queue_jobs{system="sales",queue="email",state="waiting"} 1')
    expect(text).toContain('spillway_queue_jobs{system="sales",queue="email",state="delayed"} 1')
    expect(text).toContain('spillway_queue_paused{system="sales",queue="email"} 0')
    expect(text).toContain('spillway_system_up{system="sales"} 1')
    expect(text).toMatch(/spillway_queue_oldest_seconds\{system="sales",queue="email"\} 36\d\d/)
    expect(text).toMatch(/spillway_system_sampled_timestamp_seconds\{system="sales"\} \d{10}/)
    expect(text).toContain('spillway_incidents{state="open"} 0')
    expect(text).toContain('spillway_outbox_messages 0')
    // Also before anything was quarantined: what starts at its first number has not grown by it.
    expect(text).toContain('spillway_vault_jobs_in_total{system="sales"} 0')
    expect(text).toContain('spillway_frozen 0')
    expect(text).toContain('spillway_plans_pending{waiting_for="approval"} 0')
  })

  it('count what came into the vault and left it as the database does, whoever did it', async () => {
    const make = jobPlans(store)
    const { plan, rows } = await make.holding(['1', '2', '3'])
    await store.now.vault.discard(plan.id, plan.fence, rows.slice(0, 1), clock.now())
    const text = await eventually('a sample of the vault', async () => {
      const now = await scrape()
      return now.includes('_out_total{system="sales",how="discarded"} 1') && now
    })
    expect(text).toContain('spillway_vault_jobs_in_total{system="sales"} 3')
    expect(text).toContain('spillway_vault_jobs{system="sales"} 2')
    expect(text).toContain('spillway_vault_jobs_out_total{system="sales",how="released"} 0')
  })

  it('count the jobs of replays by what became of them, and replays by where they stand', async () => {
    expect(await scrape()).toContain('spillway_replays{state="held"} 0')
    const { replaying } = storedReplays(store)
    const plan = await replaying()
    const put = ['1', '2', '3'].map((id) => ({ id, key: id, stratum: null }))
    await store.now.replays.addJobs(plan.id, 0, put, 0, clock.now())
    await store.now.replays.note(plan.id, [
      seenJob('1', 'completed'),
      seenJob('2', 'failed', { shape: 'a new one', isKnown: false }),
    ])
    await store.now.replays.change(plan.id, { state: 'held', reason: 'a test' }, clock.now())
    const text = await eventually('a sample of the replay', async () => {
      const now = await scrape()
      return now.includes('spillway_replays{state="held"} 1') && now
    })
    expect(text).toContain('spillway_replays{state="running"} 0')
    expect(text).toContain('spillway_replay_jobs_total{outcome="completed"} 1')
    expect(text).toContain('spillway_replay_jobs_total{outcome="failed_anew"} 1')
    expect(text).toContain('spillway_replay_jobs_total{outcome="failed"} 0')
  })

  it('are all named spillway_', async () => {
    const names = [...(await scrape()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    expect(names.length).toBeGreaterThan(15)
    expect(names.filter((name) => !name?.startsWith('spillway_'))).toEqual([])
  })

  it('are read from memory: no scrape asks a system', async () => {
    sampling.stop()
    const before = await eventually('the last sample to end', async () => {
      const count = overviews
      await new Promise((resolve) => setTimeout(resolve, 100))
      return count === overviews && count
    })
    await Promise.all(Array.from({ length: 20 }, scrape))
    expect(overviews).toBe(before)
  })
})

describe('health', () => {
  it('is alive and ready, and shows every part', async () => {
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    const { status, body } = await readiness()
    expect(status).toBe(200)
    expect(body).toMatchObject({ isReady: true, degraded: [] })
    expect(Object.keys(body.parts)).toEqual(['database', 'work', 'slack', 'system:sales'])
  })

  it('stays ready while Slack is away, and says so', async () => {
    slack = { isUp: false, words: 'away' }
    const { status, body } = await readiness()
    slack = UP
    expect({ status, degraded: body.degraded }).toEqual({ status: 200, degraded: ['slack'] })
  })

  it('is not ready while the work runner is down or an orderly stop is under way', async () => {
    work = { isUp: false, words: 'stopped' }
    expect((await readiness()).status).toBe(503)
    work = UP
    isStopping = true
    expect((await readiness()).status).toBe(503)
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    isStopping = false
  })
})

describe('a watched Redis that goes away', () => {
  it('leaves Spillway ready, shows the system as down, and hides numbers that are not measured', async () => {
    const metrics = createMetrics()
    const own = startSampling({
      systems,
      store: createStore(database.openAppPool(), 'test'),
      metrics,
      clock,
      log: silentLog,
      everyMs: 50,
    })
    const text = () => metrics.registry.metrics()
    await eventually('numbers', async () =>
      (await text()).includes('queue="email",state="waiting"'),
    )
    await redis.stop()
    await eventually('the system down', async () =>
      (await text()).includes('spillway_system_up{system="sales"} 0'),
    )
    expect(await text()).not.toContain('queue="email"')
    expect(own.states()['sales']).toMatchObject({ isUp: false })
    expect((await readiness()).status).toBe(200)
    own.stop()
  })
})

describe('PostgreSQL away', () => {
  it('makes it not ready, still alive', async () => {
    const { host, database: name } = database.owner
    await asAdmin(
      { host, user: 'postgres', database: 'postgres' },
      `drop database ${name} with (force)`,
    )
    const { status, body } = await readiness()
    expect({ status, degraded: body.degraded }).toEqual({ status: 503, degraded: ['database'] })
    expect((await fetch(`${url}/livez`)).status).toBe(200)
  })
})
