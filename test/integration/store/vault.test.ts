import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Store } from '../../../src/domain/ports/store.ts'
import type { VaultJobState } from '../../../src/domain/vault.ts'
import { createStore } from '../../../src/store/store.ts'
import { aCopy, jobPlans } from '../../helpers/job-plans.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'

const KEEPS = { forgets: false }
const NOW = new Date('2026-03-02T12:00:00Z')

let database: TestDatabase
let pool: Pool
let store: Store
let make: ReturnType<typeof jobPlans>
beforeAll(async () => {
  database = await freshDatabase()
  pool = database.openAppPool()
  store = createStore(pool, 'test')
  make = jobPlans(store)
})
afterAll(() => database.drop())

const countsOf = async (setId: string): Promise<Partial<Record<VaultJobState, number>>> => {
  const counts = Object.entries((await store.now.vault.set(setId))?.counts ?? {})
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}
const heldOf = (setId: string, after = 0, limit = 10_000) =>
  store.now.vault.held(setId, { after, limit, withContent: true })
const contentsLeft = async (setId: string): Promise<number> => {
  const { rows } = await pool.query<{ count: string }>(
    'select count(*) from vault_content join vault_job on id = vault_job_id where set_id = $1',
    [setId],
  )
  return Number(rows[0]?.count)
}

describe('a set', () => {
  it('is made once per plan and queue, and uses up one number', async () => {
    const plan = await make.executing([['1']])
    const set = await make.setOf(plan)
    expect(await make.setOf(plan)).toEqual(set)
    const next = await make.setOf(await make.executing([['1']]))
    expect(next.number).toBe(set.number + 1)
    expect(await store.now.vault.setByNumber(set.number)).toEqual(set)
    expect(await store.now.vault.setsOfPlan(plan.id)).toEqual([set])
    expect(set).toMatchObject({ planId: plan.id, ref: plan.ref, tier: 'low', sizeBytes: 0 })
  })

  it('is listed newest first while it holds something', async () => {
    const { set, plan } = await make.holding(['1'])
    const query = { ref: plan.ref, isHolding: true, limit: 5 }
    expect((await store.now.vault.sets(query)).map(({ id }) => id)).toEqual([set.id])
    const empty = await make.executing([['1']])
    const other = await make.setOf(empty, { madeAt: new Date('2027-01-01') })
    expect(await store.now.vault.sets({ ...query, ref: empty.ref })).toEqual([])
    const all = await store.now.vault.sets({ ref: null, isHolding: false, limit: 1 })
    expect(all.map(({ id }) => id)).toEqual([other.id])
  })
})

describe('copies', () => {
  it('come back byte for byte, whatever is in them', async () => {
    const plan = await make.executing([['1']])
    const set = await make.setOf(plan)
    const texts = ['"\\{},\'\n\t', 'NULL', 'ä – ✓ 🚀', ' ', '\u0001', 'x'.repeat(300_000)]
    const copies = texts.map((content, index) => aCopy(`id "${index}",\\`, { content }))
    await store.now.vault.copyIn(set.id, plan.fence, copies, KEEPS)
    const ids = copies.map(({ facts }) => facts.id)
    await store.now.vault.settleCopies(set.id, ids, ids)
    const held = await heldOf(set.id)
    expect(held.map(({ content }) => content)).toEqual(texts)
    expect(held.map(({ job }) => job.jobId)).toEqual(ids)
    const { data: _data, stack: _stack, ...facts } = aCopy(ids[0] ?? '').facts
    expect(held[0]?.job).toMatchObject({ facts, from: 'failed', digest: copies[0]?.digest })
  })

  it('keep odd facts of broken jobs without failing', async () => {
    const plan = await make.executing([['1']])
    const set = await make.setOf(plan)
    const { facts } = aCopy('1')
    const odd = { addedAt: new Date(Number.NaN), endedAt: null, priority: 1e15, error: 'a\0b' }
    const copy = aCopy('1', { facts: { ...facts, ...odd, attempts: 1.5 } })
    await store.now.vault.copyIn(set.id, plan.fence, [copy], KEEPS)
    await store.now.vault.settleCopies(set.id, ['1'], ['1'])
    expect((await heldOf(set.id))[0]?.job.facts).toMatchObject({
      addedAt: null,
      endedAt: null,
      priority: 1e15,
      attempts: 1.5,
      error: 'a\uFFFDb',
    })
  })

  it('of many megabytes are stored whole', async () => {
    const plan = await make.executing([['1']])
    const set = await make.setOf(plan)
    const large = Array.from({ length: 5 }, (_, index) =>
      aCopy(`${index}`, { content: `${index}`.repeat(3_000_000) }),
    )
    expect(await store.now.vault.copyIn(set.id, plan.fence, large, KEEPS)).toBe(true)
    const ids = large.map(({ facts }) => facts.id)
    await store.now.vault.settleCopies(set.id, ids, ids)
    const held = await heldOf(set.id)
    expect(held.map(({ content }) => content?.length)).toEqual(ids.map(() => 3_000_000))
    expect((await store.now.vault.set(set.id))?.sizeBytes).toBe(15_000_000)
  })

  it('are replaced by newer ones while they are copies, and named once', async () => {
    const plan = await make.executing([['1']])
    const set = await make.setOf(plan)
    const old = aCopy('1', { content: 'old' })
    await store.now.vault.copyIn(set.id, plan.fence, [old, aCopy('2')], KEEPS)
    const fresh = aCopy('1', { content: 'fresh' })
    await store.now.vault.copyIn(set.id, plan.fence, [fresh, fresh], KEEPS)
    expect(await store.now.vault.copied(set.id, ['1', '2', '3'])).toHaveLength(2)
    await store.now.vault.settleCopies(set.id, ['1', '2'], ['1', '2'])
    const held = await heldOf(set.id)
    expect(held.find(({ job }) => job.jobId === '1')?.content).toBe('fresh')
    expect(await contentsLeft(set.id)).toBe(2)
  })

  it('never replace what is held: whoever tries is told before anything is taken', async () => {
    const { plan, set } = await make.holding(['1'])
    const second = aCopy('1', { content: 'another job of this id' })
    await expect(store.now.vault.copyIn(set.id, plan.fence, [second], KEEPS)).rejects.toMatchObject(
      { code: '23505' },
    )
    expect((await heldOf(set.id))[0]?.content).toBe(aCopy('1').content)
  })

  it('are not taken from an attempt that was overtaken, or after the end', async () => {
    const plan = await make.executing([['1']])
    const set = await make.setOf(plan)
    const copyIn = (fence: number) => store.now.vault.copyIn(set.id, fence, [aCopy('1')], KEEPS)
    const fence = await make.lease(plan.id)
    expect(await copyIn(plan.fence)).toBe(false)
    expect(await countsOf(set.id)).toEqual({})
    expect(await copyIn(fence)).toBe(true)
    await store.now.plans.finish(plan.id, fence, 'failed', { words: 'no' }, NOW)
    expect(await copyIn(fence)).toBe(false)
  })

  it('are held where the job was taken, and dropped where the queue still has it', async () => {
    const plan = await make.executing([['1']])
    const set = await make.setOf(plan)
    const ids = ['1', '2', '3', '4']
    await store.now.vault.copyIn(
      set.id,
      plan.fence,
      ids.map((id) => aCopy(id)),
      KEEPS,
    )
    await store.now.vault.settleCopies(set.id, ['1', '2', '3'], ['2'])
    expect(await countsOf(set.id)).toEqual({ held: 1, copied: 1 })
    expect(await contentsLeft(set.id)).toBe(2)
    // Said twice, as after a crash between the commit and its answer.
    await store.now.vault.settleCopies(set.id, ['1', '2', '3'], ['2'])
    expect(await countsOf(set.id)).toEqual({ held: 1, copied: 1 })
  })

  it('that are to be forgotten leave what they were and no content', async () => {
    const plan = await make.executing([['1']])
    const set = await make.setOf(plan)
    await store.now.vault.copyIn(set.id, plan.fence, [aCopy('1')], { forgets: true })
    await store.now.vault.settleCopies(set.id, ['1'], ['1'])
    expect(await countsOf(set.id)).toEqual({ forgotten: 1 })
    expect(await contentsLeft(set.id)).toBe(0)
    const [row] = await store.now.vault.rowsOf(set.id, ['1'])
    expect(row).toMatchObject({ state: 'forgotten', payloadHash: aCopy('1').payloadHash })
  })
})

describe('jobs of the vault', () => {
  it('are paged in the order in which they were taken', async () => {
    const { set } = await make.holding(['b', 'a', 'c'])
    const first = await heldOf(set.id, 0, 2)
    expect(first.map(({ job }) => job.jobId)).toEqual(['b', 'a'])
    const rest = await heldOf(set.id, first[1]?.job.id)
    expect(rest.map(({ job }) => job.jobId)).toEqual(['c'])
  })

  it('are claimed by one plan, again and again, in the order that it asks for', async () => {
    const { set, rows, plan: source } = await make.holding(['1', '2', '3'])
    const [one = 0, two = 0, three = 0] = rows
    const release = await make.executing([['x']])
    const rival = await make.executing([['x']])
    const claim = ({ id, fence }: typeof release, ids: readonly number[]) =>
      store.now.vault.claim(id, fence, ids)
    const claimed = await claim(release, [three, one])
    expect(claimed).toEqual(
      ['3', '1'].map((id) => ({
        key: String(id === '3' ? three : one),
        id,
        content: aCopy(id).content,
        ref: source.ref,
        from: 'failed',
      })),
    )
    expect((await claim(rival, rows))?.map(({ id }) => id)).toEqual(['2'])
    expect(await claim(release, [three, one, two])).toEqual(claimed)
    const fence = await make.lease(release.id)
    expect(await claim(release, [three])).toBeNull()
    expect(await claim({ ...release, fence }, [three])).toHaveLength(1)
    expect(await countsOf(set.id)).toEqual({ releasing: 3 })
  })

  it('are released where they were put, and held again where they were not', async () => {
    const { set, rows } = await make.holding(['1', '2', '3'])
    const release = await make.executing([['x']])
    await store.now.vault.claim(release.id, release.fence, rows)
    const [one, two, three] = rows.map(String)
    const ends = [
      { id: one ?? '', skipped: null },
      { id: two ?? '', skipped: null, newId: '900' },
      { id: three ?? '', skipped: 'id_taken' as const },
    ]
    const rival = await make.executing([['x']])
    await store.now.vault.settleReleases(rival.id, ends, NOW)
    expect(await countsOf(set.id)).toEqual({ releasing: 3 })
    await store.now.vault.settleReleases(release.id, ends, NOW)
    await store.now.vault.settleReleases(release.id, ends, NOW)
    expect(await countsOf(set.id)).toEqual({ released: 2, held: 1 })
    const found = await store.now.vault.rowsOf(set.id, ['1', '2', '3'])
    expect(found.map(({ state, newId }) => [state, newId])).toEqual([
      ['released', null],
      ['released', '900'],
      ['held', null],
    ])
    expect(await store.now.vault.claim(rival.id, rival.fence, rows)).toHaveLength(1)
  })

  it('are discarded without their content, and said to be so again', async () => {
    const { set, rows } = await make.holding(['1', '2', '3'])
    const { id, fence } = await make.executing([['x']])
    const discard = (by: number) => store.now.vault.discard(id, by, rows.slice(0, 2), NOW)
    expect(await discard(fence)).toEqual(rows.slice(0, 2))
    expect(await discard(fence)).toEqual(rows.slice(0, 2))
    expect(await countsOf(set.id)).toEqual({ discarded: 2, held: 1 })
    expect(await contentsLeft(set.id)).toBe(1)
    const newer = await make.lease(id)
    expect(await discard(fence)).toBeNull()
    expect(await discard(newer)).toHaveLength(2)
    const [row] = await store.now.vault.rowsOf(set.id, ['1'])
    expect(row).toMatchObject({ payloadHash: aCopy('1').payloadHash, facts: { type: 'send' } })
  })
})

describe('retention', () => {
  const day = (offset: number): Date => new Date(NOW.getTime() + offset * 86_400_000)

  it('warns once of sets that end soon and hold something', async () => {
    const soon = await make.holding(['1'], { keptUntil: day(3) })
    await make.holding(['1'], { keptUntil: day(30) })
    await make.setOf(await make.executing([['1']]), { keptUntil: day(3) })
    const warned = await store.now.vault.warn(day(7), NOW)
    expect(warned.map(({ id }) => id)).toEqual([soon.set.id])
    expect(await store.now.vault.warn(day(7), NOW)).toEqual([])
  })

  it('deletes contents when their time is over, but not of jobs that are under way', async () => {
    const ids = ['1', '2', '3', '4']
    const { set, rows } = await make.holding(ids, { keptUntil: day(-1) })
    const kept = await make.holding(ids)
    const release = await make.executing([['x']])
    await store.now.vault.claim(release.id, release.fence, rows.slice(0, 2))
    const [first, second] = rows.map((id) => ({ id: String(id), skipped: null }))
    await store.now.vault.settleReleases(release.id, first === undefined ? [] : [first], NOW)

    expect(await store.now.vault.expire(NOW, 10)).toMatchObject([
      { id: set.id, counts: { held: 0, expired: 2, releasing: 1, released: 1 } },
    ])
    expect(await contentsLeft(set.id)).toBe(1)
    expect(await store.now.vault.expire(NOW, 10)).toEqual([])
    await store.now.vault.settleReleases(release.id, second === undefined ? [] : [second], NOW)
    expect(await store.now.vault.expire(NOW, 10)).toMatchObject([{ id: set.id, sizeBytes: 0 }])
    expect(await contentsLeft(set.id)).toBe(0)
    expect(await store.now.vault.expire(NOW, 10)).toEqual([])
    expect(await contentsLeft(kept.set.id)).toBe(4)
  })
})

it('totals what all sets have, with the oldest job', async () => {
  const before = await store.now.vault.totals()
  const { set } = await make.holding(['1', '2'])
  const plan = await make.executing([['1']])
  const { facts } = aCopy('old')
  const old = aCopy('old', { facts: { ...facts, endedAt: null, addedAt: new Date('2001-01-01') } })
  const other = await make.setOf(plan)
  await store.now.vault.copyIn(other.id, plan.fence, [old], KEEPS)
  await store.now.vault.settleCopies(other.id, ['old'], ['old'])
  expect(await store.now.vault.totals()).toEqual({
    held: before.held + 3,
    sizeBytes:
      before.sizeBytes + old.sizeBytes + ((await store.now.vault.set(set.id))?.sizeBytes ?? 0),
    sets: before.sets + 2,
    oldestAt: new Date('2001-01-01'),
  })
})
