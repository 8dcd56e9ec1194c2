import { Redis } from 'ioredis'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { RampWish, Replay, Wave } from '../../../src/domain/replay.ts'
import { settleDoubts } from '../../../src/usecases/actions/jobs/settle-doubt.ts'
import { endGivenUp } from '../../../src/usecases/actions/replay/given-up.ts'
import { holdReplay, promoteReplay } from '../../../src/usecases/actions/replay/orders.ts'
import { stopPlan } from '../../../src/usecases/actions/stop-plan.ts'
import { openSystem } from '../../contract/bullmq-world.ts'
import { eventually, gate } from '../../helpers/eventually.ts'
import { deadAfter, Died } from '../../helpers/mortal.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { faultStage, TWO_WAVES, type FaultStage } from '../../helpers/replay-faults.ts'
import { actorOf } from '../../helpers/toy-people.ts'

let database: TestDatabase
let pool: Pool
let server: RedisServer
let redis: Redis
let system: QueueSystem

beforeAll(async () => {
  database = await freshDatabase()
  pool = database.openAppPool({ max: 4 })
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
const stageOf = (queue: string, options: Parameters<typeof faultStage>[2]): Promise<FaultStage> =>
  faultStage({ pool, redis, server, system }, queue, options)

const ALL_AT_ONCE: RampWish = { ...TWO_WAVES, steps: [{ share: 1 }] }
const counts = ({ waves }: Replay, index = 0): Wave['counts'] | undefined => waves[index]?.counts
const isFed = (replay: Replay): boolean => replay.waves[0]?.fedAt !== null
const isHeld = ({ state }: Replay): boolean => state === 'held'

async function read(at: FaultStage, planId: string): Promise<Replay> {
  const replay = await at.store.now.replays.byPlan(planId)
  if (replay === null) throw new Error('there is no replay')
  return replay
}

/** Looks that see how jobs do, the last of them by asking after each. */
async function look(at: FaultStage, planId: string, times = 3): Promise<Replay> {
  for (let n = 0; n < times; n += 1) {
    at.clock.advance(1500)
    await at.stage.attempt(planId, null)
  }
  return read(at, planId)
}

const completedIn = (queue: string): Promise<number> => redis.zcard(`bull:${queue}:completed`)

describe('what was told of jobs', () => {
  it('is asked after where the system dropped it', async () => {
    const door = gate()
    const at = await stageOf('trimmed', { good: 6, bad: 0, opened: door.opened })
    const planId = await at.order('vault', ALL_AT_ONCE)
    await at.drive(planId, null, (replay) => isFed(replay) && at.ran.size === 6)
    await redis.xtrim('bull:trimmed:events', 'MAXLEN', 0)
    expect(counts(await look(at, planId))).toMatchObject({ open: 6, unseen: 0 })
    door.open()
    await eventually('all completed', async () => (await completedIn('trimmed')) === 6)
    await redis.xtrim('bull:trimmed:events', 'MAXLEN', 0)
    await at.drive(planId, null)
    const left = await at.left(planId)
    await at.close()
    expect(left.plan.state).toBe('done')
    expect(counts(left.replay)).toMatchObject({ completed: 6, unseen: 0 })
  })

  it('and is gone with the jobs: they are unseen, hold it, and a person promotes it', async () => {
    const door = gate()
    const at = await stageOf('gone', { good: 6, bad: 0, keeps: false, opened: door.opened })
    const planId = await at.order('queue', { ...TWO_WAVES, steps: [{ jobs: 3 }, { share: 1 }] })
    await at.drive(planId, null, (replay) => isFed(replay) && at.ran.size === 3)
    door.open()
    await eventually(
      'all are gone',
      async () => (await redis.keys('bull:gone:send-*')).length === 3,
    )
    await redis.xtrim('bull:gone:events', 'MAXLEN', 0)
    await at.drive(planId, null, isHeld)
    expect(counts(await read(at, planId))).toMatchObject({ open: 0, unseen: 3, completed: 0 })
    await promoteReplay(at.stage.deps, { planId, actor: ANA, wave: 0 })
    await at.drive(planId, null)
    const left = await at.left(planId)
    await at.close()
    expect(left.replay.state).toBe('done')
    expect(counts(left.replay, 1)).toMatchObject({ completed: 3, unseen: 0 })
    expect(left.verdicts).toEqual(['1 hold', '1 promote', '2 promote'])
  })

  it('with jobs that complete and are removed at once, by their events', async () => {
    const at = await stageOf('removing', { good: 12, bad: 0, keeps: false })
    const planId = await at.order('vault')
    await at.drive(planId, null)
    const left = await at.left(planId)
    await at.close()
    expect(left.replay.waves.map((wave) => wave.counts.completed)).toEqual([3, 9])
    expect(left.replay.live).toMatchObject({ completed: 0, failed: 0 })
  })

  it('nothing, where somebody removes a job that waits: it alone is unseen', async () => {
    const door = gate()
    const at = await stageOf('plucked', { good: 4, bad: 0, concurrency: 1, opened: door.opened })
    const planId = await at.order('vault', ALL_AT_ONCE)
    await at.drive(planId, null, (replay) => isFed(replay) && at.ran.size === 1)
    expect(counts(await look(at, planId))).toMatchObject({ open: 4, unseen: 0 })
    const [victim = ''] = await redis.lrange('bull:plucked:wait', 0, 0)
    await redis.lrem('bull:plucked:wait', 1, victim)
    await redis.del(`bull:plucked:${victim}`)
    expect(counts(await look(at, planId))).toMatchObject({ open: 3, unseen: 1 })
    door.open()
    await at.drive(planId, null, isHeld)
    const { ledger, replay } = await at.left(planId)
    await at.close()
    expect(ledger[victim]).toBe('unseen')
    expect(counts(replay)).toMatchObject({ open: 0, completed: 3, unseen: 1 })
  })
})

describe('jobs that go back', () => {
  it('late failures of a wave that was promoted go to the vault once', async () => {
    const doors = new Map([
      ['bad-0', gate()],
      ['bad-1', gate()],
    ])
    const late = gate()
    const opened = (id: string): Promise<void> =>
      doors.get(id)?.opened ?? (id === 'send-0' ? late.opened : Promise.resolve())
    const at = await stageOf('late', { good: 3, bad: 2, opened })
    const planId = await at.order('queue', { ...TWO_WAVES, steps: [{ jobs: 4 }, { share: 1 }] })
    await at.drive(planId, null, (replay) => isFed(replay) && at.ran.size >= 3)
    const inFirst = await at.store.now.replays.jobs(planId, { wave: 0, limit: 10 })
    expect(inFirst.map(({ id }) => id)).toEqual(expect.arrayContaining(['bad-0', 'bad-1']))
    const click = { planId, actor: ANA, wave: 0 }
    await holdReplay(at.stage.deps, click)
    await promoteReplay(at.stage.deps, click)
    // Another person's click on the same card must not promote the wave that nobody saw yet.
    await expect(promoteReplay(at.stage.deps, click)).rejects.toThrow(/Wave 1 .* is judged already/)
    await at.drive(planId, null, ({ waves }) => waves[1]?.beganAt !== null)
    doors.get('bad-0')?.open()
    await eventually('it failed', () => redis.zscore('bull:late:failed', 'bad-0'))
    await at.drive(planId, null, ({ waves }) => waves[0]?.counts.known === 1)
    doors.get('bad-1')?.open()
    await eventually('the other failed, too', () => redis.zscore('bull:late:failed', 'bad-1'))
    late.open()
    await at.drive(planId, null)
    const left = await at.left(planId)
    await at.close()
    expect(left.replay.state).toBe('done')
    expect(left.places).toMatchObject({ 'bad-0': ['vault'], 'bad-1': ['vault'] })
    expect(Object.values(left.places).map(({ length }) => length)).toEqual([1, 1, 1, 1, 1])
    expect([...left.ran.values()]).toEqual([1, 1, 1, 1, 1])
    expect(left.verdicts).toEqual(['1 hold', '1 promote', '2 promote'])
  })

  it('what a worker takes while it is taken back runs once, and is not called returned', async () => {
    const doors: (() => void)[] = []
    const opened = (): Promise<void> => new Promise((resolve) => void doors.push(resolve))
    const openOne = (): void => doors.shift()?.()
    const at = await stageOf('raced', { good: 5, bad: 0, concurrency: 1, opened })
    const planId = await at.order('vault', ALL_AT_ONCE)
    await at.drive(planId, null, (replay) => isFed(replay) && doors.length === 1)
    await stopPlan(at.stage.deps, { planId, actor: ANA })
    const child = await eventually('jobs are to be taken back', async () => {
      await at.stage.attempt(planId, null)
      return (await at.store.now.replays.returns(planId))[0]
    })
    openOne()
    await eventually('the worker has the next one', () => at.ran.size === 2)
    await at.stage.attempt(child, null)
    await at.drive(planId, null, ({ waves }) => waves[0]?.counts.returned === 3)
    openOne()
    await at.drive(planId, null)
    const left = await at.left(planId)
    await at.close()
    expect(counts(left.replay)).toMatchObject({ completed: 2, returned: 3, open: 0, unseen: 0 })
    expect([...left.ran.values()]).toEqual([1, 1])
    for (const id of at.ids)
      expect([id, left.places[id]]).toEqual([id, [left.ran.has(id) ? 'completed' : 'vault']])
    expect(left.plan.queues[0]?.outcome?.jobs).toMatchObject({ planned: 5, done: 2, returned: 3 })
  })

  it('what was taken back while the system went away for good is in the vault, and called returned', async () => {
    const at = await stageOf('severed', { good: 4, bad: 0, concurrency: 1, opened: gate().opened })
    const planId = await at.order('vault', ALL_AT_ONCE)
    await at.drive(planId, null, (replay) => isFed(replay) && at.ran.size === 1)
    await stopPlan(at.stage.deps, { planId, actor: ANA })
    const child = await eventually('jobs are to be taken back', async () => {
      await at.stage.attempt(planId, null)
      return (await at.store.now.replays.returns(planId))[0]
    })
    const killed = deadAfter((name, [queue]) => name === 'take' && queue === 'severed')
    await expect(at.stage.attempt(child, killed)).rejects.toThrow(Died)
    await server.kill()
    at.clock.advance(16 * 60_000)
    for (const id of [child, planId]) await at.stage.attempt(id, null)
    expect(await read(at, planId)).toMatchObject({ state: 'halting' })
    expect(counts(await read(at, planId))).toMatchObject({ open: 4, returned: 0 })
    await server.restart()
    await eventually('nothing is in doubt', async () => {
      await settleDoubts(at.stage.deps)
      return (await at.store.now.slices.inDoubt(1)).length === 0
    })
    const left = await at.left(planId)
    await at.worker.close(true)
    expect(counts(left.replay)).toMatchObject({ open: 1, returned: 3 })
    at.clock.advance(60 * 60_000)
    await endGivenUp(at.stage.deps)
    const over = await read(at, planId)
    expect(over.state).toBe('halted')
    expect(counts(over)).toMatchObject({ open: 0, unseen: 1, returned: 3 })
    for (const id of at.ids.filter((one) => !left.ran.has(one)))
      expect([id, left.ledger[id], left.places[id]]).toEqual([id, 'returned', ['vault']])
  })

  it('what a freeze kept from going back goes once it is lifted', async () => {
    const at = await stageOf('chilled', { good: 3, bad: 1 })
    const planId = await at.order('queue', ALL_AT_ONCE)
    const child = await eventually('a failed job is to be taken back', async () => {
      await at.stage.attempt(planId, null)
      return (await at.store.now.replays.returns(planId))[0]
    })
    const { control } = at.store.now
    await control.freeze({ by: ANA, at: at.clock.now(), reason: null })
    await at.stage.attempt(child, null)
    await look(at, planId)
    expect(await redis.zscore('bull:chilled:failed', 'bad-0')).not.toBeNull()
    await control.unfreeze()
    await at.drive(planId, null)
    const left = await at.left(planId)
    await at.close()
    expect(left.returns).toEqual(['failed:end cancelled', 'failed:end:2 done'])
    expect(left.places['bad-0']).toEqual(['vault'])
  })
})
