import type { Pool } from 'pg'

import type { Plan } from '../../src/domain/action.ts'
import { DEFAULT_POLICY } from '../../src/domain/settings.ts'
import { NO_THROTTLE, type Throttle } from '../../src/domain/throttle.ts'
import { randomIds } from '../../src/runtime.ts'
import { createStore } from '../../src/store/store.ts'
import { confirmPlan } from '../../src/usecases/actions/confirm-plan.ts'
import { endHold } from '../../src/usecases/actions/end-hold.ts'
import { executePlan } from '../../src/usecases/actions/execute-plan.ts'
import { planAction } from '../../src/usecases/actions/plan-action.ts'
import type { Deps } from '../../src/usecases/deps.ts'
import { ANA, aSettings, BEN } from './config-of.ts'
import { createHookedQueues, type HookedQueues } from './hooked-queues.ts'
import { noProbes } from './no-probes.ts'
import { silentLog } from './silent-log.ts'
import { actorOf, createToyPeople } from './toy-people.ts'

export const MINUTE_MS = 60_000

type HoldWish = Pick<Parameters<typeof planAction>[1], 'action' | 'throttle' | 'undoesPlanId'> & {
  /** Half an hour unless told; null without an end. */
  readonly holdMs?: number | null
  /** Ana unless told. */
  readonly by?: string
}

/** Real use cases and a real store over queues and people in memory, with a clock that can be put forward. */
export interface HoldStage {
  readonly deps: Deps
  readonly queues: HookedQueues
  pass(ms: number): void
  /** Time passes, and what is due then ends. */
  letEnd(ms: number): Promise<void>
  ordered(key: string, wish: HoldWish): Promise<Plan>
  /** Ordered, and one attempt made at it. */
  done(key: string, wish: HoldWish): Promise<Plan>
  planOf(plan: Pick<Plan, 'id'>): Promise<Plan>
  limitsOf(key: string): Throttle
}

const REF = /^sales\/(.+)$/

/** `sales/email` as the rest of the program has it. */
export const refOf = (key: string) => ({ system: 'sales', queue: REF.exec(key)?.[1] ?? '' })

let names = 0

/** A name that no other test of the file has: they share a database. */
export const someQueue = (): string => `sales/q${String((names += 1)).padStart(4, '0')}`

export function createHoldStage(pool: Pool): HoldStage {
  const queues = createHookedQueues()
  let skewMs = 0
  const clock = { now: () => new Date(Date.now() + skewMs) }
  const deps: Deps = {
    store: createStore(pool, 'test', clock),
    systems: queues.systems,
    probes: noProbes,
    chat: createToyPeople(() => false),
    settings: {
      ...aSettings(),
      roles: aSettings().roles.map((role) => ({ ...role, users: [ANA, BEN] })),
      policy: { ...DEFAULT_POLICY, limits: { ...DEFAULT_POLICY.limits, perPerson: 500 } },
    },
    clock,
    ids: randomIds,
    log: silentLog,
  }
  const pass = (ms: number): void => void (skewMs += ms)
  const planOf = async ({ id }: Pick<Plan, 'id'>): Promise<Plan> => {
    const plan = await deps.store.now.plans.byId(id)
    if (plan === null) throw new Error('the plan is gone')
    return plan
  }
  const ordered = (key: string, wish: HoldWish): Promise<Plan> => order(deps, key, wish)
  return {
    deps,
    queues,
    pass,
    planOf,
    ordered,
    async letEnd(ms) {
      pass(ms)
      await endDue(deps)
    },
    async done(key, wish) {
      const plan = await ordered(key, wish)
      await executePlan(deps, plan.id)
      return planOf(plan)
    },
    limitsOf: (key) => queues.throttled.get(key) ?? NO_THROTTLE,
  }
}

async function order(deps: Deps, key: string, wish: HoldWish): Promise<Plan> {
  const { action, throttle = null, undoesPlanId = null, holdMs = 30 * MINUTE_MS } = wish
  const actor = actorOf(wish.by ?? ANA)
  const about = { actor, action, scope: key, refs: [refOf(key)], incidentId: null }
  const view = await planAction(deps, { ...about, holdMs, throttle, undoesPlanId })
  const confirmed = await confirmPlan(deps, {
    planId: view.plan.id,
    actor,
    reason: 'a test',
    // Without an end only who says so expressly.
    ...(holdMs === null ? { holdMs } : {}),
  })
  if (confirmed.kind !== 'confirmed') throw new Error('it drifted')
  return confirmed.plan
}

async function endDue(deps: Deps): Promise<void> {
  const { holds, throttles, plans } = deps.store.now
  for (const kind of [holds, throttles])
    for (const id of await kind.due(deps.clock.now(), 100)) await endHold(deps, id)
  for (const { id } of await plans.unfinished(deps.clock.now(), 100)) await executePlan(deps, id)
}
