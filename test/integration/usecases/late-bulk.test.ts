import { Redis } from 'ioredis'
import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { ActionKind, JobOptions } from '../../../src/domain/action.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import { createStore } from '../../../src/store/store.ts'
import { openSystem } from '../../contract/bullmq-world.ts'
import {
  type BulkStage,
  createBulkStage,
  fillQueue,
  placesOfJobs,
} from '../../helpers/bulk-stage.ts'
import { createTestClock } from '../../helpers/clock.ts'
import type { Wrap } from '../../helpers/history-stage.ts'
import { Died, mortal } from '../../helpers/mortal.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { stalling } from '../../helpers/stalling.ts'

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
  server = await startRedis()
  redis = new Redis(server.url)
  system = openSystem(server)
  store = createStore(pool, 'test', clock)
})
afterAll(async () => {
  await system.close()
  redis.disconnect()
  await Promise.all([server.stop(), database.drop()])
})

const FILTER = 'state:waiting,failed'

interface Deed {
  readonly action: ActionKind
  readonly filter: string
  readonly options: JobOptions
  /** Where the jobs are afterwards, by where they were. */
  readonly ends: Readonly<Record<string, string>>
}

const KEPT = { plain: 'wait', later: 'delayed', first: 'prioritized', bad: 'failed' }
/** Of each kind. */
const EACH = 3
const KINDS = ['plain', 'later', 'first', 'bad'] as const
const kindOf = (index: number): (typeof KINDS)[number] => KINDS[Math.floor(index / EACH)] ?? 'bad'

const DEEDS: readonly Deed[] = [
  {
    action: 'quarantine',
    filter: FILTER,
    options: {},
    ends: { ...KEPT, plain: 'vault', bad: 'vault' },
  },
  { action: 'retry', filter: '', options: {}, ends: { ...KEPT, bad: 'wait' } },
]

async function stageOf(name: string): Promise<{ stage: BulkStage; ids: readonly string[] }> {
  const ids = await fillQueue(redis, server.port, name, EACH)
  return { stage: createBulkStage(store, clock, system, name), ids }
}

async function expectPlaces(
  queue: string,
  ids: readonly string[],
  ends: Deed['ends'],
): Promise<void> {
  const places = await placesOfJobs(redis, store, queue, ids)
  expect(Object.fromEntries(places)).toEqual(
    Object.fromEntries(ids.map((id, index) => [id, [ends[kindOf(index)]]])),
  )
}

/** Runs a deed with a disturbed first attempt, again and again, until the disturbance comes too late to matter. */
async function atEveryInstant(
  deed: Deed,
  name: string,
  disturb: (
    calls: number,
    meanwhile: () => Promise<void>,
  ) => { readonly seen: Wrap; readonly wasHit: () => boolean },
): Promise<number> {
  let calls = 0
  for (let isOver = false; !isOver; calls += 1) {
    const queue = `${name}-${deed.action}-${calls}`
    const { stage, ids } = await stageOf(queue)
    const planId = await stage.order(deed.action, deed)
    const { seen, wasHit } = disturb(calls, async () => {
      await stage.finish(planId)
    })
    await stage.attempt(planId, seen).catch((error: unknown) => {
      if (!(error instanceof Died)) throw error
    })
    const plan = await stage.finish(planId)
    expect([calls, plan.state, plan.outcome?.words]).toEqual([calls, 'done', expect.any(String)])
    await expectPlaces(queue, ids, deed.ends)
    const accounts = await store.now.slices.accounts(planId, null)
    expect([calls, accounts]).toEqual([
      calls,
      expect.objectContaining({ skipped: 0, open: 0, returned: 0, done: accounts.planned }),
    ])
    isOver = !wasHit()
  }
  return calls
}

const killed = (calls: number): { seen: Wrap; wasHit: () => boolean } => {
  let isDead = false
  const wrap = mortal(calls)
  return {
    seen: (ports) => watching(wrap(ports), () => (isDead = true)),
    wasHit: () => isDead,
  }
}

/** Notes that a call came to nothing because its process had died. */
function watching<T extends object>(ports: T, note: () => void): T {
  return new Proxy(ports, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value === 'object' && value !== null) return watching(value, note)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        const result: unknown = (value as (...all: unknown[]) => unknown).apply(target, args)
        if (result instanceof Promise)
          result.catch((error: unknown) => {
            if (error instanceof Died) note()
          })
        return result
      }
    },
  })
}

it.each(DEEDS)(
  '$action: killed before any of its calls, each job ends in exactly one place',
  async (deed) => {
    expect(await atEveryInstant(deed, 'k', killed)).toBeGreaterThan(10)
  },
)

it.each(DEEDS)(
  '$action: asleep before any of its calls while another finishes, it changes nothing late',
  async (deed) => {
    const asleep = (calls: number, meanwhile: () => Promise<void>) => {
      let wasHit = false
      const seen = stalling(calls + 1, async () => {
        wasHit = true
        await meanwhile()
      })
      return { seen, wasHit: () => wasHit }
    }
    expect(await atEveryInstant(deed, 's', asleep)).toBeGreaterThan(10)
  },
)

it.each([['killed', killed]] as const)(
  'release: %s before any of its calls, each job goes back once, as it was',
  async (_how, disturb) => {
    let calls = 0
    for (let isOver = false; !isOver; calls += 1) {
      const queue = `r-${calls}`
      const { stage, ids } = await stageOf(queue)
      const before = await hashes(queue, ids)
      await stage.finish(await stage.order('quarantine', { filter: FILTER, options: {} }))
      const [set] = await store.now.vault.sets({
        ref: { system: system.name, queue },
        isHolding: true,
        limit: 1,
      })
      const wish = { filter: '', options: { vault: set?.number ?? 0, asItWas: true } }
      const planId = await stage.order('release', wish)
      const { seen, wasHit } = disturb(calls)
      await stage.attempt(planId, seen).catch((error: unknown) => {
        if (!(error instanceof Died)) throw error
      })
      expect((await stage.finish(planId)).state).toBe('done')
      await expectPlaces(queue, ids, KEPT)
      expect(await hashes(queue, ids)).toEqual(before)
      isOver = !wasHit()
    }
    expect(calls).toBeGreaterThan(10)
  },
)

const hashes = (queue: string, ids: readonly string[]) =>
  Promise.all(ids.map((id) => redis.hgetall(`bull:${queue}:${id}`)))
