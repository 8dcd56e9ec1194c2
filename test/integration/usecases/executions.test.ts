import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import type { ActionKind, Plan } from '../../../src/domain/action.ts'
import { OperatorError } from '../../../src/domain/errors.ts'
import { randomIds } from '../../../src/runtime.ts'
import { createStore } from '../../../src/store/store.ts'
import { confirmPlan } from '../../../src/usecases/actions/confirm-plan.ts'
import { endHold } from '../../../src/usecases/actions/end-hold.ts'
import { executePlan } from '../../../src/usecases/actions/execute-plan.ts'
import { freezeActions, liftFreeze } from '../../../src/usecases/actions/freeze.ts'
import { planAction } from '../../../src/usecases/actions/plan-action.ts'
import { remind } from '../../../src/usecases/actions/remind.ts'
import { stopPlan } from '../../../src/usecases/actions/stop-plan.ts'
import type { Deps } from '../../../src/usecases/deps.ts'
import { ANA, aSettings, BEN } from '../../helpers/config-of.ts'
import { createHookedQueues, type HookedQueues } from '../../helpers/hooked-queues.ts'
import { noProbes } from '../../helpers/no-probes.ts'
import { freshDatabase } from '../../helpers/postgres.ts'
import { silentLog } from '../../helpers/silent-log.ts'
import { actorOf, createToyPeople } from '../../helpers/toy-people.ts'

const MINUTE_MS = 60_000
const database = await freshDatabase()
const pool = database.openAppPool({ max: 8 })
afterAll(() => database.drop())

let skewMs: number
let queues: HookedQueues
let deps: Deps
let names = 0

beforeEach(() => {
  skewMs = 0
  queues = createHookedQueues()
  const clock = { now: () => new Date(Date.now() + skewMs) }
  const [role] = aSettings().roles
  if (role === undefined) throw new Error('there is a role')
  deps = {
    store: createStore(pool, 'test', clock),
    systems: queues.systems,
    probes: noProbes,
    chat: createToyPeople(() => false),
    settings: { ...aSettings(), roles: [{ ...role, users: [ANA, BEN] }] },
    clock,
    ids: randomIds,
    log: silentLog,
  }
})

/** Names of its own for each test, on one database. */
const someQueues = (count: number, system = 'sales'): readonly string[] =>
  Array.from({ length: count }, () => `${system}/q${String((names += 1)).padStart(4, '0')}`)

const refOf = (key: string) => ({
  system: key.slice(0, key.indexOf('/')),
  queue: key.slice(key.indexOf('/') + 1),
})

async function ordered(
  action: ActionKind,
  keys: readonly string[],
  over: { readonly holdMs?: number; readonly undoesPlanId?: string; readonly by?: string } = {},
): Promise<Plan> {
  const actor = actorOf(over.by ?? ANA)
  const view = await planAction(deps, {
    actor,
    action,
    scope: keys.length === 1 ? (keys[0] ?? '') : 'many',
    refs: keys.map(refOf),
    incidentId: null,
    holdMs: over.holdMs ?? 30 * MINUTE_MS,
    undoesPlanId: over.undoesPlanId ?? null,
  })
  const confirmed = await confirmPlan(deps, { planId: view.plan.id, actor, reason: 'a test' })
  if (confirmed.kind !== 'confirmed') throw new Error('it drifted')
  return confirmed.plan
}

const planOf = async ({ id }: Pick<Plan, 'id'>): Promise<Plan> => {
  const plan = await deps.store.now.plans.byId(id)
  if (plan === null) throw new Error('the plan is gone')
  return plan
}

const statesOf = async (plan: Plan): Promise<readonly string[]> =>
  (await planOf(plan)).queues.map(({ state }) => state)

const holdsOn = async (key: string): Promise<number> =>
  (await deps.store.now.holds.active(refOf(key))).length

async function done(action: ActionKind, keys: readonly string[], over = {}): Promise<Plan> {
  const plan = await ordered(action, keys, over)
  await executePlan(deps, plan.id)
  expect((await planOf(plan)).state).toBe('done')
  return planOf(plan)
}

const lines = async (words: string): Promise<number> => {
  const { rows } = await pool.query(
    `select from message where content -> 'line' ->> 'words' like $1`,
    [`%${words}%`],
  )
  return rows.length
}

const freeze = (): Promise<unknown> =>
  freezeActions(deps, { actor: actorOf(BEN), reason: 'look first' })
/** For the next test, also where this one fails. */
beforeEach(() => pool.query('delete from control'))

const thaw = (): Promise<void> => liftFreeze(deps, { actor: actorOf(BEN) })

describe('what was touched is brought to its end', () => {
  it('when a freeze comes in the middle of a slice', async () => {
    const keys = someQueues(3)
    await done('pause', keys)
    const plan = await ordered('resume', keys)
    queues.onMoment(async (moment, key) => {
      if (moment === 'resume' && key === keys[0]) await freeze()
    })
    await executePlan(deps, plan.id)
    await thaw()
    expect(await statesOf(plan)).toEqual(['done', 'returned', 'returned'])
    expect(await Promise.all(keys.map(holdsOn))).toEqual([0, 1, 1])
    expect((await planOf(plan)).outcome?.words).toMatch(/resumed 1 of 3 queues.*froze all actions/s)
  })

  it('when somebody stops it after an attempt died', async () => {
    const keys = someQueues(3)
    const plan = await ordered('pause', keys)
    queues.onMoment(async (moment) => {
      if (moment === 'watch') throw new Error('killed')
    })
    await executePlan(deps, plan.id)
    queues.onMoment(async () => undefined)
    await stopPlan(deps, { planId: plan.id, actor: actorOf(BEN) })
    await executePlan(deps, plan.id)
    expect(await statesOf(plan)).toEqual(['done', 'done', 'done'])
    expect((await planOf(plan)).state).toBe('done')
  })

  it('while another system of the same plan is away', async () => {
    const keys = [...someQueues(1, 'other'), ...someQueues(2)]
    const plan = await ordered('pause', keys)
    queues.away.add('other')
    const attempt = await executePlan(deps, plan.id)
    expect(attempt.isFinished).toBe(false)
    expect(await statesOf(plan)).toEqual(['executing', 'done', 'done'])
    queues.away.clear()
    await executePlan(deps, plan.id)
    expect(await statesOf(plan)).toEqual(['done', 'done', 'done'])
  })
})

describe('a late attempt', () => {
  it('that changed a queue after its plan was closed is told of', async () => {
    const [key = ''] = someQueues(1)
    await done('pause', [key])
    const resume = await ordered('resume', [key])
    let release = (): void => undefined
    const isHeldBack = new Promise<void>((resolve) => {
      release = resolve
    })
    let isFirst = true
    const reached = new Promise<void>((resolve) => {
      queues.onMoment(async (moment) => {
        if (moment !== 'resume' || !isFirst) return
        isFirst = false
        resolve()
        await isHeldBack
      })
    })
    const late = executePlan(deps, resume.id)
    await reached
    skewMs = 30_000
    await executePlan(deps, resume.id)
    await done('pause', [key])
    release()
    await late
    expect(queues.paused.has(key)).toBe(false)
    expect(await lines(`\`${key}\` runs though a hold should keep it paused`)).toBe(1)
  })
})

describe('an old order', () => {
  it('is not carried out hours later', async () => {
    const [key = ''] = someQueues(1)
    const plan = await ordered('pause', [key])
    skewMs = 3 * 60 * MINUTE_MS
    await executePlan(deps, plan.id)
    const { state, outcome } = await planOf(plan)
    expect([state, queues.paused.has(key)]).toEqual(['failed', false])
    expect(outcome?.words).toMatch(/could not be begun within 15 minutes.*was not touched/s)
  })

  it('that waits for a busy queue says so, and is given up', async () => {
    const keys = someQueues(2)
    const first = await ordered('pause', keys.slice(0, 1))
    await pool.query(`update plan_queue set state = 'executing' where plan_id = $1`, [first.id])
    const second = await ordered('pause', keys, { by: BEN })
    expect(await executePlan(deps, second.id)).toMatchObject({ isFinished: false })
    expect(await statesOf(second)).toEqual(['pending', 'done'])
    expect(await lines('Another action works on the same queue.')).toBeGreaterThan(0)
    skewMs = 16 * MINUTE_MS
    await executePlan(deps, second.id)
    expect(await statesOf(second)).toEqual(['returned', 'done'])
  })
})

describe('the end of a timed pause', () => {
  const due = async (key: string): Promise<string> => {
    const [hold] = await deps.store.now.holds.active(refOf(key))
    await pool.query('update hold set ends_at = now() where id = $1', [hold?.id])
    return hold?.id ?? ''
  }
  const endOf = async (holdId: string): Promise<Plan> => {
    await endHold(deps, holdId)
    const { rows } = await pool.query<{ id: string }>(
      'select id from plan where ends_hold_id = $1',
      [holdId],
    )
    return planOf({ id: rows[0]?.id ?? '' })
  }

  it('cannot be stopped, and is asked about while a freeze keeps it', async () => {
    const [key = ''] = someQueues(1)
    await done('pause', [key])
    const holdId = await due(key)
    await freeze()
    const end = await endOf(holdId)
    await executePlan(deps, end.id)
    const stop = stopPlan(deps, { planId: end.id, actor: actorOf(BEN) })
    await expect(stop).rejects.toThrow(/is the end of a timed pause; it cannot be stopped/)
    skewMs = 61 * MINUTE_MS
    await remind(deps)
    // In the ops channel, and to its owner.
    expect(await lines(`\`${key}\` has been paused for 1 h`)).toBe(2)
    await thaw()
    await executePlan(deps, end.id)
    expect([queues.paused.has(key), await holdsOn(key)]).toEqual([false, 0])
  })

  it('uses up one plan number, however often it is looked at', async () => {
    const [key = ''] = someQueues(1)
    await done('pause', [key])
    const holdId = await due(key)
    const { number } = await endOf(holdId)
    for (let look = 0; look < 5; look += 1) await endHold(deps, holdId)
    const next = await ordered('pause', someQueues(1))
    expect(next.number).toBe(number + 1)
  })

  it('of many queues that were paused together is said once', async () => {
    const keys = someQueues(4)
    await done('pause', keys)
    for (const key of keys) await executePlan(deps, (await endOf(await due(key))).id)
    expect(keys.filter((key) => queues.paused.has(key))).toEqual([])
    expect(await lines('The pause of 4 queues (`many`)')).toBe(1)
    expect(await lines(keys[0] ?? '')).toBe(0)
  })
})

describe('a pause taken back', () => {
  it('leaves alone what others paused since', async () => {
    const keys = someQueues(2)
    const [first = '', second = ''] = keys
    const pause = await done('pause', keys)
    await done('resume', [first])
    queues.paused.add(first)
    const undo = await done('resume', keys, { undoesPlanId: pause.id })
    expect(undo.queues.map(({ ref }) => ref.queue)).toEqual([refOf(second).queue])
    expect([queues.paused.has(first), queues.paused.has(second)]).toEqual([true, false])
    const again = ordered('resume', [first], { undoesPlanId: pause.id })
    await expect(again).rejects.toThrow(OperatorError)
    await expect(again).rejects.toThrow(/is over already/)
  })
})
