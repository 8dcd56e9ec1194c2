import { setTimeout as sleep } from 'node:timers/promises'

import { Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Pool } from 'pg'
import { z } from 'zod'

import type { RedisServer } from '../../src/demo/redis-server.ts'
import type { JobOptions, Plan } from '../../src/domain/action.ts'
import { EVERYTHING } from '../../src/domain/audit-filter.ts'
import type { QueueSystem } from '../../src/domain/ports/queue-system.ts'
import type { Store } from '../../src/domain/ports/store.ts'
import type { RampWish, Replay } from '../../src/domain/replay.ts'
import { createStore } from '../../src/store/store.ts'
import { type BulkStage, createBulkStage, placesOfJobs } from './bulk-stage.ts'
import { createTestClock, type TestClock } from './clock.ts'
import { eventually } from './eventually.ts'
import { failJobs } from './failed-jobs.ts'
import type { Wrap } from './history-stage.ts'

const Judged = z.object({ facts: z.object({ wave: z.number(), verdict: z.string() }) })

/** Longer than a lease: whoever died, or sleeps, is given up for dead. */
const LEASE_OVER_MS = 25_000
/** So long a wave waits, by the test's clock. */
const PATIENCE_MS = 30 * 60_000

export const TWO_WAVES: RampWish = {
  steps: [{ jobs: 3 }, { share: 1 }],
  watchMs: 0,
  patienceMs: PATIENCE_MS,
  promotes: 'itself',
  success: 0.3,
}

export type Source = 'vault' | 'queue'

/** What one replay of one queue left behind, as everybody who keeps count of it tells it. */
export interface Left {
  readonly plan: Plan
  readonly replay: Replay
  /** In how many places each job is, and which. */
  readonly places: Readonly<Record<string, readonly string[]>>
  /** How often a worker had each job. */
  readonly ran: ReadonlyMap<string, number>
  /** By job, what the ledger says. */
  readonly ledger: Readonly<Record<string, string>>
  /** Verdicts of the audit trail, in order: `1 promote`. */
  readonly verdicts: readonly string[]
  /** Steps for which plans were made, each with how it ended. */
  readonly returns: readonly string[]
}

/** One queue with failed jobs, a worker, and executors that tests kill or put to sleep. */
export interface FaultStage {
  readonly stage: BulkStage
  readonly store: Store
  readonly clock: TestClock
  readonly queue: string
  readonly ids: readonly string[]
  readonly ran: ReadonlyMap<string, number>
  readonly worker: Worker
  /** Has failed jobs of the queue, or of the vault, replayed; gives the plan's id. */
  order(source: Source, ramp?: RampWish, options?: JobOptions): Promise<string>
  /** Attempts at a replay and at all that it had made, until it is over or looks like this. */
  drive(planId: string, seen: Wrap | null, until?: (replay: Replay) => boolean): Promise<Plan>
  /** Whoever held it is taken for dead. */
  leaseOver(): void
  left(planId: string): Promise<Left>
  close(): Promise<void>
}

interface Toys {
  readonly pool: Pool
  readonly redis: Redis
  readonly server: RedisServer
  readonly system: QueueSystem
}

interface Doing {
  readonly good?: number
  readonly bad?: number
  readonly concurrency?: number
  /** Whether the queue keeps what completed. */
  readonly keeps?: boolean
  /** What every job, or this one, waits for. */
  readonly opened?: Promise<void> | ((id: string) => Promise<void>)
}

/** Jobs whose ids begin with `bad` fail again, as they failed before; the others complete once `opened`. */
export async function faultStage(
  { pool, redis, server, system }: Toys,
  queue: string,
  { good = 5, bad = 1, concurrency = 10, keeps = true, opened = Promise.resolve() }: Doing = {},
): Promise<FaultStage> {
  const clock = createTestClock(new Date(Date.now() - 3_600_000))
  const store = createStore(pool, 'test', clock)
  await failJobs(redis, queue, good, { type: 'send' })
  await failJobs(redis, queue, bad, { type: 'bad' })
  const ids = [
    ...Array.from({ length: good }, (_, n) => `send-${n}`),
    ...Array.from({ length: bad }, (_, n) => `bad-${n}`),
  ]
  const ran = new Map<string, number>()
  const worker = new Worker(
    queue,
    async ({ id = '' }) => {
      ran.set(id, (ran.get(id) ?? 0) + 1)
      await (typeof opened === 'function' ? opened(id) : opened)
      if (id.startsWith('bad')) throw new Error('connect ETIMEDOUT 10.0.0.1:443')
    },
    {
      connection: { host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null },
      concurrency,
      skipVersionCheck: true,
      ...(keeps ? {} : { removeOnComplete: { count: 0 } }),
    },
  )
  worker.on('error', () => undefined)
  // Without one a replay would hold itself.
  await eventually('the worker is seen', async () => {
    const { overview } = await system.pauseState(queue)
    return overview.workers === 1
  })
  const stage = createBulkStage(store, clock, system, queue)
  const ref = { system: system.name, queue }

  async function order(
    source: Source,
    ramp: RampWish = TWO_WAVES,
    options: JobOptions = {},
  ): Promise<string> {
    if (source === 'queue')
      return stage.order('replay', { filter: '', options: { ...options, ramp } })
    await stage.finish(await stage.order('quarantine', { filter: 'state:failed', options: {} }))
    const [set] = await store.now.vault.sets({ ref, isHolding: true, limit: 1 })
    const vault = set?.number ?? 0
    return stage.order('replay', { filter: '', options: { ...options, vault, ramp } })
  }

  async function drive(
    planId: string,
    seen: Wrap | null,
    until: (replay: Replay) => boolean = () => false,
  ): Promise<Plan> {
    const deadline = Date.now() + 20_000
    for (;;) {
      await stage.attempt(planId, seen)
      for (const id of await store.now.replays.returns(planId)) await stage.attempt(id, seen)
      const [plan, replay] = await Promise.all([
        store.now.plans.byId(planId),
        store.now.replays.byPlan(planId),
      ])
      if (plan !== null && (plan.finishedAt !== null || (replay !== null && until(replay))))
        return plan
      if (Date.now() > deadline)
        throw new Error(
          `${queue} is not over within 20 s: ${plan?.state} ${JSON.stringify(replay, null, 1)}`,
        )
      await sleep(5)
      clock.advance(10)
    }
  }

  async function left(planId: string): Promise<Left> {
    const [plan, replay] = await Promise.all([
      store.now.plans.byId(planId),
      store.now.replays.byPlan(planId),
    ])
    if (plan === null || replay === null) throw new Error(`plan ${planId} has no replay`)
    const jobs = await store.now.replays.jobs(planId, { limit: 1000 })
    const about = { ...EVERYTHING, kind: 'judged', plan: planId }
    const judged = (await store.now.audit.search(about, 1000)).map(
      ({ text }) => Judged.parse(JSON.parse(text)).facts,
    )
    const returns = await Promise.all(
      (await store.now.replays.returns(planId)).map((id) => store.now.plans.byId(id)),
    )
    return {
      plan,
      replay,
      places: Object.fromEntries(await placesOfJobs(redis, store, queue, ids)),
      ran,
      ledger: Object.fromEntries(jobs.map(({ id, outcome }) => [id, outcome])),
      verdicts: judged.map(({ wave, verdict }) => `${wave} ${verdict}`).toSorted(),
      returns: returns.map((one) => `${one?.replay?.step} ${one?.state}`),
    }
  }

  return {
    stage,
    store,
    clock,
    queue,
    ids,
    ran,
    worker,
    order,
    drive,
    leaseOver: () => clock.advance(LEASE_OVER_MS),
    left,
    close: () => worker.close(),
  }
}
