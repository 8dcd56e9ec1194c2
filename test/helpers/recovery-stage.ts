import { Queue, Worker } from 'bullmq'
import type { Pool } from 'pg'
import { onTestFinished } from 'vitest'

import { startRedis, type RedisServer } from '../../src/demo/redis-server.ts'
import type { Incident } from '../../src/domain/incident.ts'
import type { QueueRef } from '../../src/domain/queue.ts'
import { lookMs, type Recovery } from '../../src/domain/recovery.ts'
import { openBullmqSystem } from '../../src/queues/bullmq/bullmq-system.ts'
import { randomIds } from '../../src/runtime.ts'
import { createStore } from '../../src/store/store.ts'
import type { Deps } from '../../src/usecases/deps.ts'
import { beginRecovery } from '../../src/usecases/recovery/begin.ts'
import { verifyRecovery } from '../../src/usecases/recovery/verify.ts'
import { createTestClock, type TestClock } from './clock.ts'
import { aSettings } from './config-of.ts'
import { eventually } from './eventually.ts'
import { noProbes } from './no-probes.ts'
import { freshDatabase } from './postgres.ts'
import { silentLog } from './silent-log.ts'
import { createToyPeople, TOY_ROLES } from './toy-people.ts'

export const MINUTE_MS = 60_000
/** So old a list of connections may be. */
export const LISTED_MS = 10_000

/** A queue with a worker of its own, and an incident about it. */
interface WorkedQueue {
  readonly incidentId: number
  readonly ref: QueueRef
  /** Waits until its worker is there. */
  connected(): Promise<unknown>
  completes(): Promise<void>
  /** Completes as many jobs as a share of them takes. */
  works(): Promise<void>
  fails(): Promise<void>
  /** About itself alone, unless others are named. */
  begin(refs?: readonly QueueRef[]): Promise<Recovery>
}

/** Real use cases over a real store, a real Redis and real workers, with a clock that is put forward. */
export interface RecoveryStage {
  readonly deps: Deps
  readonly pool: Pool
  readonly server: RedisServer
  readonly clock: TestClock
  aQueue(): Promise<WorkedQueue>
  anIncident(kind: Incident['kind'], ref: QueueRef | null): Promise<Incident>
  recoveryOf(recovery: Pick<Recovery, 'id'>): Promise<Recovery>
  /** One look, when it is due. */
  look(recovery: Pick<Recovery, 'id'>, seen?: Deps): Promise<Recovery>
  /** Looks until this is so; about twice the time at most. */
  watch(
    recovery: Pick<Recovery, 'id'>,
    isEnough: (now: Recovery) => boolean,
    seen?: Deps,
  ): Promise<Recovery>
  close(): Promise<void>
}

export const isOver = ({ endedAt }: Recovery): boolean => endedAt !== null

export const stateOf = ({ checks }: Recovery, name: string): string | undefined =>
  checks.find((check) => check.name === name)?.state

export async function createRecoveryStage(): Promise<RecoveryStage> {
  const clock = createTestClock()
  const database = await freshDatabase()
  const pool = database.openAppPool({ max: 6 })
  const server = await startRedis({ appendOnly: true, isSynced: true })
  const config = { name: 'main', url: server.url, prefix: 'bull', queues: [] } as const
  const system = openBullmqSystem(
    { kind: 'bullmq', ...config, scanPauseMs: 5, majors: null },
    { clock, log: silentLog },
  )
  const deps: Deps = {
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
  return {
    deps,
    pool,
    server,
    clock,
    aQueue: () => aQueue(deps, clock, server),
    anIncident: (kind, ref) => anIncident(deps, kind, ref),
    ...looking(deps, clock),
    async close() {
      await system.close()
      await Promise.all([server.stop(), database.drop()])
    },
  }
}

function looking(
  deps: Deps,
  clock: TestClock,
): Pick<RecoveryStage, 'recoveryOf' | 'look' | 'watch'> {
  const recoveryOf: RecoveryStage['recoveryOf'] = async ({ id }) => {
    const recovery = await deps.store.now.recoveries.byId(id)
    if (recovery === null) throw new Error('the recovery is gone')
    return recovery
  }
  const look: RecoveryStage['look'] = async (recovery, seen = deps) => {
    clock.advance(lookMs(await recoveryOf(recovery)))
    await verifyRecovery(seen, recovery.id)
    return recoveryOf(recovery)
  }
  return {
    recoveryOf,
    look,
    async watch(recovery, isEnough, seen = deps) {
      for (let looks = 0; looks < 30; looks += 1) {
        const now = await look(recovery, seen)
        if (isEnough(now)) return now
      }
      throw new Error(`not seen: ${JSON.stringify(await recoveryOf(recovery))}`)
    },
  }
}

let names = 0

/** The worker fails what says so. */
async function aQueue(deps: Deps, clock: TestClock, server: RedisServer): Promise<WorkedQueue> {
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
  queue.on('error', () => undefined)
  worker.on('error', () => undefined)
  onTestFinished(async () => {
    await Promise.all([worker.close(true), queue.close()])
  })
  const connected = () =>
    eventually('its worker is listed', async () => (await queue.getWorkersCount()) > 0)
  await connected()
  // An older list of connections does not count any more.
  clock.advance(LISTED_MS)
  const end = async (state: 'completed' | 'failed'): Promise<void> => {
    const job = await queue.add('send', { isBad: state === 'failed' })
    await eventually(`a job is ${state}`, async () => (await job.getState()) === state)
  }
  const ref = { system: 'main', queue: name }
  const { id: incidentId } = await anIncident(deps, 'queue', ref)
  return {
    incidentId,
    ref,
    connected,
    completes: () => end('completed'),
    works: async () => {
      for (let jobs = 0; jobs < 3; jobs += 1) await end('completed')
    },
    fails: () => end('failed'),
    begin: async (refs = [ref]) => {
      const about = { incidentId, refs, by: null, planId: null }
      const begun = await deps.store.transaction((store) => beginRecovery(deps, store, about))
      if (begun === null) throw new Error('it did not begin')
      return begun.recovery
    },
  }
}

async function anIncident(
  { store, clock }: Deps,
  kind: Incident['kind'],
  ref: QueueRef | null,
): Promise<Incident> {
  const { incident } = await store.now.incidents.open({
    kind,
    key: `${kind}:main/${ref?.queue}`,
    ref,
    title: `${ref?.queue ?? 'much'} fails`,
    severity: 'SEV2',
    correlationId: null,
    at: clock.now(),
  })
  return incident
}
