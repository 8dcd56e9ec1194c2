import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import type { Plan } from '../../../src/domain/action.ts'
import type { Throttle } from '../../../src/domain/throttle.ts'
import { executePlan } from '../../../src/usecases/actions/execute-plan.ts'
import type { Deps } from '../../../src/usecases/deps.ts'
import {
  createHoldStage,
  MINUTE_MS,
  refOf,
  someQueue,
  type HoldStage,
} from '../../helpers/hold-stage.ts'
import { Died, mortal } from '../../helpers/mortal.ts'
import { freshDatabase } from '../../helpers/postgres.ts'

const SLOW: Throttle = { rate: { max: 20, durationMs: MINUTE_MS }, concurrency: null }
const TWO: Throttle = { rate: null, concurrency: 2 }

const database = await freshDatabase()
const pool = database.openAppPool({ max: 8 })
afterAll(() => database.drop())

let stage: HoldStage
beforeEach(() => {
  stage = createHoldStage(pool)
})

const slowTo = (to: Throttle, thenMs: number | null = null) =>
  ({ action: 'throttle', throttle: { to, thenMs } }) as const

const throttlesOn = (key: string) => stage.deps.store.now.throttles.active(refOf(key))

/** Few at once: they all confirm under one lock, each on a connection of its own. */
async function each<T, R>(
  items: readonly T[],
  run: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = []
  for (let from = 0; from < items.length; from += 6)
    results.push(
      ...(await Promise.all(
        items.slice(from, from + 6).map((item, index) => run(item, from + index)),
      )),
    )
  return results
}

describe('it may die at any instant', () => {
  /** A process that is killed before its nth call to anything. */
  const dying = (calls: number): Deps => {
    const seen = mortal(calls)
    return {
      ...stage.deps,
      store: seen(stage.deps.store),
      systems: {
        all: () => stage.queues.systems.all().map(seen),
        get: (name) => seen(stage.queues.systems.get(name)),
      },
    }
  }

  /** More than an attempt makes of calls to anything. */
  const INSTANTS = 42

  async function dies(plan: Plan, calls: number): Promise<boolean> {
    try {
      await executePlan(dying(calls), plan.id)
      return false
    } catch (error) {
      if (error instanceof Died) return true
      throw error
    }
  }

  /** Kills an attempt at each of these plans, the nth before its nth call; the next attempts bring them to their end. */
  async function killEach(plans: readonly Plan[]): Promise<void> {
    const deaths = await each(plans, dies)
    expect(deaths).toContain(false)
    expect(deaths.filter(Boolean).length).toBeGreaterThan(10)
    stage.pass(MINUTE_MS)
    await each(plans, ({ id }) => executePlan(stage.deps, id))
    const states = await each(plans, async (plan) => (await stage.planOf(plan)).state)
    expect(new Set(states)).toEqual(new Set(['done']))
  }

  it('a throttle is set once, with one hold, and its end brings back what there was', async () => {
    const former = { ...SLOW, concurrency: 9 }
    const keys = Array.from({ length: INSTANTS }, someQueue)
    for (const key of keys) stage.queues.throttled.set(key, former)
    await killEach(await each(keys, (key) => stage.ordered(key, slowTo(TWO))))
    expect(keys.map((key) => stage.limitsOf(key))).toEqual(
      keys.map(() => ({ ...SLOW, concurrency: 2 })),
    )
    const holds = await each(keys, throttlesOn)
    expect(holds.map((all) => all.map(({ throttle }) => throttle))).toEqual(
      keys.map(() => [{ wanted: TWO, former }]),
    )
    await killEach(await each(keys, (key) => stage.ordered(key, { action: 'unthrottle' })))
    expect(keys.map((key) => stage.limitsOf(key))).toEqual(keys.map(() => former))
    expect((await each(keys, throttlesOn)).flat()).toEqual([])
  })

  it('a pause that ends in a throttle sets both', async () => {
    const keys = Array.from({ length: INSTANTS }, someQueue)
    const wish = { action: 'pause', throttle: { to: TWO, thenMs: 60 * MINUTE_MS } } as const
    await killEach(await each(keys, (key) => stage.ordered(key, wish)))
    expect(keys.map((key) => stage.limitsOf(key))).toEqual(keys.map(() => TWO))
    expect(keys.filter((key) => !stage.queues.paused.has(key))).toEqual([])
    expect((await each(keys, throttlesOn)).map((all) => all.length)).toEqual(keys.map(() => 1))
  })
})
