import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { migrate } from '../../../src/store/migrate.ts'
import { connectionConfig, openPool } from '../../../src/store/pool.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { silentLog } from '../../helpers/silent-log.ts'

const shipped = join(import.meta.dirname, '../../../src/store/migrations')

describe('migrations', () => {
  let database: TestDatabase
  let folder: string

  beforeAll(async () => {
    database = await freshDatabase({ isMigrated: false })
    folder = await mkdtemp(join(tmpdir(), 'spillway-migrations-'))
    await cp(shipped, folder, { recursive: true })
    await writeFile(join(folder, '900_first.sql'), 'create table first (id int);')
  })
  afterAll(async () => {
    await database.drop()
    await rm(folder, { recursive: true })
  })

  const run = (): Promise<readonly string[]> => migrate(database.owner, { log: silentLog, folder })

  it('applies each file once, whoever of four replicas comes first', async () => {
    const applied = await Promise.all([run(), run(), run(), run()])
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1)
    expect(applied.flat()).toContain('900_first.sql')
    expect(await run()).toEqual([])
  })

  it('leaves nothing of a file that fails, and applies it when it is repaired', async () => {
    const broken = join(folder, '901_second.sql')
    await writeFile(broken, 'create table second (id int); select 1 / 0;')
    await expect(run()).rejects.toThrow('division by zero')
    await writeFile(broken, 'create table second (id int);')
    expect(await run()).toEqual(['901_second.sql'])
  })

  it('refuses a file that was edited after it was applied, and names it', async () => {
    await writeFile(join(folder, '900_first.sql'), 'create table first (id bigint);')
    await expect(run()).rejects.toThrow(/900_first\.sql was edited/)
    await writeFile(join(folder, '900_first.sql'), 'create table first (id int);')
    expect(await run()).toEqual([])
  })

  it('refuses a database that a newer version has migrated', async () => {
    await expect(migrate(database.owner, { log: silentLog })).rejects.toThrow(
      /newer than this Spillway: it has 901_second\.sql/,
    )
  })
})

describe('the application role', () => {
  let database: TestDatabase
  let pool: pg.Pool

  beforeAll(async () => {
    database = await freshDatabase()
    pool = database.openAppPool()
    await pool.query(`select audit_append(1, 'test', '{}')`)
  })
  afterAll(() => database.drop())

  it.each([
    ['change', `update audit_entry set text = 'x'`],
    ['delete', 'delete from audit_entry'],
    ['empty', 'truncate audit_entry'],
    ['drop', 'drop table audit_entry'],
    ['disarm', 'alter table audit_entry disable trigger all'],
  ])('may not %s the audit trail', async (_word, statement) => {
    await expect(pool.query(statement)).rejects.toMatchObject({ code: '42501' })
  })

  it.each([
    ['change', `update audit_entry set text = 'x'`],
    ['delete', 'delete from audit_entry'],
    ['empty', 'truncate audit_entry'],
  ])('is not alone: the owner may not %s the audit trail, either', async (_word, statement) => {
    const client = new pg.Client(connectionConfig(database.owner))
    await client.connect()
    try {
      await expect(client.query(statement)).rejects.toThrow(/append-only/)
    } finally {
      await client.end()
    }
  })

  it('loses what was granted beyond its needs at the next start', async () => {
    const owner = openPool(database.owner, { log: silentLog })
    try {
      await owner.query('grant delete, truncate on audit_entry to spillway_app')
      await migrate(database.owner, { log: silentLog })
      const { rows } = await owner.query(
        `select has_table_privilege('spillway_app', 'audit_entry', 'delete, truncate') as "may"`,
      )
      expect(rows).toEqual([{ may: false }])
    } finally {
      await owner.end()
    }
  })

  it('may read and write rows, and add, see and run work', async () => {
    await pool.query(`insert into timer_claim (key, at) values ('a', now())`)
    await pool.query(`delete from timer_claim`)
    await pool.query(`select graphile_worker.add_job('some_task', '{}')`)
    const { rowCount } = await pool.query('select from graphile_worker.jobs')
    expect(rowCount).toBe(1)
  })

  it('belongs to an owner who needs to create roles, and nothing more of the server', async () => {
    const { rows } = await pool.query(
      `select rolsuper, rolcreatedb, rolbypassrls, rolreplication, rolcreaterole
       from pg_roles where rolname = 'spillway'`,
    )
    expect(rows).toEqual([
      {
        rolsuper: false,
        rolcreatedb: false,
        rolbypassrls: false,
        rolreplication: false,
        rolcreaterole: true,
      },
    ])
  })
})
