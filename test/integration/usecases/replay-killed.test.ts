import { Redis } from 'ioredis'
import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import { openSystem } from '../../contract/bullmq-world.ts'
import { gate } from '../../helpers/eventually.ts'
import type { Wrap } from '../../helpers/history-stage.ts'
import { Died, mortal } from '../../helpers/mortal.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { faultStage, type FaultStage, type Left, type Source } from '../../helpers/replay-faults.ts'
import { stalling } from '../../helpers/stalling.ts'
import { actorOf } from '../../helpers/toy-people.ts'

let database: TestDatabase
let pool: Pool
let server: RedisServer
let redis: Redis
let system: QueueSystem

beforeAll(async () => {
  database = await freshDatabase()
  pool = database.openAppPool({ max: 8 })
  server = await startRedis()
  redis = new Redis(server.url)
  system = openSystem(server)
})
afterAll(async () => {
  await system.close()
  redis.disconnect()
  await Promise.all([server.stop(), database.drop()])
})

/** At once; each has a queue and a clock of its own. */
const LANES = 4

/** Gives ports as a disturbed executor has them, and tells whether they were. */
type Disturb = (
  calls: number,
  others: () => Promise<void>,
) => { readonly seen: Wrap; readonly wasHit: () => boolean }

const killed: Disturb = (calls) => {
  let isHit = false
  const dying = mortal(calls)
  return { seen: (ports) => noting(dying(ports), () => (isHit = true)), wasHit: () => isHit }
}

/** Tells of a call that came to nothing because its process had died. */
const noting = <T extends object>(ports: T, note: () => void): T =>
  new Proxy(ports, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key)
      if (typeof value === 'object' && value !== null) return noting(value, note)
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

const asleep: Disturb = (calls, others) => {
  let isHit = false
  const seen = stalling(calls + 1, async () => {
    isHit = true
    await others()
  })
  return { seen, wasHit: () => isHit }
}

const HOW = { killed, asleep } as const

interface Play {
  /** Up to where disturbed executors come in; gives the plan. */
  readonly begin: (at: FaultStage) => Promise<string>
  readonly good: number
  readonly bad: number
  readonly concurrency: number
  readonly check: (left: Left, at: FaultStage) => void
}

/** Disturbed before one of its calls, then brought to its end by others; true while that came before the end. */
async function oneInstant(play: Play, name: string, how: Disturb, calls: number): Promise<boolean> {
  const door = gate()
  const { good, bad, concurrency } = play
  const toys = { pool, redis, server, system }
  const at = await faultStage(toys, `${name}-${calls}`, {
    good,
    bad,
    concurrency,
    opened: door.opened,
  })
  const planId = await play.begin(at)
  const letOn = (): boolean => {
    door.open()
    return false
  }
  const others = async (): Promise<void> => {
    at.leaseOver()
    await at.drive(planId, null, letOn)
  }
  const { seen, wasHit } = how(calls, others)
  await at.drive(planId, seen, letOn).catch((error: unknown) => {
    if (!(error instanceof Died)) throw error
  })
  await others()
  const left = await at.left(planId)
  await at.close()
  try {
    expect(left.plan.finishedAt).not.toBeNull()
    play.check(left, at)
  } catch (error) {
    throw new Error(
      `${name} disturbed before call ${calls}: ${JSON.stringify({ ...left, plan: left.plan.queues[0]?.outcome })}`,
      {
        cause: error,
      },
    )
  }
  return wasHit()
}

/** Every `stride`-th instant until the disturbance comes too late to matter; gives how many calls there were. */
async function atManyInstants(
  play: Play,
  name: string,
  how: Disturb,
  { first, stride }: { readonly first: number; readonly stride: number },
): Promise<number> {
  let [next, isOver] = [first, false]
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const calls = next
      next += stride
      if (!(await oneInstant(play, name, how, calls))) isOver = true
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  return next
}

/** Each job is in one place, ran at most once, and everybody's numbers of them agree. */
function expectAccounts({ plan, replay, places, ran, ledger }: Left, fed: number): void {
  expect(Object.values(places).map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1])
  expect([...ran.values()].filter((times) => times > 1)).toEqual([])
  expect(Object.keys(ledger)).toHaveLength(fed)
  const sum = (of: (wave: Left['replay']['waves'][number]) => number): number =>
    replay.waves.reduce((total, wave) => total + of(wave), 0)
  expect(sum(({ counts }) => counts.fed)).toBe(fed)
  expect(sum(({ counts }) => counts.open + counts.unseen + counts.skipped)).toBe(0)
  const jobs = plan.queues[0]?.outcome?.jobs
  expect(jobs).toMatchObject({ planned: 6, skipped: 0, open: 0 })
  expect((jobs?.done ?? 0) + (jobs?.returned ?? 0)).toBe(6)
}

const through = (source: Source): Play => ({
  begin: (at) => at.order(source),
  good: 4,
  bad: 2,
  concurrency: 10,
  check(left) {
    expectAccounts(left, 6)
    expect(left.plan.state).toBe('done')
    expect(left.replay.state).toBe('done')
    expect(left.verdicts).toEqual(['1 promote', '2 promote'])
    expect(left.places).toEqual({
      ...Object.fromEntries([0, 1, 2, 3].map((n) => [`send-${n}`, ['completed']])),
      'bad-0': ['vault'],
      'bad-1': ['vault'],
    })
    expect(left.plan.queues[0]?.outcome?.jobs?.done).toBe(6)
    expect(new Set(left.returns).size).toBe(left.returns.length)
  },
})

const stopped = (source: Source): Play => ({
  async begin(at) {
    const planId = await at.order(source, { steps: [{ jobs: 4 }, { share: 1 }], patienceMs: 6e5 })
    await at.drive(planId, null, ({ waves }) => waves[0]?.counts.fed === 4 && at.ran.size === 1)
    await at.store.now.plans.requestStop(planId, actorOf('ANA'), at.clock.now())
    return planId
  },
  good: 6,
  bad: 0,
  concurrency: 1,
  check(left) {
    expectAccounts(left, 4)
    expect(left.plan.state).toBe('cancelled')
    expect(left.replay.state).toBe('halted')
    expect(left.verdicts).toEqual(['1 halt'])
    const outcomes = Object.values(left.ledger)
    const [completed, returned] = ['completed', 'returned'].map(
      (one) => outcomes.filter((outcome) => outcome === one).length,
    )
    expect(completed).toBe([...left.ran.keys()].length)
    expect((completed ?? 0) + (returned ?? 0)).toBe(4)
    const places = Object.values(left.places).flat()
    expect(places.filter((place) => place === 'completed')).toHaveLength(completed ?? -1)
    const isVault = source === 'vault'
    expect(places.filter((place) => place === 'vault')).toHaveLength(
      (returned ?? 0) + (isVault ? 2 : 0),
    )
    expect(places.filter((place) => place === 'failed')).toHaveLength(isVault ? 0 : 2)
  },
})

const PLAYS = { through, stopped } as const

// There are some 370 and 180 calls, and no two runs are alike: so each run tries others.
it.each([
  ['through', 'vault', 'killed', 7, 59],
  ['through', 'queue', 'killed', 23, 71],
  ['through', 'vault', 'asleep', 40, 83],
  ['stopped', 'vault', 'killed', 3, 43],
  ['stopped', 'queue', 'asleep', 12, 47],
] as const)(
  '%s, out of the %s, an executor %s at many instants',
  async (what, source, how, first, stride) => {
    const play = PLAYS[what](source)
    const name = `${what}-${source}-${how}`
    const calls = await atManyInstants(play, name, HOW[how], { first, stride })
    expect(calls).toBeGreaterThan(100)
  },
  60_000,
)
