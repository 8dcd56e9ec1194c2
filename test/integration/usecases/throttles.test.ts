import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import type { Plan } from '../../../src/domain/action.ts'
import type { Throttle } from '../../../src/domain/throttle.ts'
import { confirmPlan } from '../../../src/usecases/actions/confirm-plan.ts'
import { endHold } from '../../../src/usecases/actions/end-hold.ts'
import { executePlan } from '../../../src/usecases/actions/execute-plan.ts'
import { planAction } from '../../../src/usecases/actions/plan-action.ts'
import { planCardView } from '../../../src/usecases/actions/plan-card.ts'
import { remind } from '../../../src/usecases/actions/remind.ts'
import { stopPlan } from '../../../src/usecases/actions/stop-plan.ts'
import { undoing } from '../../../src/usecases/actions/undo-plan.ts'
import { listHeld } from '../../../src/usecases/queues/list-held.ts'
import { sweep } from '../../../src/usecases/sweep.ts'
import { ANA, BEN } from '../../helpers/config-of.ts'
import {
  createHoldStage,
  MINUTE_MS,
  refOf,
  someQueue,
  type HoldStage,
} from '../../helpers/hold-stage.ts'
import { freshDatabase } from '../../helpers/postgres.ts'
import { actorOf } from '../../helpers/toy-people.ts'

const NONE: Throttle = { rate: null, concurrency: null }
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

const wordsOf = (plan: Plan): string => plan.outcome?.words ?? ''

describe('a throttle', () => {
  it('holds for its time, and brings back what there was', async () => {
    const key = someQueue()
    stage.queues.throttled.set(key, { ...NONE, concurrency: 9 })
    const plan = await stage.done(key, slowTo({ ...SLOW, concurrency: 2 }))
    expect(plan.state).toBe('done')
    expect(wordsOf(plan)).toMatch(/throttled `.*` to 20\/min and 2 at once until .*It holds/)
    expect(stage.limitsOf(key)).toEqual({ ...SLOW, concurrency: 2 })
    expect(await throttlesOn(key)).toMatchObject([{ proof: 'held', reason: 'a test' }])
    await stage.letEnd(31 * MINUTE_MS)
    expect(stage.limitsOf(key)).toEqual({ rate: null, concurrency: 9 })
    expect(await throttlesOn(key)).toEqual([])
    const end = await stage.deps.store.now.plans.lastDone(refOf(key), 'unthrottle')
    expect(end && wordsOf(end)).toMatch(/ended by itself\. It is limited to 9 at once now\./)
  })

  it('lasts beside others: the strictest counts, the first limits come back last', async () => {
    const key = someQueue()
    stage.queues.throttled.set(key, { ...NONE, concurrency: 9 })
    await stage.done(key, slowTo(TWO))
    const second = await stage.done(key, {
      ...slowTo({ ...NONE, concurrency: 5 }),
      holdMs: 60 * MINUTE_MS,
      by: BEN,
    })
    expect(wordsOf(second)).toMatch(/that is 2 at once/)
    expect(stage.limitsOf(key).concurrency).toBe(2)
    await stage.letEnd(31 * MINUTE_MS)
    expect(stage.limitsOf(key).concurrency).toBe(5)
    await stage.letEnd(30 * MINUTE_MS)
    expect(stage.limitsOf(key).concurrency).toBe(9)
  })

  it('leaves at its end what others have set meanwhile, and says so', async () => {
    const key = someQueue()
    await stage.done(key, slowTo({ ...SLOW, concurrency: 2 }))
    stage.queues.throttled.set(key, { ...SLOW, concurrency: 7 })
    await stage.letEnd(31 * MINUTE_MS)
    expect(stage.limitsOf(key)).toEqual({ rate: null, concurrency: 7 })
    const end = await stage.deps.store.now.plans.lastDone(refOf(key), 'unthrottle')
    expect(end && wordsOf(end)).toMatch(/else has changed its limits.*limited to 7 at once/)
    expect(await throttlesOn(key)).toEqual([])
  })

  it('changes nothing if the limits are others than were shown', async () => {
    const key = someQueue()
    const plan = await stage.ordered(key, slowTo(SLOW))
    stage.queues.throttled.set(key, TWO)
    await executePlan(stage.deps, plan.id)
    expect(await stage.planOf(plan)).toMatchObject({ state: 'refused' })
    expect(stage.limitsOf(key)).toEqual(TWO)
    expect(await throttlesOn(key)).toEqual([])
  })

  it('is void if the limits change before it is confirmed', async () => {
    const key = someQueue()
    const request = { actor: actorOf(ANA), scope: key, refs: [refOf(key)], incidentId: null }
    const view = await planAction(stage.deps, { ...request, ...slowTo(SLOW), holdMs: MINUTE_MS })
    stage.queues.throttled.set(key, TWO)
    const confirmed = await confirmPlan(stage.deps, {
      planId: view.plan.id,
      actor: actorOf(ANA),
      reason: 'a test',
    })
    expect(confirmed).toMatchObject({ kind: 'drifted' })
    expect(confirmed.kind === 'drifted' && confirmed.view.drift).toMatch(
      /other limits now: 2 at once, not no limit/,
    )
  })

  it('is refused where the queue is as slow by the hand of others', async () => {
    const key = someQueue()
    stage.queues.throttled.set(key, { ...NONE, concurrency: 1 })
    await expect(stage.ordered(key, slowTo(TWO))).rejects.toMatchObject({ code: 'already_done' })
    await expect(stage.ordered(key, { action: 'unthrottle' })).rejects.toMatchObject({
      code: 'already_done',
      message: expect.stringMatching(/but not by Spillway/),
    })
  })

  it('is undone as long as it lasts, and by its own end alone', async () => {
    const key = someQueue()
    const first = await stage.done(key, slowTo(TWO))
    await stage.done(key, { ...slowTo({ ...NONE, concurrency: 5 }), by: BEN })
    expect((await planCardView(stage.deps, first)).tokens.undo).toBeDefined()
    const { refs: _, ...undo } = await undoing(stage.deps, first.id)
    await stage.done(key, { ...undo, action: 'unthrottle' })
    expect(stage.limitsOf(key).concurrency).toBe(5)
    expect((await planCardView(stage.deps, first)).tokens.undo).toBeUndefined()
    await stage.done(key, { action: 'unthrottle', by: BEN })
    expect(stage.limitsOf(key)).toEqual(NONE)
  })

  it('has an end that cannot be stopped, and is not called the end of a pause', async () => {
    const key = someQueue()
    await stage.done(key, slowTo(TWO))
    stage.pass(31 * MINUTE_MS)
    const [hold] = await throttlesOn(key)
    await endHold(stage.deps, hold?.id ?? '')
    const { rows } = await pool.query<{ id: string }>(
      'select id from plan where ends_hold_id = $1',
      [hold?.id],
    )
    const stop = stopPlan(stage.deps, { planId: rows[0]?.id ?? '', actor: actorOf(BEN) })
    await expect(stop).rejects.toMatchObject({
      message: expect.stringMatching(/is the end of a timed throttle; it cannot be stopped/),
      advice: expect.stringMatching(/keep the queue throttled for longer, throttle it again/),
    })
  })

  it('that leaves next to nothing, or nobody knows what, counts as a pause', async () => {
    const key = someQueue()
    const { tier, tierReason } = await stage.ordered(key, slowTo(SLOW))
    expect({ tier, tierReason }).toMatchObject({
      tierReason: expect.stringMatching(/as good as stopped/),
    })
    const { throttle } = await stage.ordered(key, slowTo(SLOW))
    expect(throttle?.shares).toEqual({ [key]: null })
  })
})

describe('a throttle in steps', () => {
  const perMin = (max: number) =>
    slowTo({ rate: { max, durationMs: MINUTE_MS }, concurrency: null })
  const slowed = async (key: string, max: number) => {
    await stage.done(key, perMin(max))
    stage.queues.paces.set(key, max)
  }

  it('counts by what is left of the pace before the first', async () => {
    const key = someQueue()
    stage.queues.paces.set(key, 100)
    await slowed(key, 50)
    await slowed(key, 20)
    const { throttle, tierReason, preview } = await stage.ordered(key, perMin(9))
    expect(throttle?.shares[key]).toBeCloseTo(0.09)
    expect(tierReason).toMatch(/^so slow is as good as stopped/)
    // Five jobs wait, and from now on nine a minute are worked off.
    expect(preview?.drain).toEqual({ ms: Math.ceil((5 / 9) * MINUTE_MS) })
  })

  it('that was not the last one hides nothing: what is looser is the share that it asks for', async () => {
    const key = someQueue()
    stage.queues.paces.set(key, 100)
    await slowed(key, 20)
    expect((await stage.ordered(key, perMin(40))).throttle?.shares[key]).toBeCloseTo(0.4)
  })
})

describe('a pause that ends in a throttle', () => {
  const HOUR_MS = 60 * MINUTE_MS

  it('resumes slowly, and is at full speed an hour later', async () => {
    const key = someQueue()
    const plan = await stage.done(key, { action: 'pause', throttle: { to: TWO, thenMs: HOUR_MS } })
    expect(wordsOf(plan)).toMatch(/paused .*, then slow it to 2 at once for 1 h/)
    expect([stage.queues.paused.has(key), stage.limitsOf(key)]).toEqual([true, TWO])
    await stage.letEnd(31 * MINUTE_MS)
    expect([stage.queues.paused.has(key), stage.limitsOf(key)]).toEqual([false, TWO])
    await stage.letEnd(HOUR_MS)
    expect(stage.limitsOf(key)).toEqual(NONE)
  })

  it('is slow for its whole time, however late the pause ended', async () => {
    const key = someQueue()
    await stage.done(key, { action: 'pause', throttle: { to: TWO, thenMs: HOUR_MS } })
    stage.queues.away.add('sales')
    await stage.letEnd(3 * HOUR_MS)
    stage.queues.away.clear()
    await stage.letEnd(0)
    expect([stage.queues.paused.has(key), stage.limitsOf(key)]).toEqual([false, TWO])
    await stage.letEnd(HOUR_MS - MINUTE_MS)
    expect(stage.limitsOf(key)).toEqual(TWO)
    await stage.letEnd(2 * MINUTE_MS)
    expect(stage.limitsOf(key)).toEqual(NONE)
  })

  it('that a person resumes early stays slow', async () => {
    const key = someQueue()
    await stage.done(key, { action: 'pause', throttle: { to: TWO, thenMs: HOUR_MS } })
    await stage.done(key, { action: 'resume', by: BEN })
    expect([stage.queues.paused.has(key), stage.limitsOf(key)]).toEqual([false, TWO])
  })
})

it('what is due is found by the sweep, what has no end is reminded of, and both are listed', async () => {
  const key = someQueue()
  await stage.done(key, { ...slowTo(TWO), holdMs: null })
  stage.pass(2 * 60 * MINUTE_MS)
  await remind(stage.deps)
  const { rows } = await pool.query(
    `select content -> 'line' ->> 'words' as words from message where key like 'held:%' and content::text like $1`,
    [`%${key}%`],
  )
  expect(rows[0]?.words).toMatch(
    /has been throttled to 2 at once for 2 h, without an end.*unthrottle/,
  )
  const held = await listHeld(stage.deps)
  expect(held.throttles.map(({ ref }) => ref.queue)).toContain(refOf(key).queue)
  const timed = someQueue()
  await stage.done(timed, slowTo(TWO))
  stage.pass(31 * MINUTE_MS)
  // As if every job of the work engine were lost.
  await pool.query(
    `select graphile_worker.remove_job('end_hold:' || id) from hold where ended_at is null`,
  )
  await sweep(stage.deps)
  const jobs = await pool.query(
    `select from graphile_worker.jobs where task_identifier = 'end_hold' and run_at <= now()`,
  )
  expect(jobs.rowCount).toBeGreaterThan(0)
})
