import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Plan } from '../../../src/domain/action.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import { createStore } from '../../../src/store/store.ts'
import { showCard } from '../../../src/usecases/actions/card.ts'
import { bareCard, planCardView } from '../../../src/usecases/actions/plan-card.ts'
import { showReplayDetails } from '../../../src/usecases/actions/replay-details.ts'
import { replayDetailsView, replayView } from '../../../src/usecases/actions/replay-view.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { jobPlans } from '../../helpers/job-plans.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { viewedReplays } from '../../helpers/viewed-replays.ts'

let database: TestDatabase
let store: Store
let stage: ReturnType<typeof viewedReplays>
const clock = createTestClock()
beforeAll(async () => {
  database = await freshDatabase()
  store = createStore(database.openAppPool({ max: 3 }), 'test', clock)
  stage = viewedReplays(store, clock)
})
afterAll(() => database.drop())

const viewOf = async ({ plan }: { readonly plan: () => Promise<Plan> }, at = clock.now()) => {
  const view = await replayView(store.now, await plan(), at)
  if (view === null) throw new Error('the replay has begun')
  return view
}

const tokensOf = async (plan: Plan): Promise<readonly string[]> =>
  Object.keys((await planCardView(stage.depsWith(), plan)).tokens).toSorted()

describe('what people see of a replay', () => {
  it('is nothing of its own before it has begun', async () => {
    const made = await stage.replaying()
    expect(await replayView(store.now, await made.plan(), clock.now())).toBeNull()
    expect((await planCardView(stage.depsWith(), await made.plan())).replay).toBeNull()
    expect(bareCard(await made.plan(), clock.now()).replay).toBeNull()
  })

  it('is what the ledger says, how fast its wave goes, and what is left', async () => {
    const made = await stage.halfWay()
    const view = await viewOf(made, stage.later(30_000))
    expect(view.replay.waves[0]?.counts).toMatchObject({
      fed: 3,
      completed: 1,
      fresh: 1,
      open: 1,
      skipped: 1,
    })
    expect(view.pace).toEqual({ perMinute: 4, leftMs: 15_000 })
    expect(view.left).toBe(6)
    expect(await tokensOf(await made.plan())).toEqual(['hold', 'stop'])
  })

  it('offers what can be done in each state', async () => {
    const made = await stage.halfWay()
    const { replays } = store.now
    const by = { teamId: 'T0', userId: 'U0BEN' }
    await replays.change(
      made.id,
      { state: 'held', by, isHeldByPerson: true, reason: 'why' },
      clock.now(),
    )
    expect(await tokensOf(await made.plan())).toEqual(['goOn', 'stop'])
    await replays.fedWave(made.id, 0, clock.now())
    expect(await tokensOf(await made.plan())).toEqual(['goOn', 'promote', 'stop'])
    await replays.change(made.id, { state: 'held', by: null, isHeldByPerson: false }, clock.now())
    expect(await tokensOf(await made.plan())).toEqual(['goOn', 'hold', 'promote', 'stop'])
    await replays.change(made.id, { state: 'halting' }, clock.now())
    expect(await tokensOf(await made.plan())).toEqual([])
    await replays.change(made.id, { state: 'halted', endedAt: clock.now() }, clock.now())
    expect(await tokensOf(await made.plan())).toEqual(['outcomes', 'rest'])
  })

  it('plans what a halted one left by its number', async () => {
    const made = await stage.halfWay()
    await store.now.replays.change(made.id, { state: 'halting' }, clock.now())
    await store.now.replays.change(made.id, { state: 'halted', endedAt: clock.now() }, clock.now())
    const plan = await made.plan()
    const { tokens } = await planCardView(stage.depsWith(), plan)
    const button = await store.now.buttons.byToken(tokens.rest ?? '')
    expect(button?.purpose).toMatchObject({
      kind: 'plan',
      action: 'replay',
      refs: [made.ref],
      jobs: { filter: '', options: { continues: plan.number } },
    })
  })

  it('names the vault sets that its jobs went into', async () => {
    const made = await stage.halfWay()
    const { plan: child, set } = await jobPlans(store).holding(['=d'])
    await database
      .openAppPool({ max: 1 })
      .query(`update plan set replays_plan_id = $1, replay_step = 'failed:1' where id = $2`, [
        made.id,
        child.id,
      ])
    expect((await viewOf(made)).returns).toEqual([{ why: 'failed', vault: set.number, jobs: null }])
  })

  it('tells in detail which errors there were, and which of the first wave ran', async () => {
    const made = await stage.halfWay()
    const view = await replayDetailsView(store.now, await made.plan(), clock.now())
    expect(view).toMatchObject({
      words: '1 of 10 jobs completed, 1 failed in a new way, 1 not there any more and 6 never ran',
      failures: [{ shape: 'TypeError: x', isKnown: false, jobs: 1 }],
      isCut: false,
    })
    expect(view?.strata).toEqual([
      { type: 'send', shape: 'connect ETIMEDOUT', jobs: 9, completed: 1, failed: 0 },
      { type: 'bounce', shape: null, jobs: 1, completed: 0, failed: 1 },
    ])
  })

  it('has its details in the thread of its card', async () => {
    const made = await stage.halfWay()
    const plan = await made.plan()
    await showCard(store.now, plan, { targets: [{ kind: 'ops' }] })
    await showReplayDetails(store.now, plan)
    const details = await store.now.messages.byKey(`plan:${plan.id}:ops:details`)
    expect(details).toMatchObject({
      target: { kind: 'ops' },
      thread: `plan:${plan.id}:ops`,
      content: { kind: 'replay_details', planId: plan.id },
    })
  })
})
