import { Queue } from 'bullmq'
import type { Redis } from 'ioredis'

import type { ActionKind, Plan } from '../../src/domain/action.ts'
import type { QueueSystem } from '../../src/domain/ports/queue-system.ts'
import type { Store } from '../../src/domain/ports/store.ts'
import { DEFAULT_POLICY } from '../../src/domain/settings.ts'
import { randomIds } from '../../src/runtime.ts'
import { confirmPlan } from '../../src/usecases/actions/confirm-plan.ts'
import { executePlan } from '../../src/usecases/actions/execute-plan.ts'
import type { JobsWish } from '../../src/usecases/actions/jobs/resolve-jobs.ts'
import { planAction } from '../../src/usecases/actions/plan-action.ts'
import type { Deps } from '../../src/usecases/deps.ts'
import type { TestClock } from './clock.ts'
import { aSettings } from './config-of.ts'
import type { Wrap } from './history-stage.ts'
import { noProbes } from './no-probes.ts'
import { silentLog } from './silent-log.ts'
import { actorOf, createToyPeople } from './toy-people.ts'

const ALL = ['critical', 'high', 'medium', 'low'] as const

/** One person who may do everything, so that nothing but the jobs is at stake. */
const settings = {
  ...aSettings(),
  roles: [
    {
      name: 'all',
      users: ['ANA', 'BEN'],
      groups: [],
      queues: ['*'],
      tiers: ALL,
      actions: [
        'quarantine',
        'release',
        'retry',
        'promote',
        'move',
        'clean',
        'drain',
        'discard',
        'prioritize',
        'replay',
        'unstick',
        'pause',
        'resume',
      ] as const,
      approves: [],
      breaksGlass: [
        'quarantine',
        'release',
        'retry',
        'move',
        'clean',
        'drain',
        'discard',
        'promote',
        'prioritize',
        'replay',
      ] as const,
    },
  ],
  policy: { ...DEFAULT_POLICY, limits: { perPerson: 100_000, perQueue: 100_000, windowMs: 1000 } },
}

/** Real use cases over a real store and a real Redis. */
export interface BulkStage {
  readonly deps: Deps
  readonly queue: string
  /** Plans, confirms (breaking glass where it must) and gives the plan's id. */
  order(action: ActionKind, wish: JobsWish): Promise<string>
  /** One attempt, its ports as `seen` gives them. */
  attempt(planId: string, seen: Wrap | null): Promise<void>
  /** Attempts until it is over. */
  finish(planId: string): Promise<Plan>
}

export function createBulkStage(
  store: Store,
  clock: TestClock,
  system: QueueSystem,
  queue: string,
): BulkStage {
  const depsWith = (seen: Wrap | null): Deps => {
    const shown = seen === null ? system : seen(system)
    return {
      store: seen === null ? store : seen(store),
      systems: { all: () => [shown], get: () => shown },
      probes: noProbes,
      chat: createToyPeople(() => true),
      settings,
      clock,
      ids: randomIds,
      log: silentLog,
    }
  }
  const deps = depsWith(null)
  return {
    deps,
    queue,
    async order(action, wish) {
      const actor = actorOf('ANA')
      const refs = [{ system: system.name, queue }]
      const request = { actor, action, scope: queue, refs, incidentId: null, holdMs: null }
      const { plan } = await planAction(deps, { ...request, jobs: wish })
      await confirmPlan(deps, {
        planId: plan.id,
        actor,
        reason: 'a test of every instant',
        phrase: plan.phrase,
        isBreakGlass: plan.tier === 'T3',
      })
      return plan.id
    },
    async attempt(planId, seen) {
      await executePlan(depsWith(seen), planId)
    },
    async finish(planId) {
      for (let round = 0; round < 50; round += 1) {
        const plan = await store.now.plans.byId(planId)
        if (plan !== null && plan.finishedAt !== null) return plan
        clock.advance(30_000)
        await executePlan(deps, planId)
      }
      throw new Error('the plan does not end')
    },
  }
}

/** Every place in which a job of this queue is now, by job id. */
export async function placesOfJobs(
  redis: Redis,
  store: Store,
  queue: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const places = new Map<string, string[]>(ids.map((id) => [id, []]))
  const note = (id: string, place: string): void => void places.get(id)?.push(place)
  const base = `bull:${queue}:`
  for (const list of ['wait', 'paused', 'active'])
    for (const id of await redis.lrange(base + list, 0, -1)) note(id, list)
  for (const set of ['delayed', 'prioritized', 'failed', 'completed'])
    for (const id of await redis.zrange(base + set, '0', '-1')) note(id, set)
  for (const set of await store.now.vault.sets({ ref: null, isHolding: true, limit: 1000 })) {
    if (set.ref.queue !== queue) continue
    for (const { job } of await store.now.vault.held(set.id, {
      after: 0,
      limit: 10_000,
      withContent: false,
    }))
      note(job.jobId, 'vault')
  }
  return places
}

/** So many waiting, delayed, prioritized and failed jobs; gives their ids in this order. */
export async function fillQueue(
  redis: Redis,
  port: number,
  queue: string,
  each: number,
): Promise<readonly string[]> {
  const jobs = new Queue(queue, { connection: { host: '127.0.0.1', port }, skipMetasUpdate: true })
  jobs.on('error', () => undefined)
  const data = { customer: { id: 42 }, text: 'Grüße ☎' }
  const added = await jobs.addBulk([
    ...Array.from({ length: each }, (_, n) => ({ name: 'plain', data: { ...data, n } })),
    ...Array.from({ length: each }, (_, n) => ({
      name: 'later',
      data: { n },
      opts: { delay: 3_600_000 + n },
    })),
    ...Array.from({ length: each }, (_, n) => ({
      name: 'first',
      data: { n },
      opts: { priority: 3 },
    })),
    ...Array.from({ length: each }, (_, n) => ({ name: 'bad', data: { ...data, n } })),
  ])
  await jobs.close()
  const ids = added.map(({ id }) => String(id))
  const base = `bull:${queue}:`
  for (const [n, id] of ids.slice(3 * each).entries()) {
    await redis.lrem(`${base}wait`, 1, id)
    await redis.zadd(`${base}failed`, 1_700_000_000_000 + n, id)
    await redis.hset(base + id, {
      failedReason: 'ETIMEDOUT 10.0.0.1:5432',
      finishedOn: 1_700_000_000_000 + n,
      processedOn: 1_700_000_000_000,
      atm: 1,
      ats: 1,
      stacktrace: '["Error: ETIMEDOUT\\n    at send (/srv/app/mail.js:12:3)"]',
    })
  }
  return ids
}
