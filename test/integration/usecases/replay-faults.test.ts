import { setTimeout as sleep } from 'node:timers/promises'

import { Redis } from 'ioredis'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { Actor } from '../../../src/domain/action.ts'
import { OperatorError } from '../../../src/domain/errors.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { RampWish, Replay } from '../../../src/domain/replay.ts'
import { settleDoubts } from '../../../src/usecases/actions/jobs/settle-doubt.ts'
import { endGivenUp } from '../../../src/usecases/actions/replay/given-up.ts'
import {
  goOnReplay,
  holdReplay,
  promoteReplay,
} from '../../../src/usecases/actions/replay/orders.ts'
import { stopPlan } from '../../../src/usecases/actions/stop-plan.ts'
import { openSystem } from '../../contract/bullmq-world.ts'
import { eventually, gate } from '../../helpers/eventually.ts'
import { deadAfter, Died } from '../../helpers/mortal.ts'
import { asAdmin, freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { faultStage, TWO_WAVES, type FaultStage } from '../../helpers/replay-faults.ts'
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
  server = await startRedis({ appendOnly: true })
  redis = new Redis(server.url, { maxRetriesPerRequest: null })
  redis.on('error', () => undefined)
  system = openSystem(server)
})
afterAll(async () => {
  await system.close()
  redis.disconnect()
  await Promise.all([server.stop(), database.drop()])
})

const ANA = actorOf('ANA')
const BEN = actorOf('BEN')
type Options = Parameters<typeof faultStage>[2]
const stageOf = (queue: string, options?: Options): Promise<FaultStage> =>
  faultStage({ pool, redis, server, system }, queue, options)

const fedOf = ({ waves }: Replay): number => waves.reduce((sum, { counts }) => sum + counts.fed, 0)

describe('Redis away', () => {
  it('for some seconds in the midst of a wave: goes on by itself, and ends promoted', async () => {
    const door = gate()
    const at = await stageOf('away', { good: 8, bad: 0, opened: door.opened })
    const planId = await at.order('vault')
    await at.drive(planId, null, (replay) => fedOf(replay) === 3 && at.ran.size === 3)
    await server.kill()
    for (let look = 0; look < 3; look += 1) {
      await at.stage.attempt(planId, null)
      at.clock.advance(1000)
    }
    const replay = await at.store.now.replays.byPlan(planId)
    expect(replay?.gates).toMatchObject([{ name: 'redis', state: 'unknown' }])
    await server.restart()
    door.open()
    await at.drive(planId, null)
    const left = await at.left(planId)
    await at.close()
    expect(left.plan.state).toBe('done')
    // Its workers may come back later than it does: then it holds itself, and ends that by itself.
    expect(left.verdicts.filter((one) => !/hold|go_on/.test(one))).toEqual([
      '1 promote',
      '2 promote',
    ])
    expect(new Set(Object.values(left.ledger))).toEqual(new Set(['completed']))
    expect(Object.keys(left.ledger)).toHaveLength(8)
  })

  it('for good: is given up, its queue is free, and what was in doubt is in the ledger', async () => {
    const at = await stageOf('lost', { good: 6, bad: 0, concurrency: 1, opened: gate().opened })
    const planId = await at.order('vault')
    const died = at.stage.attempt(
      planId,
      deadAfter((name, [queue]) => name === 'put' && queue === 'lost'),
    )
    await expect(died).rejects.toThrow(Died)
    await server.kill()
    at.clock.advance(16 * 60_000)
    await at.stage.attempt(planId, null)
    const before = await at.store.now.plans.byId(planId)
    expect(before?.state).toBe('failed')
    expect(before?.queues[0]?.outcome?.jobs).toMatchObject({ planned: 6, open: 3, returned: 3 })
    expect((await at.store.now.replays.byPlan(planId))?.state).toBe('halting')
    await server.restart()
    await eventually('nothing is in doubt', async () => {
      await settleDoubts(at.stage.deps)
      return (await at.store.now.slices.inDoubt(1)).length === 0
    })
    await eventually('what is left in line went back', async () => {
      await endGivenUp(at.stage.deps)
      for (const id of await at.store.now.replays.returns(planId)) await at.stage.attempt(id, null)
      at.clock.advance(60_000)
      return (await at.store.now.replays.byPlan(planId))?.state === 'halted'
    })
    const left = await at.left(planId)
    expect(Object.keys(left.ledger)).toHaveLength(3)
    expect(await at.store.now.slices.accounts(planId, null)).toMatchObject({
      planned: 6,
      done: 3,
      returned: 3,
      open: 0,
    })
    expect(await at.store.now.replays.active(left.replay.ref)).toBeNull()
    const next = await at.stage.order('replay', {
      filter: '',
      options: { continues: left.plan.number, ramp: TWO_WAVES },
    })
    await at.drive(next, null, (replay) => fedOf(replay) >= 3)
    await at.worker.close(true)
  })
})

/** Ends the bot's connections to the database, as its restart does. */
const dropConnections = (): Promise<void> =>
  asAdmin(
    database.owner,
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()`,
  )

describe('PostgreSQL away', () => {
  it('in the midst of steps, again and again: goes on, and nothing is counted twice', async () => {
    const at = await stageOf('cut', { good: 8, bad: 1 })
    const planId = await at.order('vault')
    const seenSoFar = { cuts: 0, errors: 0 }
    const cut = async (): Promise<void> => {
      seenSoFar.cuts += 1
      await dropConnections()
    }
    const seen = [12, 31, 47, 66, 84, 103, 121, 140]
      .map((calls) => stalling(calls, cut, { isInTransactions: true }))
      .reduce((outer, inner) => (ports) => inner(outer(ports)))
    const isOver = async (): Promise<boolean> =>
      seenSoFar.cuts === 8 || (await at.store.now.plans.byId(planId))?.finishedAt !== null
    while (!(await isOver())) {
      await at.drive(planId, seen).catch(() => (seenSoFar.errors += 1))
      at.leaseOver()
    }
    expect(seenSoFar.cuts).toBe(8)
    expect(seenSoFar.errors).toBeGreaterThan(1)
    await at.drive(planId, null)
    const left = await at.left(planId)
    await at.close()
    expect(left.plan.state).toBe('done')
    expect(left.verdicts.filter((one) => /promote/.test(one))).toEqual(['1 promote', '2 promote'])
    expect(Object.values(left.places).map(({ length }) => length)).toEqual(at.ids.map(() => 1))
    expect([...at.ran.values()].filter((times) => times > 1)).toEqual([])
    expect(left.replay.waves.map(({ counts }) => counts.fed)).toEqual([3, 6])
    expect(left.replay.live).toMatchObject({ completed: 0, failed: 0 })
  })
})

describe('a freeze', () => {
  const freezeOf = ({ store, clock }: FaultStage) => ({
    on: () => store.now.control.freeze({ by: ANA, at: clock.now(), reason: null }),
    off: () => store.now.control.unfreeze(),
  })
  const isHeld = ({ state }: Replay): boolean => state === 'held'

  it('holds a ramp, and lifting it lets it go on', async () => {
    const door = gate()
    const at = await stageOf('frozen', { good: 8, bad: 0, opened: door.opened })
    const freeze = freezeOf(at)
    const planId = await at.order('queue')
    await at.drive(planId, null, (replay) => fedOf(replay) === 3)
    await freeze.on()
    door.open()
    await at.drive(planId, null, isHeld)
    for (let look = 0; look < 5; look += 1) await at.stage.attempt(planId, null)
    const replay = await at.store.now.replays.byPlan(planId)
    expect(replay).toMatchObject({ state: 'held', reason: expect.stringContaining('froze all') })
    expect(replay === null ? 0 : fedOf(replay)).toBe(3)
    await freeze.off()
    await at.drive(planId, null)
    const left = await at.left(planId)
    await at.close()
    expect(left.plan.state).toBe('done')
    expect(left.verdicts).toEqual(['1 hold', '1 promote', '2 promote'])
  })

  it('during a halt leaves jobs where they are, and they go to the vault once it is lifted', async () => {
    const door = gate()
    const at = await stageOf('thaw', { good: 6, bad: 0, concurrency: 1, opened: door.opened })
    const freeze = freezeOf(at)
    const planId = await at.order('queue', { ...TWO_WAVES, steps: [{ jobs: 4 }] })
    await at.drive(planId, null, (replay) => fedOf(replay) === 4 && at.ran.size === 1)
    await stopPlan(at.stage.deps, { planId, actor: ANA })
    await freeze.on()
    for (let look = 0; look < 8; look += 1) {
      at.clock.advance(60_000)
      await at.stage.attempt(planId, null)
    }
    expect(await at.store.now.replays.byPlan(planId)).toMatchObject({ state: 'halting' })
    expect(await at.store.now.replays.returns(planId)).toEqual([])
    await freeze.off()
    await at.drive(planId, null, ({ waves }) => waves[0]?.counts.returned === 3)
    door.open()
    await at.drive(planId, null)
    const left = await at.left(planId)
    await at.close()
    expect(left.returns).toEqual(['unstarted:1:1 done'])
    expect(left.replay.waves[0]?.counts).toMatchObject({ completed: 1, returned: 3, open: 0 })
  })
})

describe('a person and a step at once', () => {
  const ramp: RampWish = { ...TWO_WAVES, steps: [{ share: 1 }], inFlight: 4, success: 0.9 }

  it.each(['hold', 'stop'] as const)(
    '%s: at any instant of a step, at most the slice under way is put in line after it',
    async (what) => {
      const answered = await Promise.all(
        [15, 25, 35, 45, 55].map((calls) => oneInstant(what, calls)),
      )
      expect(answered.filter((wasInTime) => wasInTime).length).toBeGreaterThan(1)
    },
  )

  /** Whether a word that was said before the executor's nth call was obeyed; null where it came too early or late. */
  async function oneInstant(what: 'hold' | 'stop', calls: number): Promise<boolean> {
    const door = gate()
    const at = await stageOf(`${what}-${calls}`, { good: 4, bad: 0, opened: door.opened })
    const planId = await at.order('queue', ramp)
    const begunSlices = async (): Promise<number> =>
      (await at.store.now.slices.page(planId, -1, 10)).filter(({ isBegun }) => isBegun).length
    let begun: number | null = null
    const seen = stalling(calls, async () => {
      if ((await at.store.now.replays.byPlan(planId)) === null) return
      await (what === 'hold' ? holdReplay : stopPlan)(at.stage.deps, { planId, actor: ANA })
      begun = await begunSlices()
    })
    await at.stage.attempt(planId, seen)
    for (let look = 0; look < 3; look += 1) await at.stage.attempt(planId, null)
    const replay = await at.store.now.replays.byPlan(planId)
    const after = await begunSlices()
    door.open()
    await at.worker.close(true)
    if (begun === null) return false
    expect([calls, after]).toEqual([calls, begun])
    expect([calls, replay?.isHeldByPerson]).toEqual([calls, what === 'hold'])
    return begun < 4
  }

  it('two executors and two people: every word counts, and no job runs twice', async () => {
    const at = await stageOf('crowd', { good: 40, bad: 0 })
    const planId = await at.order('vault', {
      ...TWO_WAVES,
      steps: [{ jobs: 10 }, { share: 1 }],
      inFlight: 8,
    })
    const isOver = async (): Promise<boolean> =>
      (await at.store.now.plans.byId(planId))?.finishedAt !== null
    const executor = async (): Promise<void> => {
      while (!(await isOver())) await at.stage.attempt(planId, null)
    }
    const answered: string[] = []
    const orders = { hold: holdReplay, on: goOnReplay, promote: promoteReplay }
    const person = async (actor: Actor, names: readonly (keyof typeof orders)[]): Promise<void> => {
      for (let n = 0; !(await isOver()); n += 1) {
        const name = names[n % names.length] ?? 'on'
        await orders[name](at.stage.deps, { planId, actor }).then(
          () => answered.push(name),
          (error: unknown) => {
            if (!(error instanceof OperatorError)) throw error
          },
        )
        await sleep(10)
      }
    }
    await Promise.all([
      executor(),
      executor(),
      person(ANA, ['hold', 'on', 'on']),
      person(BEN, ['on', 'promote', 'on']),
    ])
    const left = await at.left(planId)
    await at.close()
    expect(left.plan.state).toBe('done')
    expect([...at.ran.values()].filter((times) => times > 1)).toEqual([])
    expect(Object.keys(left.ledger)).toHaveLength(40)
    const told = (what: string): number => left.verdicts.filter((one) => one.endsWith(what)).length
    expect(told('hold')).toBeGreaterThanOrEqual(answered.filter((name) => name === 'hold').length)
    expect(told('promote')).toBe(2)
  })
})
