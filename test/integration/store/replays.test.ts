import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Store } from '../../../src/domain/ports/store.ts'
import { createStore } from '../../../src/store/store.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { BASELINE, BEGAN, minutesOn, storedReplays } from '../../helpers/stored-replays.ts'

const ANA = { teamId: 'T0', userId: 'U0ANA' }
const HOUR_MS = 3_600_000

let database: TestDatabase
let store: Store
let stage: ReturnType<typeof storedReplays>
beforeAll(async () => {
  database = await freshDatabase()
  store = createStore(database.openAppPool(), 'test')
  stage = storedReplays(store)
})
afterAll(() => database.drop())

describe('a replay', () => {
  it('begins once a plan, and reads back as it was begun', async () => {
    const plan = await stage.make.executing([['1']])
    const begun = await Promise.all([stage.begin(plan, [10, 490]), stage.begin(plan, [7])])
    expect(begun[0]).toEqual(begun[1])
    const number = (await store.now.plans.byId(plan.id))?.number
    expect(begun[0]).toMatchObject({
      planId: plan.id,
      planNumber: number,
      ref: plan.ref,
      state: 'running',
      wave: 0,
      position: '0-0',
      baseline: BASELINE,
      live: { completed: 0, failed: 0, overMs: 0, oldestMs: null },
      gates: [],
      ignored: [],
      beganAt: BEGAN,
      endedAt: null,
    })
    expect(begun[0]?.waves.at(-1)).toMatchObject({
      beganAt: null,
      verdict: null,
      judgedBy: null,
    })
  })

  it('is the only one of its queue until it is over', async () => {
    const [first, second] = [await stage.replaying(), await stage.make.executing([['1']])]
    expect(await stage.begin(second, [1], first.ref)).toBeNull()
    expect((await store.now.replays.active(first.ref))?.planId).toBe(first.id)
    await store.now.replays.change(first.id, { state: 'halting' }, BEGAN)
    expect(await stage.begin(second, [1], first.ref)).toBeNull()
    await store.now.replays.change(first.id, { state: 'halted', endedAt: BEGAN }, BEGAN)
    expect(await store.now.replays.active(first.ref)).toBeNull()
    expect((await stage.begin(second, [1], first.ref))?.planId).toBe(second.id)
  })

  it('changes what it is told to, and keeps the rest', async () => {
    const plan = await stage.replaying()
    const gates = [{ name: 'success', state: 'unknown', words: '0 of 4 ended' }] as const
    const held = {
      state: 'held',
      reason: 'workers are gone',
      by: ANA,
      isHeldByPerson: true,
    } as const
    await store.now.replays.change(
      plan.id,
      { ...held, gates, ignored: ['redis:unknown'] },
      minutesOn(1),
    )
    await store.now.replays.change(plan.id, { position: '9-1', live: BASELINE }, minutesOn(2))
    const after = { ...held, gates, ignored: ['redis:unknown'], position: '9-1', live: BASELINE }
    expect(await stage.read(plan)).toMatchObject({
      ...after,
      seenAt: minutesOn(2),
      baseline: BASELINE,
    })
    await store.now.replays.change(
      plan.id,
      { state: 'running', reason: null, by: null },
      minutesOn(3),
    )
    expect(await stage.read(plan)).toMatchObject({ state: 'running', reason: null, by: null })
  })

  it('is recent while its last job was put in line lately, over or not', async () => {
    const plan = await stage.replaying()
    expect(await store.now.replays.recent(plan.ref, minutesOn(-60))).toBeNull()
    await stage.put(plan, ['1'], { now: minutesOn(3) })
    await stage.put(plan, ['2'], { now: minutesOn(5) })
    await store.now.replays.change(plan.id, { state: 'halting' }, BEGAN)
    await store.now.replays.change(plan.id, { state: 'halted', endedAt: minutesOn(6) }, BEGAN)
    expect((await store.now.replays.recent(plan.ref, minutesOn(5)))?.planId).toBe(plan.id)
    expect(await store.now.replays.recent(plan.ref, minutesOn(5.1))).toBeNull()
    expect(await store.now.replays.recent({ ...plan.ref, queue: 'other' }, minutesOn(0))).toBeNull()
  })

  it('knows the plans that took jobs of it back, one a step', async () => {
    const plan = await stage.replaying()
    const sample = await store.now.plans.byId(plan.id)
    if (sample === null) throw new Error('there is no plan')
    const addStep = (step: string) =>
      store.now.plans.add({
        ...sample,
        id: crypto.randomUUID(),
        state: 'planned',
        replay: { planId: plan.id, step },
      })
    const made = [await addStep('unstarted:2'), await addStep('failed:2')]
    expect(await addStep('failed:2')).toBeNull()
    const ids = await store.now.replays.returns(plan.id)
    expect(ids).toEqual(made.map((each) => each?.id))
    const back = await store.now.plans.byId(ids[1] ?? '')
    expect(back?.replay).toEqual({ planId: plan.id, step: 'failed:2' })
    expect(sample).not.toHaveProperty('replay')
    // No number was used up for the one that was there.
    expect((await addStep('failed:3'))?.number).toBe((made[1]?.number ?? 0) + 1)
  })
})

describe('a wave', () => {
  it('is begun and fed once', async () => {
    const plan = await stage.replaying()
    const { replays } = store.now
    for (const minute of [1, 2]) {
      await replays.beginWave(plan.id, 0, minutesOn(minute))
      await replays.fedWave(plan.id, 0, minutesOn(minute))
    }
    expect((await stage.read(plan)).waves[0]).toMatchObject({ beganAt: BEGAN, fedAt: minutesOn(1) })
  })

  it('may be held before its one final verdict', async () => {
    const plan = await stage.replaying()
    const { replays } = store.now
    await replays.fedWave(plan.id, 0, BEGAN)
    const judge = (verdict: 'promote' | 'hold' | 'halt', by: typeof ANA | null, minute: number) =>
      replays.judge(plan.id, 0, {
        verdict,
        by,
        words: `${verdict} at ${minute}`,
        now: minutesOn(minute),
      })
    expect(await judge('hold', null, 1)).toBe(true)
    expect(await judge('hold', ANA, 2)).toBe(true)
    expect(await judge('promote', ANA, 3)).toBe(true)
    for (const late of ['halt', 'hold', 'promote'] as const)
      expect(await judge(late, null, 4)).toBe(false)
    expect((await stage.read(plan)).waves[0]).toMatchObject({
      verdict: 'promote',
      judgedBy: ANA,
      judgedAt: minutesOn(3),
      words: 'promote at 3',
    })
  })
})

describe('a plan that goes on later', () => {
  it('is confirmed again, its queue free, its attempts counted anew', async () => {
    const plan = await stage.make.executing([['1']])
    const { plans } = store.now
    const lease = (hours: number) => plans.lease(plan.id, new Date(Date.now() + hours * HOUR_MS), 1)
    expect((await lease(10))?.attempt).toBe(2)
    const third = await lease(20)
    expect(third?.attempt).toBe(3)
    await plans.beginQueue(plan.id, third?.fence ?? 0, plan.ref)
    expect(await plans.later(plan.id, plan.fence, BEGAN)).toBe(false)
    expect(await plans.later(plan.id, third?.fence ?? 0, BEGAN)).toBe(true)
    expect(await plans.byId(plan.id)).toMatchObject({
      state: 'confirmed',
      progressedAt: BEGAN,
      queues: [{ state: 'pending' }],
    })
    const next = await lease(30)
    expect(next?.attempt).toBe(1)
    // One that is put off ended by itself, and is not counted either.
    await plans.putOff(plan.id, next?.fence ?? 0)
    expect((await lease(40))?.attempt).toBe(1)
  })
})
