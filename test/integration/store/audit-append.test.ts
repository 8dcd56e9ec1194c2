import { afterAll, beforeAll, expect, it } from 'vitest'

import { type AuditEntry, findChainFault } from '../../../src/domain/audit.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await freshDatabase()
})
afterAll(() => database.drop())

it('keeps one unbroken chain under 1,000 appends over eight connections', async () => {
  const pool = database.openAppPool({ max: 8 })
  const append = (n: number): Promise<unknown> =>
    pool.query('select audit_append(1, $1, $2)', ['test', JSON.stringify({ n, words: 'ä – ✓' })])
  await Promise.all(Array.from({ length: 1000 }, (_, n) => append(n)))
  const { rows } = await pool.query<Omit<AuditEntry, 'seq'> & { seq: string }>(
    `select seq, version, instance, text, previous_hash as "previousHash", hash
     from audit_entry order by audit_entry.seq`,
  )
  const entries = rows.map((row) => ({ ...row, seq: Number(row.seq) }))
  expect(entries).toHaveLength(1000)
  expect(findChainFault(entries)).toBeNull()
  expect(new Set(entries.map((entry) => entry.text)).size).toBe(1000)
})

it('gives up after two seconds behind a transaction that does not end, and writes nothing', async () => {
  const pool = database.openAppPool()
  const before = (await pool.query('select from audit_entry')).rowCount
  const slow = await pool.connect()
  await slow.query('begin')
  await slow.query(`select audit_append(1, 'test', '"held"')`)
  await expect(pool.query(`select audit_append(1, 'test', '"late"')`)).rejects.toMatchObject({
    code: '55P03',
  })
  await slow.query('rollback')
  slow.release()
  expect((await pool.query('select from audit_entry')).rowCount).toBe(before)
})

it('lets the application add entries by the one function only', async () => {
  const pool = database.openAppPool({ max: 1 })
  const own = `insert into audit_entry (seq, version, instance, text, previous_hash, hash)
    values (9223372036854775807, 1, 'test', '{}', 'a', 'b')`
  for (const statement of [own, `update audit_entry set text = ''`, 'delete from audit_entry'])
    await expect(pool.query(statement)).rejects.toThrow('permission denied')
})
