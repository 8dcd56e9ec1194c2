import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { lookMs } from '../../../src/domain/recovery.ts'
import { resolveIncident } from '../../../src/usecases/incidents/resolve.ts'
import { startRecovery } from '../../../src/usecases/recovery/start.ts'
import { stopRecovery } from '../../../src/usecases/recovery/stop.ts'
import { verifyRecovery } from '../../../src/usecases/recovery/verify.ts'
import { sweep } from '../../../src/usecases/sweep.ts'
import { Died, mortal } from '../../helpers/mortal.ts'
import { noProbes } from '../../helpers/no-probes.ts'
import {
  createRecoveryStage,
  isOver,
  LISTED_MS,
  MINUTE_MS,
  stateOf,
  type RecoveryStage,
} from '../../helpers/recovery-stage.ts'
import { storedReplays } from '../../helpers/stored-replays.ts'
import { actorOf } from '../../helpers/toy-people.ts'

const ANA = actorOf('ANA')
let stage: RecoveryStage

beforeAll(async () => {
  stage = await createRecoveryStage()
})
afterAll(() => stage.close())

const incidentState = async (id: number): Promise<string | undefined> =>
  (await stage.deps.store.now.incidents.byId(id))?.state

const timelineOf = async (id: number): Promise<readonly string[]> =>
  (await stage.deps.store.now.timeline.ofIncident(id, 20)).map(({ words }) => words)

const lines = async (words: string): Promise<number> => {
  const found = await stage.pool.query(
    `select from message where content -> 'line' ->> 'words' like $1`,
    [`%${words}%`],
  )
  return found.rows.length
}

describe('a queue with real workers', () => {
  it('recovers once all is good for the whole time; the incident is resolved by itself', async () => {
    const queue = await stage.aQueue()
    const recovery = await queue.begin()
    await stage.look(recovery)
    await queue.works()
    const over = await stage.watch(recovery, isOver)
    expect(over).toMatchObject({ state: 'recovered', goodMs: MINUTE_MS })
    expect(over.checks.map(({ state }) => state)).toEqual(Array(5).fill('good'))
    expect(await incidentState(queue.incidentId)).toBe('resolved')
    const timeline = await stage.deps.store.now.timeline.ofIncident(queue.incidentId, 10)
    expect(timeline.find(({ kind }) => kind === 'resolved')).toMatchObject({
      actor: null,
      words: expect.stringMatching(/^Resolved by itself\. .*success share: 3 of 3 completed/),
    })
    expect(await verifyRecovery(stage.deps, recovery.id)).toBeNull()
  })

  it('stays open where nobody wants it resolved by itself', async () => {
    const queue = await stage.aQueue()
    const recovery = await queue.begin()
    const byHand = { ...stage.deps.settings.recovery, resolves: false }
    const seen = { ...stage.deps, settings: { ...stage.deps.settings, recovery: byHand } }
    await stage.look(recovery, seen)
    await queue.works()
    await stage.watch(recovery, isOver, seen)
    expect(await stage.recoveryOf(recovery)).toMatchObject({ state: 'recovered' })
    expect(await incidentState(queue.incidentId)).not.toBe('resolved')
    expect(await lines('Resolve the incident when you agree')).toBe(1)
  })

  it('stays open while a replay of its queue is under way', async () => {
    const queue = await stage.aQueue()
    const recovery = await queue.begin()
    const stored = storedReplays(stage.deps.store)
    const plan = await stored.make.executing([['1']])
    await stored.begin(plan, [4, 10], queue.ref)
    await stage.look(recovery)
    await queue.works()
    expect((await stage.watch(recovery, isOver)).state).toBe('recovered')
    expect(await incidentState(queue.incidentId)).not.toBe('resolved')
    expect(await lines('not resolved by itself: The replay of')).toBe(1)
  })

  it('knows nothing of a system that is not configured any more', async () => {
    const recovery = await (await stage.aQueue()).begin()
    const { systems } = stage.deps
    const seen = {
      ...stage.deps,
      systems: { all: () => [], get: (name: string) => systems.get(name) },
    }
    expect(stateOf(await stage.look(recovery, seen), 'processing')).toBe('unknown')
  })

  it('begins anew when a job fails, and says why', async () => {
    const queue = await stage.aQueue()
    const recovery = await queue.begin()
    await stage.look(recovery)
    await queue.works()
    const good = await stage.watch(recovery, ({ goodMs }) => goodMs >= 30_000)
    expect(stateOf(good, 'new_failures')).toBe('pending')
    await queue.fails()
    expect(await stage.look(recovery)).toMatchObject({
      goodMs: 0,
      setback: { words: expect.stringContaining('1 job failed just now') },
    })
    await queue.works()
    expect((await stage.watch(recovery, isOver)).state).toBe('recovered')
  })

  it('knows nothing without traffic, and says after twice the time what is missing', async () => {
    const queue = await stage.aQueue()
    const recovery = await queue.begin()
    const late = await stage.watch(recovery, ({ isLate }) => isLate)
    expect([stateOf(late, 'success'), stateOf(late, 'processing')]).toEqual(['unknown', 'unknown'])
    expect(await lines('Unknown: processing: nothing came in')).toBe(1)
    expect(await incidentState(queue.incidentId)).not.toBe('resolved')
    await stage.look(recovery)
    expect(await lines('Unknown: processing: nothing came in')).toBe(1)
    await queue.works()
    expect((await stage.look(recovery)).state).toBe('recovered')
  })

  it('stands still while Redis is away, and goes on where it was', async () => {
    const queue = await stage.aQueue()
    const recovery = await queue.begin()
    await stage.look(recovery)
    await queue.works()
    const before = await stage.watch(recovery, ({ goodMs }) => goodMs >= 20_000)
    await stage.server.kill()
    const blind = await stage.look(recovery)
    expect(blind.goodMs).toBe(before.goodMs)
    const ofRedis = blind.checks.filter(({ name }) => name !== 'alerts')
    expect(new Set(ofRedis.map(({ state }) => state))).toEqual(new Set(['unknown']))
    await stage.server.restart()
    await queue.connected()
    stage.clock.advance(LISTED_MS)
    const over = await stage.watch(recovery, isOver)
    expect(over).toMatchObject({ state: 'recovered', setback: null })
  })
})

describe('once, whatever happens', () => {
  it('counts every job once, though the process is killed at any instant', async () => {
    const queue = await stage.aQueue()
    const recovery = await queue.begin()
    await stage.look(recovery)
    let jobs = 0
    for (let calls = 0; ; calls += 1) {
      await queue.completes()
      jobs += 1
      stage.clock.advance(lookMs(recovery))
      const seen = { ...stage.deps, store: mortal(calls)(stage.deps.store) }
      const end = await verifyRecovery(seen, recovery.id).catch((error: unknown) => error)
      const [track] = (await stage.recoveryOf(recovery)).tracks
      expect(track?.completed).toBe(end instanceof Died ? 0 : jobs)
      if (!(end instanceof Died)) break
    }
    expect(jobs).toBeGreaterThan(3)
    await stopRecovery(stage.deps, { actor: ANA, recoveryId: recovery.id })
  })

  it('drops what a slow replica saw before another one looked', async () => {
    const queue = await stage.aQueue()
    const recovery = await queue.begin()
    await stage.look(recovery)
    await queue.completes()
    const probes = {
      ...noProbes,
      // In the midst of the slow look there is another one.
      read: async () => {
        await queue.fails()
        await stage.look(recovery)
        return []
      },
    }
    await verifyRecovery({ ...stage.deps, probes }, recovery.id)
    expect(await stage.recoveryOf(recovery)).toMatchObject({
      looks: 2,
      setback: { words: expect.stringContaining('1 job failed just now') },
    })
  })

  it('is one at a time for an incident, and found again where its job is lost', async () => {
    const queue = await stage.aQueue()
    const [one, two] = await Promise.all([queue.begin(), queue.begin()])
    expect(one.id).toBe(two.id)
    await stage.pool.query(`select graphile_worker.remove_job('verify_recovery:' || $1)`, [one.id])
    await sweep(stage.deps)
    const jobs = await stage.pool.query('select from graphile_worker.jobs where key = $1', [
      `verify_recovery:${one.id}`,
    ])
    expect(jobs.rowCount).toBe(1)
  })

  it('refuses to change what is over, and to call recovered what is not', async () => {
    const { recoveries } = stage.deps.store.now
    const recovery = await (await stage.aQueue()).begin()
    await expect(recoveries.end(recovery.id, 'recovered', null, stage.clock.now())).rejects.toThrow(
      /recovery_check/,
    )
    expect(await recoveries.end(recovery.id, 'stopped', ANA, stage.clock.now())).toBe(true)
    expect(await recoveries.end(recovery.id, 'given_up', null, stage.clock.now())).toBe(false)
    await expect(
      stage.pool.query(`update recovery set state = 'measuring', ended_at = null where id = $1`, [
        recovery.id,
      ]),
    ).rejects.toThrow(/is over and stays as it is/)
  })
})

describe("people's words", () => {
  it('begin one, give it another time, and stop it', async () => {
    const { incidentId } = await stage.aQueue()
    const wish = { actor: ANA, incidentId, forMs: null }
    const recovery = await startRecovery(stage.deps, wish)
    expect(recovery).toMatchObject({ by: ANA, forMs: MINUTE_MS })
    await expect(startRecovery(stage.deps, wish)).rejects.toMatchObject({ code: 'already_done' })
    await startRecovery(stage.deps, { ...wish, forMs: 5000 })
    expect((await stage.recoveryOf(recovery)).forMs).toBe(5000)
    expect(await timelineOf(incidentId)).toEqual([
      '<@ANA> has recovery checked for 1 min',
      '<@ANA> has recovery checked for 5 s instead of 1 min',
    ])
    await stopRecovery(stage.deps, { actor: ANA, recoveryId: recovery.id })
    const again = stopRecovery(stage.deps, { actor: ANA, recoveryId: recovery.id })
    await expect(again).rejects.toMatchObject({ code: 'already_done' })
  })

  it('end it with its incident', async () => {
    const queue = await stage.aQueue()
    const recovery = await queue.begin()
    await resolveIncident(stage.deps, { actor: ANA, incidentId: queue.incidentId })
    expect(await stage.recoveryOf(recovery)).toMatchObject({ state: 'stopped', endedBy: ANA })
    const wish = { actor: ANA, incidentId: queue.incidentId, forMs: null }
    await expect(startRecovery(stage.deps, wish)).rejects.toMatchObject({ code: 'already_done' })
  })
})
