import { afterAll, beforeAll, expect, it } from 'vitest'

import { createStore } from '../../../src/store/store.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

it('brings a kept job forward, but never puts it off; a sweep leaves its time alone', async () => {
  const pool = database.openAppPool()
  const { work } = createStore(pool, 'test').now
  const enqueue = (options: { readonly afterMs?: number; readonly isKept?: boolean }) =>
    work.enqueue('deliver_messages', { channel: 'ops' }, { key: 'ops', ...options })
  const waitsMs = async (): Promise<number> => {
    const { rows } = await pool.query<{ ms: string }>(
      'select extract(epoch from run_at - now()) * 1000 as ms from graphile_worker.jobs',
    )
    return Number(rows[0]?.ms)
  }
  await enqueue({ afterMs: 60_000 })
  await enqueue({ isKept: true })
  expect(await waitsMs()).toBeGreaterThan(30_000)
  await enqueue({ afterMs: 90_000, isKept: true })
  expect(await waitsMs()).toBeLessThan(61_000)
  await enqueue({ afterMs: 3000, isKept: true })
  expect(await waitsMs()).toBeLessThan(3001)
})
