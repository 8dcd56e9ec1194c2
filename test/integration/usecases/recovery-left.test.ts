import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Alert } from '../../../src/domain/alert.ts'
import { resolveIncident } from '../../../src/usecases/incidents/resolve.ts'
import { recoveryView } from '../../../src/usecases/recovery/recovery-view.ts'
import { resolveByItself } from '../../../src/usecases/recovery/resolve-by-itself.ts'
import { startRecovery } from '../../../src/usecases/recovery/start.ts'
import { stopRecovery } from '../../../src/usecases/recovery/stop.ts'
import { createBulkStage } from '../../helpers/bulk-stage.ts'
import { failJobs } from '../../helpers/failed-jobs.ts'
import { createRecoveryStage, isOver, type RecoveryStage } from '../../helpers/recovery-stage.ts'
import { storedReplays } from '../../helpers/stored-replays.ts'
import { actorOf } from '../../helpers/toy-people.ts'

const ANA = actorOf('ANA')
const AN_ALERT: Alert = {
  fingerprint: 'backlog',
  status: 'firing',
  startsAt: null,
  endsAt: null,
  labels: { alertname: 'Backlog' },
  annotations: {},
  sourceUrl: null,
}
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

describe('an incident whose checklist holds', () => {
  it('stays open after a shorter time than the usual one, whoever asked for it', async () => {
    const queue = await stage.aQueue()
    const recovery = await queue.begin()
    await stage.look(recovery)
    await queue.works()
    await stage.watch(recovery, ({ goodMs }) => goodMs >= 20_000)
    await startRecovery(stage.deps, { actor: ANA, incidentId: queue.incidentId, forMs: 20_000 })
    expect((await stage.watch(recovery, isOver)).state).toBe('recovered')
    expect(await incidentState(queue.incidentId)).not.toBe('resolved')
    expect(await lines('It was checked for 20 s, the usual time is 1 min.')).toBe(1)
  })

  it('stays open while the vault has jobs of it; whoever resolves it is told which', async () => {
    const queue = await stage.aQueue()
    const redis = new Redis(stage.server.url)
    await failJobs(redis, queue.ref.queue, 12, { type: 'send' })
    redis.disconnect()
    const { store, systems } = stage.deps
    const bulk = createBulkStage(store, stage.clock, systems.get('main'), queue.ref.queue)
    await bulk.finish(await bulk.order('quarantine', { filter: 'state:failed', options: {} }))
    const recovery = await queue.begin()
    await stage.look(recovery)
    await queue.works()
    expect((await stage.watch(recovery, isOver)).state).toBe('recovered')
    expect(await incidentState(queue.incidentId)).not.toBe('resolved')
    const [set] = await store.now.vault.sets({ ref: queue.ref, isHolding: true, limit: 2 })
    const left = `12 jobs of it are in the vault: \`v${set?.number}\`.`
    expect(await lines(`It is not resolved by itself: ${left}`)).toBe(1)
    await resolveIncident(stage.deps, { actor: ANA, incidentId: queue.incidentId })
    expect(await timelineOf(queue.incidentId)).toContainEqual(
      `<@ANA> resolved the incident. ${left}`,
    )
  })

  it('stays open where its last replay was halted and left jobs that never ran', async () => {
    const queue = await stage.aQueue()
    const { store } = stage.deps
    const stored = storedReplays(store)
    const now = stage.clock.now()
    const plan = await stored.make.executing([['1', '2']])
    await stored.begin(plan, [1, 1], queue.ref)
    await store.now.replays.beginWave(plan.id, 0, now)
    await stored.put(plan, ['9'], { now })
    await store.now.slices.returnAll(plan.id, plan.fence, plan.ref, now)
    await store.now.replays.change(plan.id, { state: 'halting' }, now)
    await store.now.replays.change(plan.id, { state: 'halted', endedAt: now }, now)
    const recovery = await queue.begin()
    await stage.look(recovery)
    await queue.works()
    await stage.watch(recovery, isOver)
    expect(await incidentState(queue.incidentId)).not.toBe('resolved')
    expect(await lines('was halted: 2 of its jobs never ran.')).toBe(1)
  })

  it('stays open where more queues than are looked at have to recover', async () => {
    const { deps, clock } = stage
    const storm = await stage.anIncident('storm', null)
    for (let index = 0; index < 25; index += 1) {
      const line = await stage.anIncident('queue', { system: 'main', queue: `line-${index}` })
      await deps.store.now.incidents.update(line.id, { stormId: storm.id })
    }
    const recovery = await startRecovery(deps, { actor: ANA, incidentId: storm.id, forMs: null })
    expect(recovery.refs).toHaveLength(20)
    expect((await recoveryView(deps, recovery)).queues).toBe(25)
    const over = { ...recovery, state: 'recovered', endedAt: clock.now() } as const
    const left = await deps.store.transaction((store) => resolveByItself(deps, store, storm, over))
    expect(left).toBe('It is not resolved by itself: Only 20 of 25 queues were looked at.')
    await stopRecovery(deps, { actor: ANA, recoveryId: recovery.id })
  })
})

describe('a checklist', () => {
  it('begins anew with an alert of its incident, however short, and with a queue that joins', async () => {
    const queue = await stage.aQueue()
    const other = await stage.aQueue()
    const recovery = await queue.begin()
    await stage.look(recovery)
    await queue.works()
    const { alerts } = stage.deps.store.now
    const good = await stage.watch(recovery, ({ goodMs }) => goodMs >= 30_000)
    stage.clock.advance(1000)
    const startsAt = stage.clock.now()
    const alert = { ...AN_ALERT, fingerprint: other.ref.queue, startsAt }
    const { alert: tracked } = await alerts.track(alert, 'test', startsAt, other.ref)
    await alerts.attach(tracked.id, queue.incidentId)
    const ended = { ...alert, status: 'resolved', endsAt: startsAt } as const
    await alerts.track(ended, 'test', stage.clock.now(), other.ref)
    expect(good.setback).toBeNull()
    expect(await stage.look(recovery)).toMatchObject({
      goodMs: 0,
      setback: { words: 'Backlog fires' },
    })
    await stage.watch(recovery, ({ goodMs }) => goodMs >= 30_000)
    await queue.begin([queue.ref, other.ref])
    expect(await stage.recoveryOf(recovery)).toMatchObject({
      goodMs: 0,
      refs: [queue.ref, other.ref],
    })
    await queue.works()
    await other.fails()
    await stage.watch(recovery, ({ tracks }) => tracks[1]?.position !== null)
    await other.fails()
    expect((await stage.look(recovery)).setback?.words).toMatch(/^1 job failed just now/)
  })
})
