import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Store } from '../../../src/domain/ports/store.ts'
import { createStore } from '../../../src/store/store.ts'
import { DONE, jobPlans, type JobPlan } from '../../helpers/job-plans.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'

const LEASE_MS = 60_000
const OUTCOME = { words: 'It is over.' }

let database: TestDatabase
let store: Store
let make: ReturnType<typeof jobPlans>
beforeAll(async () => {
  database = await freshDatabase()
  store = createStore(database.openAppPool(), 'test')
  make = jobPlans(store)
})
afterAll(() => database.drop())

const begin = ({ id, fence }: JobPlan, position: number): Promise<boolean> =>
  store.now.slices.begin(id, fence, position, new Date(), LEASE_MS)
const end = ({ id, fence }: JobPlan, position: number, how = DONE, at = new Date()) =>
  store.now.slices.end(id, fence, position, how, at)
const finish = ({ id, fence }: JobPlan) =>
  store.now.plans.finish(id, fence, 'cancelled', OUTCOME, new Date())

describe('a plan about jobs', () => {
  it('reads back as it was made, dates as dates', async () => {
    const { id, ref } = await make.planned([['1', '2'], ['3']])
    const plan = await store.now.plans.byId(id)
    expect(plan?.jobs).toMatchObject({
      count: 3,
      byState: { failed: 3 },
      oldestAt: expect.any(Date),
      newestAt: null,
      options: { target: ref },
    })
    expect(plan?.queues[0]?.jobs).toBe(3)
    expect(plan?.progressedAt).toBeNull()
  })

  it('is found with its jobs among those that took effect', async () => {
    const { id, ref } = await make.executing([['1', '2']])
    const about = { refs: [ref], incidentId: null }
    const [acting] = await store.now.plans.actingSince(new Date(0), about)
    expect(acting).toMatchObject({ id, jobs: { count: 2 }, queues: [{ jobs: 2 }] })
  })

  it('keeps every id, in order, over as many slices as it takes', async () => {
    const lists = Array.from({ length: 203 }, (_, slice) => [`${slice}:b`, `"{}\\,${slice}`, 'ä'])
    const { id, ref } = await make.planned(lists)
    const page = await store.now.slices.page(id, 200, 10)
    expect(page.map(({ position, ids }) => [position, ids])).toEqual([
      [201, lists[201]],
      [202, lists[202]],
    ])
    const open = await store.now.slices.open(id, ref, 300)
    expect(open.map(({ ids }) => ids)).toEqual(lists)
    expect(open[0]).toMatchObject({ ref, state: 'failed', end: null, isBegun: false })
  })

  it('draws slices evenly from the whole plan, and none of jobs in the vault', async () => {
    const { id, ref } = await make.planned(Array.from({ length: 800 }, (_, at) => [`${at}`]))
    const vaulted = { ref, state: 'failed', ids: ['9'], isInVault: true } as const
    await store.now.slices.add(id, [{ ...vaulted, position: 800 }])
    const places = async (limit: number) =>
      (await store.now.slices.spread(id, limit)).map(({ position }) => position)
    expect(await places(4)).toEqual([0, 200, 400, 600])
    expect(await places(300)).toHaveLength(300)
    expect(await places(1000)).toHaveLength(800)
  })

  it('keeps to which wave of a replay a slice belongs, and where its jobs are', async () => {
    const { id, ref } = await make.planned([['1']])
    const own = { ref, state: 'failed', ids: ['7'] } as const
    await store.now.slices.add(id, [
      { ...own, position: 1, wave: 0 },
      { ...own, position: 2, wave: 3, isInVault: true },
    ])
    const [plain, first, vaulted] = await store.now.slices.open(id, ref, 9)
    expect(plain).not.toHaveProperty('wave')
    expect(plain).not.toHaveProperty('isInVault')
    expect(first?.wave).toBe(0)
    expect(vaulted).toMatchObject({ wave: 3, isInVault: true })
  })

  it('takes its slices along when nobody confirmed it', async () => {
    const { id } = await make.planned([['1']])
    await store.now.plans.move(id, 'lapse', { now: new Date() })
    await store.now.plans.forgetPreviews(new Date(Date.now() + 2 * LEASE_MS))
    expect(await store.now.plans.byId(id)).toBeNull()
    expect(await store.now.slices.page(id, -1, 10)).toEqual([])
  })
})

describe('an attempt', () => {
  it('begins a slice, renews its lease, and ends it once, with progress noted', async () => {
    const plan = await make.executing([['1', '2', '3'], ['4']])
    expect(await begin(plan, 0)).toBe(true)
    expect(await store.now.plans.lease(plan.id, new Date(), LEASE_MS)).toBeNull()
    const how = { ...DONE, skipped: { gone: ['2'] }, renamed: { '3': '77' } }
    const at = new Date('2026-03-01T12:00:00Z')
    expect(await end(plan, 0, how, at)).toBe(true)
    expect(await end(plan, 0)).toBe(false)
    expect(await begin(plan, 0)).toBe(false)
    const [first] = await store.now.slices.page(plan.id, -1, 1)
    expect(first).toMatchObject({ end: how, isBegun: true })
    expect((await store.now.plans.byId(plan.id))?.progressedAt).toEqual(at)
    const open = await store.now.slices.open(plan.id, plan.ref, 9)
    expect(open.map(({ position }) => position)).toEqual([1])
  })

  it('that was overtaken writes nothing', async () => {
    const old = await make.executing([['1'], ['2']])
    await begin(old, 0)
    const plan = { ...old, fence: await make.lease(old.id) }
    expect(await begin(old, 1)).toBe(false)
    expect(await end(old, 0)).toBe(false)
    await store.now.slices.returnAll(old.id, old.fence, old.ref, new Date())
    expect(await store.now.slices.open(plan.id, plan.ref, 9)).toMatchObject([
      { end: null, isBegun: true },
      { end: null, isBegun: false },
    ])
    expect(await end(plan, 0)).toBe(true)
  })

  it('returns what was not begun; what was begun stays in doubt, and can be settled after the end', async () => {
    const plan = await make.executing([['1', '2'], ['3'], ['4']])
    await begin(plan, 0)
    await begin(plan, 1)
    await end(plan, 1)
    await store.now.slices.returnAll(plan.id, plan.fence, plan.ref, new Date())
    const inDoubt = async () =>
      (await store.now.slices.inDoubt(99)).filter(({ planId }) => planId === plan.id)
    expect(await inDoubt()).toEqual([])
    expect(await store.now.slices.refence(plan.id)).toBeNull()
    await finish(plan)
    expect(await inDoubt()).toMatchObject([{ slice: { position: 0, ids: ['1', '2'] } }])

    const fence = await store.now.slices.refence(plan.id)
    expect(fence).toBe(plan.fence + 1)
    expect(await end(plan, 0)).toBe(false)
    expect(await begin({ ...plan, fence: Number(fence) }, 0)).toBe(false)
    const how = { ...DONE, skipped: { changed: ['1'] } }
    expect(await end({ ...plan, fence: Number(fence) }, 0, how)).toBe(true)
    expect(await inDoubt()).toEqual([])
  })
})

describe('the accounts of a plan', () => {
  it('add up at every moment, by reason', async () => {
    const plan = await make.executing([['1', '2', '3'], ['4', '5'], ['6'], ['7']])
    await begin(plan, 0)
    await end(plan, 0, { ...DONE, skipped: { gone: ['1'], child: ['3'] } })
    await begin(plan, 1)
    await end(plan, 1, { ...DONE, skipped: { gone: ['4', '5'] } })
    await begin(plan, 2)
    const before = { planned: 7, done: 1, skipped: 4, reasons: { gone: 3, child: 1 } }
    expect(await store.now.slices.accounts(plan.id, null)).toEqual({
      ...before,
      returned: 0,
      open: 2,
    })
    await store.now.slices.returnAll(plan.id, plan.fence, plan.ref, new Date())
    await end(plan, 2)
    expect(await store.now.slices.accounts(plan.id, plan.ref)).toEqual({
      ...before,
      done: 2,
      returned: 1,
      open: 0,
    })
    const other = { system: 'sales', queue: 'other' }
    expect(await store.now.slices.accounts(plan.id, other)).toMatchObject({ planned: 0, open: 0 })
  })
})
