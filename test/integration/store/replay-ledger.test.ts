import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Store } from '../../../src/domain/ports/store.ts'
import { createStore } from '../../../src/store/store.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { BEGAN, minutesOn, seenJob, storedReplays } from '../../helpers/stored-replays.ts'

let database: TestDatabase
let store: Store
let stage: ReturnType<typeof storedReplays>
beforeAll(async () => {
  database = await freshDatabase()
  store = createStore(database.openAppPool(), 'test')
  stage = storedReplays(store)
})
afterAll(() => database.drop())

describe('the ledger', () => {
  it('counts jobs by what became of them, each once, however often it is told', async () => {
    const plan = await stage.replaying([12])
    const { replays } = store.now
    await stage.put(plan, ['1', '2', '3'], { stratum: 0 })
    await stage.put(plan, ['4', '5', '6', '7', '8'], { stratum: 1, skipped: 2 })
    const known = { shape: 'Error: {n}', isKnown: true }
    const told = [
      seenJob('1', 'completed'),
      seenJob('2', 'failed', known),
      seenJob('4', 'failed', { shape: 'TypeError', isKnown: false }),
      seenJob('5', 'unseen'),
      seenJob('6', 'returned'),
      seenJob('stranger', 'completed'),
    ]
    expect(await replays.note(plan.id, told)).toBe(5)
    // An end stays; what was not seen to end may have ended, and one message may tell both.
    await replays.note(plan.id, [
      seenJob('1', 'failed', known),
      seenJob('5', 'unseen'),
      seenJob('7', 'unseen'),
    ])
    await replays.note(plan.id, [
      seenJob('5', 'unseen'),
      seenJob('5', 'completed'),
      seenJob('5', 'failed'),
    ])
    expect((await stage.read(plan)).waves[0]?.counts).toEqual({
      fed: 8,
      skipped: 2,
      open: 2,
      completed: 2,
      known: 1,
      fresh: 1,
      unseen: 1,
      returned: 1,
      strata: { 0: { completed: 1, failed: 1 }, 1: { completed: 1, failed: 1 } },
    })
  })

  it('takes an error that nobody recognised for a new one', async () => {
    const plan = await stage.replaying()
    await stage.put(plan, ['1'])
    await store.now.replays.note(plan.id, [seenJob('1', 'failed')])
    expect((await stage.read(plan)).waves[0]?.counts).toMatchObject({ known: 0, fresh: 1 })
    const failures = [{ shape: '', isKnown: false, jobs: 1 }]
    expect(await store.now.replays.failures(plan.id, null, 9)).toEqual(failures)
  })

  it('tells its own jobs from others', async () => {
    const [plan, other] = [await stage.replaying(), await stage.replaying()]
    await stage.put(plan, ['1', 'ä"{}\\,'])
    await stage.put(other, ['2'])
    const ids = ['1', '2', 'ä"{}\\,', '3']
    expect(await store.now.replays.ofReplay(plan.id, ids)).toEqual(new Set(['1', 'ä"{}\\,']))
    expect(await store.now.replays.note(plan.id, [seenJob('2', 'completed')])).toBe(0)
    expect((await stage.read(other)).waves[0]?.counts.completed).toBe(0)
  })

  it('gives jobs in the order in which they were put in line, page by page', async () => {
    const plan = await stage.replaying()
    const { replays } = store.now
    const all = ['9', '3', '7', 'z', '1', 'a']
    await stage.put(plan, all.slice(0, 4), { stratum: 2 })
    await stage.promote(plan, 0)
    await stage.put(plan, all.slice(4), { wave: 1 })
    const error = { shape: 'Error: {n}', isKnown: true, at: minutesOn(4) }
    await replays.note(plan.id, [seenJob('3', 'failed', error), seenJob('z', 'failed', error)])
    await replays.note(plan.id, [seenJob('1', 'failed', error), seenJob('9', 'completed')])
    const ids = async (query: Partial<Parameters<typeof replays.jobs>[1]>) =>
      (await replays.jobs(plan.id, { limit: 99, ...query })).map(({ id }) => id)
    expect(await ids({})).toEqual(all)
    expect(await ids({ limit: 2 })).toEqual(['9', '3'])
    expect(await ids({ limit: 2, after: '3' })).toEqual(['7', 'z'])
    expect(await ids({ outcome: 'failed', after: '3' })).toEqual(['z', '1'])
    expect(await ids({ outcome: 'open' })).toEqual(['7', 'a'])
    expect(await ids({ wave: 1 })).toEqual(['1', 'a'])
    expect(await ids({ wave: 0, outcome: 'failed', limit: 1 })).toEqual(['3'])
    expect(await replays.jobs(plan.id, { limit: 1, after: '9' })).toEqual([
      {
        id: '3',
        key: 'row 3',
        wave: 0,
        stratum: 2,
        outcome: 'failed',
        shape: 'Error: {n}',
        isKnown: true,
        putAt: BEGAN,
        endedAt: minutesOn(4),
      },
    ])
  })

  it('groups what failed by its error, of one wave or of all', async () => {
    const plan = await stage.replaying()
    const { replays } = store.now
    await stage.put(plan, ['1', '2', '3'])
    await stage.promote(plan, 0)
    await stage.put(plan, ['4', '5'], { wave: 1 })
    const old = { shape: 'Error: old', isKnown: true }
    const fresh = { shape: 'Error: new', isKnown: false }
    await replays.note(plan.id, [seenJob('1', 'failed', fresh), seenJob('2', 'completed')])
    await replays.note(plan.id, [seenJob('4', 'failed', old), seenJob('5', 'failed', old)])
    const [two, one] = [
      { ...old, jobs: 2 },
      { ...fresh, jobs: 1 },
    ]
    expect(await replays.failures(plan.id, null, 9)).toEqual([two, one])
    expect(await replays.failures(plan.id, null, 1)).toEqual([two])
    expect(await replays.failures(plan.id, 0, 9)).toEqual([one])
  })

  it('follows the first of two that have one id, and counts the other as skipped', async () => {
    const plan = await stage.replaying()
    await stage.put(plan, ['1'])
    await stage.put(plan, ['1', '2'], { skipped: 1 })
    expect((await stage.read(plan)).waves[0]?.counts).toMatchObject({ fed: 2, skipped: 2 })
  })

  it('has jobs of whatever id, however long', async () => {
    const plan = await stage.replaying()
    const { replays } = store.now
    // Nothing in it repeats, or it would be packed.
    const long = Array.from({ length: 8000 }, (_, n) => String.fromCharCode(0x4e00 + n)).join('')
    await stage.put(plan, [`${long}1`, `${long}2`])
    await replays.note(plan.id, [seenJob(`${long}2`, 'completed')])
    expect(await replays.ofReplay(plan.id, [long, `${long}2`])).toEqual(new Set([`${long}2`]))
    const open = await replays.jobs(plan.id, { outcome: 'open', limit: 9 })
    expect(open.map(({ id }) => id)).toEqual([`${long}1`])
  })

  it('gives jobs from anywhere along those that are asked for', async () => {
    const plan = await stage.replaying([8])
    const { replays } = store.now
    const all = Array.from({ length: 8 }, (_, n) => `${n}`)
    await stage.put(plan, all)
    await replays.note(plan.id, [seenJob('0', 'completed')])
    const ids = async (along: number) =>
      (await replays.jobs(plan.id, { outcome: 'open', limit: 2, along })).map(({ id }) => id)
    expect(await ids(0)).toEqual(['1', '2'])
    expect(await ids(0.5)).toEqual(['4', '5'])
    expect(await ids(0.99)).toEqual(['7'])
  })

  it('calls unseen what is open when nobody looks any more, until it turns out how it ended', async () => {
    const plan = await stage.replaying()
    const { replays } = store.now
    await stage.put(plan, ['1', '2', '3'])
    await replays.note(plan.id, [seenJob('1', 'completed')])
    await replays.endOpen(plan.id, minutesOn(9))
    await replays.note(plan.id, [seenJob('2', 'returned')])
    const counted = { open: 0, completed: 1, unseen: 1, returned: 1 }
    expect((await stage.read(plan)).waves[0]?.counts).toMatchObject(counted)
  })
})
