import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Store } from '../../../src/domain/ports/store.ts'
import { DEFAULT_VAULT } from '../../../src/domain/settings.ts'
import { randomIds } from '../../../src/runtime.ts'
import { createStore } from '../../../src/store/store.ts'
import { showJob } from '../../../src/usecases/jobs/show-job.ts'
import { expireVault, warnOfExpiry } from '../../../src/usecases/vault/expire-vault.ts'
import { listVault } from '../../../src/usecases/vault/list-vault.ts'
import { showVaultSet } from '../../../src/usecases/vault/show-vault-set.ts'
import { aSettings } from '../../helpers/config-of.ts'
import { createHookedQueues } from '../../helpers/hooked-queues.ts'
import { aCopy, DONE, jobPlans, type JobPlan } from '../../helpers/job-plans.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { silentLog } from '../../helpers/silent-log.ts'

const NOW = new Date('2026-03-02T12:00:00Z')
const day = (offset: number): Date => new Date(NOW.getTime() + offset * 86_400_000)
const at = (now: Date) => ({
  store,
  systems: createHookedQueues().systems,
  settings: aSettings(),
  clock: { now: () => now },
  ids: randomIds,
  log: silentLog,
})

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

async function release(rows: readonly number[], plan: JobPlan): Promise<void> {
  await store.now.vault.claim(plan.id, plan.fence, rows)
  const ends = rows.map((row) => ({ id: String(row), skipped: null, newId: `new-${row}` }))
  await store.now.vault.settleReleases(plan.id, ends, NOW)
  await store.now.slices.end(plan.id, plan.fence, 0, DONE, NOW)
}

const lines = async (): Promise<readonly string[]> => {
  const { rows } = await pool.query<{ words: string }>(
    `select content -> 'line' ->> 'words' as words from message
     where content ->> 'kind' = 'line' order by id`,
  )
  return rows.map(({ words }) => words)
}

describe('the vault, as people look at it', () => {
  it('shows sets of a queue that its system knows no more', async () => {
    const { set, plan } = await make.holding(['1', '2'])
    const other = await make.holding(['1'])
    const view = await listVault(at(NOW), { word: plan.ref.queue })
    expect(view).toMatchObject({ ref: plan.ref, totals: { held: 2, sets: 1 } })
    expect(view.sets.map(({ id }) => id)).toEqual([set.id])
    const all = await listVault(at(NOW), { word: null })
    expect(all.totals.held).toBe(3)
    expect(all.sets.map(({ id }) => id).toSorted()).toEqual([set.id, other.set.id].toSorted())
    await expect(listVault(at(NOW), { word: 'emial' })).rejects.toMatchObject({
      code: 'unknown_queue',
    })
  })

  it('tells of a set what it holds by shape of error, and what left it by whose hand', async () => {
    const plan = await make.executing([['1', '2', '3', '4']])
    const set = await make.setOf(plan)
    const { facts } = aCopy('1')
    const failing = (id: string, error: string | null) =>
      aCopy(id, { facts: { ...facts, id, error } })
    const copies = [
      failing('1', 'connect ETIMEDOUT 10.0.0.1:443'),
      failing('2', 'connect ETIMEDOUT 10.0.0.2:443'),
      failing('3', null),
      failing('4', 'refused for ana@example.com'),
    ]
    const ids = copies.map((copy) => copy.facts.id)
    await store.now.vault.copyIn(set.id, plan.fence, copies, { forgets: false })
    await store.now.vault.settleCopies(set.id, ids, ids)
    const rows = await store.now.vault.rowsOf(set.id, ['4'])
    const releasing = await make.executing([['x']])
    await release(
      rows.map(({ id }) => id),
      releasing,
    )
    const view = await showVaultSet(at(NOW), { number: set.number })
    expect(view.set.counts).toMatchObject({ held: 3, released: 1 })
    expect(view.shares.map(({ shape, count }) => [shape, count])).toEqual([
      ['connect ETIMEDOUT {host}', 2],
      [null, 1],
    ])
    expect(view.sample.map(({ id, state }) => [id, state])).toEqual([
      ['1', 'failed'],
      ['2', 'failed'],
      ['3', 'failed'],
    ])
    expect(view.exits).toMatchObject([{ state: 'released', count: 1, lastAt: NOW }])
    expect(JSON.stringify([view.shares, view.sample])).not.toMatch(/10\.0\.0|ana@/)
    await expect(showVaultSet(at(NOW), { number: 999_999 })).rejects.toMatchObject({
      code: 'bad_input',
    })
  })

  it('knows a job that left its queue, and the id it has now', async () => {
    const { plan, set, rows } = await make.holding(['17', '18'])
    await release(rows.slice(0, 1), await make.executing([['x']]))
    const reader = { clusters: never, lines: never, job: async () => null }
    const deps = at(NOW)
    const system = { ...deps.systems.get('sales'), jobReader: reader }
    const systems = { all: () => [system], get: () => system }
    const stayOf = async (id: string) =>
      (await showJob({ ...deps, systems }, { ref: plan.ref, id })).stays
    expect(await stayOf('17')).toMatchObject([
      { set: set.number, state: 'released', newId: `new-${rows[0]}` },
    ])
    expect(await stayOf('18')).toMatchObject([
      { set: set.number, state: 'held', from: 'failed', newId: null },
    ])
    expect(await stayOf('19')).toEqual([])
  })

  it('counts what each system takes up', async () => {
    const [sales] = await store.now.vaultReads.bySystem()
    const { held, sizeBytes } = await store.now.vault.totals()
    expect(sales).toMatchObject({ system: 'sales', held, sizeBytes })
    expect(sales?.oldestAt).toEqual(new Date('2026-03-01T12:00:00Z'))
  })

  it('counts what came and what went, and falls in neither', async () => {
    const count = async () => {
      const [sales] = await store.now.vaultReads.bySystem()
      return { entered: sales?.entered ?? 0, ...sales?.left }
    }
    const before = await count()
    const { rows } = await make.holding(['1', '2', '3'])
    expect((await count()).entered).toBe(before.entered + 3)
    await release(rows.slice(0, 1), await make.executing([['1']]))
    const plan = await make.executing([['2']])
    await store.now.vault.discard(plan.id, plan.fence, rows.slice(1, 2), NOW)
    expect(await count()).toMatchObject({
      entered: before.entered + 3,
      released: (before.released ?? 0) + 1,
      discarded: (before.discarded ?? 0) + 1,
    })
  })
})

describe('what is in the vault', () => {
  it('is warned of once, in time, and expires with an entry in the trail', async () => {
    const keptUntil = day(DEFAULT_VAULT.warnMs / 86_400_000)
    const { set } = await make.holding(['1', '2'], { keptUntil })
    await warnOfExpiry(at(day(-1)))
    expect(await lines()).toEqual([])
    await warnOfExpiry(at(day(1)))
    await warnOfExpiry(at(day(2)))
    const warned = await lines()
    expect(warned).toHaveLength(1)
    expect(warned[0]).toMatch(
      new RegExp(`^Vault v${set.number} holds 2 jobs of .* until Mon 12:00, in 6 d`),
    )

    await expireVault(at(keptUntil))
    await expireVault(at(day(30)))
    expect((await store.now.vault.set(set.id))?.counts).toMatchObject({ held: 0, expired: 2 })
    expect((await lines())[1]).toContain('the payloads of 2 jobs are deleted')
    const { rows } = await pool.query<{ about: object }>(
      `select about from audit_entry where about ->> 'kind' = 'vault_expired'`,
    )
    expect(rows).toMatchObject([{ about: { action: 'expire', subject: `vault v${set.number}` } }])
  })
})

it('is not warned of with a command that would run completed jobs again', async () => {
  const keptUntil = day(DEFAULT_VAULT.warnMs / 86_400_000 + 60)
  const failed = await make.holding(['1'], { keptUntil })
  const plan = await make.executing([['2']], 'completed')
  const completed = await make.setOf(plan, { keptUntil })
  const copy = aCopy('2', { facts: { ...aCopy('2').facts, state: 'completed', error: null } })
  await store.now.vault.copyIn(completed.id, plan.fence, [copy], { forgets: false })
  await store.now.vault.settleCopies(completed.id, ['2'], ['2'])
  await warnOfExpiry(at(day(61)))
  const warned = async (number: number) =>
    (await lines()).filter((line) => line.includes(`release v${number}`)).join()
  expect(await warned(failed.set.number)).toMatch(/release v\d+` puts them back in line\.$/)
  expect(await warned(completed.number)).toMatch(
    /release v\d+ as-it-was` puts them back where they were\.$/,
  )
})

const never = (): Promise<never> => Promise.reject(new Error('nobody asks'))
