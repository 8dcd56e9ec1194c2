import { Queue, Worker } from 'bullmq'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { Probes } from '../../../src/domain/ports/probes.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import { lookMs, type Recovery } from '../../../src/domain/recovery.ts'
import { openBullmqSystem } from '../../../src/queues/bullmq/bullmq-system.ts'
import { randomIds } from '../../../src/runtime.ts'
import { createStore } from '../../../src/store/store.ts'
import type { Deps } from '../../../src/usecases/deps.ts'
import { resolveIncident } from '../../../src/usecases/incidents/resolve.ts'
import { beginRecovery } from '../../../src/usecases/recovery/begin.ts'
import { planProbe, runProbe } from '../../../src/usecases/recovery/probe.ts'
import { startRecovery } from '../../../src/usecases/recovery/start.ts'
import { stopRecovery } from '../../../src/usecases/recovery/stop.ts'
import { verifyRecovery } from '../../../src/usecases/recovery/verify.ts'
import { sweep } from '../../../src/usecases/sweep.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { aSettings } from '../../helpers/config-of.ts'
import { eventually } from '../../helpers/eventually.ts'
import { Died, mortal } from '../../helpers/mortal.ts'
import { noProbes } from '../../helpers/no-probes.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { silentLog } from '../../helpers/silent-log.ts'
import { actorOf, createToyPeople, TOY_ROLES } from '../../helpers/toy-people.ts'

const MINUTE_MS = 60_000
const LISTED_MS = 10_000
const ANA = actorOf('ANA')
const VIC = actorOf('VIC')
const clock = createTestClock()
let database: TestDatabase
let pool: Pool
let server: RedisServer
let system: QueueSystem
let deps: Deps

beforeAll(async () => {
  database = await freshDatabase()
  pool = database.openAppPool({ max: 6 })
  server = await startRedis({ appendOnly: true, isSynced: true })
  const config = {
    kind: 'bullmq',
    name: 'main',
    url: server.url,
    prefix: 'bull',
    queues: [],
    scanPauseMs: 5,
    majors: null,
  } as const
  system = openBullmqSystem(config, { clock, log: silentLog })
  deps = {
    store: createStore(pool, 'test', clock),
    systems: { all: () => [system], get: () => system },
    probes: noProbes,
    chat: createToyPeople(() => false),
    settings: {
      ...aSettings(),
      roles: TOY_ROLES,
      recovery: { forMs: MINUTE_MS, maxFailed: 3, success: 0.95, resolves: true },
    },
    clock,
    ids: randomIds,
    log: silentLog,
  }
})
afterAll(async () => {
  await system.close()
  await Promise.all([server.stop(), database.drop()])
})

let names = 0

/** A queue with a worker of its own that fails what says so, and an incident about it. */
async function aQueue() {
  const name = `q${(names += 1)}`
  const connection = { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null }
  const queue = new Queue(name, { connection })
  const worker = new Worker(
    name,
    async ({ data }) => {
      if ((data as { isBad: boolean }).isBad) throw new Error('ETIMEDOUT')
    },
    { connection },
  )
  for (const each of [queue, worker]) each.on('error', () => undefined)
  await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()])
  onTestFinished(async () => {
    await Promise.all([worker.close(true), queue.close()])
  })
  const connected = () =>
    eventually('its worker is listed', async () => (await queue.getWorkersCount()) > 0)
  await connected()
  // An older list of connections does not count any more.
  clock.advance(LISTED_MS)
  const ref = { system: system.name, queue: name }
  const { incident } = await deps.store.now.incidents.open({
    kind: 'queue',
    key: `queue:main/${name}`,
    ref,
    title: `${name} fails`,
    severity: 'SEV2',
    correlationId: null,
    at: clock.now(),
  })
  const open = async (isBad: boolean): Promise<void> => {
    const job = await queue.add('send', { isBad })
    const end = isBad ? 'failed' : 'completed'
    await eventually(`a job is ${end}`, async () => (await job.getState()) === end)
  }
  return {
    incidentId: incident.id,
    ref,
    connected,
    completes: () => open(false),
    fails: () => open(true),
    begin: async () => {
      const about = { incidentId: incident.id, refs: [ref], by: null, planId: null }
      const begun = await deps.store.transaction((store) => beginRecovery(deps, store, about))
      if (begun === null) throw new Error('it did not begin')
      return begun.recovery
    },
  }
}

const recoveryOf = async ({ id }: Pick<Recovery, 'id'>): Promise<Recovery> => {
  const recovery = await deps.store.now.recoveries.byId(id)
  if (recovery === null) throw new Error('the recovery is gone')
  return recovery
}

/** One look, after the time in which it is due. */
async function look(recovery: Pick<Recovery, 'id'>, seen: Deps = deps): Promise<Recovery> {
  clock.advance(lookMs(await recoveryOf(recovery)))
  await verifyRecovery(seen, recovery.id)
  return recoveryOf(recovery)
}

/** Looks, at most as many as the time has twice. */
async function watch(recovery: Recovery, isEnough: (now: Recovery) => boolean): Promise<Recovery> {
  for (let looks = 0; looks < 30; looks += 1) {
    const now = await look(recovery)
    if (isEnough(now)) return now
  }
  throw new Error(`not seen: ${JSON.stringify(await recoveryOf(recovery))}`)
}

const stateOf = ({ checks }: Recovery, name: string): string | undefined =>
  checks.find((check) => check.name === name)?.state

const incidentState = async (id: number): Promise<string | undefined> =>
  (await deps.store.now.incidents.byId(id))?.state

const lines = async (words: string): Promise<number> => {
  const found = await pool.query(
    `select from message where content -> 'line' ->> 'words' like $1`,
    [`%${words}%`],
  )
  return found.rows.length
}

const isOver = ({ endedAt }: Recovery): boolean => endedAt !== null

describe('a queue with real workers', () => {
  it('recovers once all is good for the whole time; the incident is resolved by itself', async () => {
    const queue = await aQueue()
    const recovery = await queue.begin()
    await look(recovery)
    await queue.completes()
    const over = await watch(recovery, isOver)
    expect(over).toMatchObject({ state: 'recovered', goodMs: MINUTE_MS })
    expect(over.checks.map(({ state }) => state)).toEqual(['good', 'good', 'good', 'good'])
    expect(await incidentState(queue.incidentId)).toBe('resolved')
    const timeline = await deps.store.now.timeline.ofIncident(queue.incidentId, 10)
    expect(timeline.find(({ kind }) => kind === 'resolved')).toMatchObject({
      actor: null,
      words: expect.stringMatching(/^Resolved by itself\. .*success share: 1 of 1 completed/),
    })
    expect(await verifyRecovery(deps, recovery.id)).toBeNull()
  })

  it('stays open where nobody wants it resolved by itself', async () => {
    const queue = await aQueue()
    const recovery = await queue.begin()
    const byHand = { ...deps.settings.recovery, resolves: false }
    const seen = { ...deps, settings: { ...deps.settings, recovery: byHand } }
    await look(recovery, seen)
    await queue.completes()
    for (
      let now = await recoveryOf(recovery);
      now.endedAt === null;
      now = await look(recovery, seen)
    );
    expect(await recoveryOf(recovery)).toMatchObject({ state: 'recovered' })
    expect(await incidentState(queue.incidentId)).not.toBe('resolved')
    expect(await lines('Resolve the incident when you agree')).toBe(1)
  })

  it('begins anew when a job fails, and says why', async () => {
    const queue = await aQueue()
    const recovery = await queue.begin()
    await look(recovery)
    await queue.completes()
    const good = await watch(recovery, ({ goodMs }) => goodMs >= 30_000)
    expect(stateOf(good, 'new_failures')).toBe('pending')
    await queue.fails()
    expect(await look(recovery)).toMatchObject({
      goodMs: 0,
      setback: { words: expect.stringContaining('1 job failed just now') },
    })
    await queue.completes()
    expect((await watch(recovery, isOver)).state).toBe('recovered')
  })

  it('knows nothing without traffic, and says after twice the time what is missing', async () => {
    const queue = await aQueue()
    const recovery = await queue.begin()
    const late = await watch(recovery, ({ isLate }) => isLate)
    expect([stateOf(late, 'success'), stateOf(late, 'processing')]).toEqual(['unknown', 'unknown'])
    expect(await lines('Unknown: processing: nothing came in')).toBe(1)
    expect(await incidentState(queue.incidentId)).not.toBe('resolved')
    await look(recovery)
    expect(await lines('Unknown: processing: nothing came in')).toBe(1)
    await queue.completes()
    expect((await look(recovery)).state).toBe('recovered')
  })

  it('stands still while Redis is away, and goes on where it was', async () => {
    const queue = await aQueue()
    const recovery = await queue.begin()
    await look(recovery)
    await queue.completes()
    const before = await watch(recovery, ({ goodMs }) => goodMs >= 20_000)
    await server.kill()
    const blind = await look(recovery)
    expect(blind.goodMs).toBe(before.goodMs)
    expect(new Set(blind.checks.map(({ state }) => state))).toEqual(new Set(['unknown']))
    await server.restart()
    await queue.connected()
    clock.advance(LISTED_MS)
    const over = await watch(recovery, isOver)
    expect(over).toMatchObject({ state: 'recovered', setback: null })
  })
})

describe('once, whatever happens', () => {
  it('counts every job once, though the process is killed at any instant', async () => {
    const queue = await aQueue()
    const recovery = await queue.begin()
    await look(recovery)
    let jobs = 0
    for (let calls = 0; ; calls += 1) {
      await queue.completes()
      jobs += 1
      clock.advance(lookMs(recovery))
      const seen = { ...deps, store: mortal(calls)(deps.store) }
      const end = await verifyRecovery(seen, recovery.id).catch((error: unknown) => error)
      const [track] = (await recoveryOf(recovery)).tracks
      expect(track?.completed).toBe(end instanceof Died ? 0 : jobs)
      if (!(end instanceof Died)) break
    }
    expect(jobs).toBeGreaterThan(3)
    await stopRecovery(deps, { actor: ANA, recoveryId: recovery.id })
  })

  it('counts every job once, though two replicas look at once', async () => {
    const queue = await aQueue()
    const recovery = await queue.begin()
    await look(recovery)
    await queue.completes()
    await Promise.all([1, 2, 3].map(() => verifyRecovery(deps, recovery.id)))
    expect(await recoveryOf(recovery)).toMatchObject({ looks: 2, tracks: [{ completed: 1 }] })
  })

  it('is one at a time for an incident, and found again where its job is lost', async () => {
    const queue = await aQueue()
    const [one, two] = await Promise.all([queue.begin(), queue.begin()])
    expect(one.id).toBe(two.id)
    await pool.query(`select graphile_worker.remove_job('verify_recovery:' || $1)`, [one.id])
    await sweep(deps)
    const jobs = await pool.query('select from graphile_worker.jobs where key = $1', [
      `verify_recovery:${one.id}`,
    ])
    expect(jobs.rowCount).toBe(1)
  })

  it('refuses to change what is over, and to call recovered what is not', async () => {
    const { recoveries } = deps.store.now
    const recovery = await (await aQueue()).begin()
    await expect(recoveries.end(recovery.id, 'recovered', null, clock.now())).rejects.toThrow(
      /recovery_check/,
    )
    expect(await recoveries.end(recovery.id, 'stopped', ANA, clock.now())).toBe(true)
    expect(await recoveries.end(recovery.id, 'given_up', null, clock.now())).toBe(false)
    await expect(
      pool.query(`update recovery set state = 'measuring', ended_at = null where id = $1`, [
        recovery.id,
      ]),
    ).rejects.toThrow(/is over and stays as it is/)
  })
})

describe("people's words", () => {
  it('begin one, give it another time, and stop it', async () => {
    const { incidentId } = await aQueue()
    const wish = { actor: ANA, incidentId, forMs: null }
    const recovery = await startRecovery(deps, wish)
    expect(recovery).toMatchObject({ by: ANA, forMs: MINUTE_MS })
    await expect(startRecovery(deps, wish)).rejects.toMatchObject({ code: 'already_done' })
    await startRecovery(deps, { ...wish, forMs: 5000 })
    expect((await recoveryOf(recovery)).forMs).toBe(5000)
    await stopRecovery(deps, { actor: ANA, recoveryId: recovery.id })
    const again = stopRecovery(deps, { actor: ANA, recoveryId: recovery.id })
    await expect(again).rejects.toMatchObject({ code: 'already_done' })
  })

  it('end it with its incident', async () => {
    const queue = await aQueue()
    const recovery = await queue.begin()
    await resolveIncident(deps, { actor: ANA, incidentId: queue.incidentId })
    expect(await recoveryOf(recovery)).toMatchObject({ state: 'stopped', endedBy: ANA })
    const wish = { actor: ANA, incidentId: queue.incidentId, forMs: null }
    await expect(startRecovery(deps, wish)).rejects.toMatchObject({ code: 'already_done' })
  })
})

describe('a probe with side effects', () => {
  const probe = {
    name: 'order',
    kind: 'action',
    about: 'end_to_end',
    sends: { where: 'POST http://127.0.0.1:1/orders', body: '{"password":"hunter2"}' },
  } as const

  /** Counts what is sent. */
  function sending(act: Probes['act']) {
    const sent: string[] = []
    const probes: Probes = {
      ...noProbes,
      of: () => [probe],
      act: (name) => {
        sent.push(name)
        return act(name)
      },
    }
    return { sent, seen: { ...deps, probes } }
  }

  const answered = () =>
    Promise.resolve({
      name: 'order',
      about: 'end_to_end',
      state: 'well',
      words: '201 in 8 ms',
      at: clock.now(),
    } as const)

  it('keeps the verdict back until a person runs it, and is sent once however often they click', async () => {
    const { sent, seen } = sending(answered)
    const queue = await aQueue()
    const recovery = await queue.begin()
    await look(recovery, seen)
    await queue.completes()
    for (let looks = 0; looks < 15; looks += 1) await look(recovery, seen)
    expect(await recoveryOf(recovery)).toMatchObject({ goodMs: MINUTE_MS, endedAt: null })

    const purpose = { kind: 'probe', recoveryId: recovery.id, probe: 'order', run: 1 } as const
    const view = await planProbe(seen, { actor: ANA, purpose })
    expect(view.where).toBe('POST http://127.0.0.1:1/orders')
    expect(view.body).not.toContain('hunter2')
    await expect(planProbe(seen, { actor: VIC, purpose })).rejects.toMatchObject({
      code: 'not_allowed',
    })
    await expect(runProbe(seen, { actor: VIC, purpose })).rejects.toMatchObject({
      code: 'not_allowed',
    })
    const clicks = [1, 2, 3].map(() => runProbe(seen, { actor: ANA, purpose }))
    const ends = await Promise.allSettled(clicks)
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(sent).toEqual(['order'])
    const { state, checks } = await look(recovery, seen)
    expect(checks.at(-1)?.words).toBe('201 in 8 ms, run by <@ANA>')
    expect(state).toBe('recovered')
  })

  it('whose process died is neither called well nor sent again unasked', async () => {
    const { sent, seen } = sending(() => Promise.reject(new Died('killed')))
    const recovery = await (await aQueue()).begin()
    const purpose = { kind: 'probe', recoveryId: recovery.id, probe: 'order', run: 1 } as const
    await expect(runProbe(seen, { actor: ANA, purpose })).rejects.toThrow(Died)
    clock.advance(MINUTE_MS)
    expect(stateOf(await look(recovery, seen), 'probe:order')).toBe('unknown')
    await expect(runProbe(seen, { actor: ANA, purpose })).rejects.toMatchObject({
      code: 'already_done',
    })
    expect(sent).toEqual(['order'])
  })
})
