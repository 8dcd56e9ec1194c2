import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { Logger, runMigrations } from 'graphile-worker'
import pg from 'pg'

import { OperatorError } from '../domain/errors.ts'
import type { Log } from '../domain/ports/runtime.ts'
import { grantAppRole } from './app-role.ts'
import {
  connectionConfig,
  type DatabaseAddress,
  reachingDatabase,
  SCHEMA,
  tolerant,
} from './pool.ts'

const FOLDER = join(import.meta.dirname, 'migrations')
const FILE_NAME = /^(\d{3})_[a-z0-9_]+\.sql$/

interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

interface Applied {
  readonly version: number
  readonly name: string
  readonly checksum: string
}

/**
 * Brings the database to this version: our tables, the work engine's, and the application role. Safe to
 * run from several processes at once, and when nothing is to be done. Needs a login that may create
 * schemas in the database and roles. Resolves to the names of the files applied; throws `OperatorError`
 * when a file was edited after it was applied, or when the database is newer than this code.
 */
export async function migrate(
  owner: DatabaseAddress,
  { log, folder = FOLDER }: { readonly log: Log; readonly folder?: string },
): Promise<readonly string[]> {
  const migrations = await readMigrations(folder)
  return reachingDatabase(() => migrateWith(owner, migrations, log))
}

async function migrateWith(
  owner: DatabaseAddress,
  migrations: readonly Migration[],
  log: Log,
): Promise<readonly string[]> {
  const client = new pg.Client(connectionConfig(owner))
  client.on('error', (error) => log.warn({ err: error }, 'migration connection lost'))
  await client.connect()
  try {
    // Held until the connection ends, so that it is freed even if this process is killed.
    await client.query(`select pg_advisory_lock(hashtextextended('spillway.migrate', 0))`)
    const applied = await applyPending(client, migrations)
    await migrateWorkEngine(owner, log)
    await inTransaction(client, () => grantAppRole(client))
    if (applied.length > 0) log.info({ applied }, 'database migrated')
    return applied
  } finally {
    await client.end()
  }
}

async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => FILE_NAME.test(name)).toSorted()
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), 'utf8')
      const checksum = createHash('sha256').update(sql, 'utf8').digest('hex')
      return { version: Number(name.slice(0, 3)), name, sql, checksum }
    }),
  )
}

async function applyPending(
  client: pg.Client,
  migrations: readonly Migration[],
): Promise<readonly string[]> {
  await client.query(`
    create schema if not exists ${SCHEMA};
    create table if not exists ${SCHEMA}.migration (
      version integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`)
  const { rows } = await client.query<Applied>(
    'select version, name, checksum from migration order by version desc',
  )
  const known = new Map(rows.map((row) => [row.version, row]))
  refuseNewer(rows, migrations)
  const pending = migrations.filter((migration) => !isApplied(migration, known))
  for (const migration of pending) await inTransaction(client, () => apply(client, migration))
  return pending.map((migration) => migration.name)
}

async function apply(
  client: pg.Client,
  { version, name, sql, checksum }: Migration,
): Promise<void> {
  await client.query(sql)
  await client.query('insert into migration (version, name, checksum) values ($1, $2, $3)', [
    version,
    name,
    checksum,
  ])
}

function refuseNewer(applied: readonly Applied[], migrations: readonly Migration[]): void {
  const newest = Math.max(0, ...migrations.map((migration) => migration.version))
  const beyond = applied.find((row) => row.version > newest)
  if (beyond === undefined) return
  throw new OperatorError(
    'not_supported',
    `The database is newer than this Spillway: it has ${beyond.name}, and this version ends at ${newest}.`,
    'Nothing was changed. Start the newer version again, or restore the backup that was made before it.',
  )
}

function isApplied(migration: Migration, known: ReadonlyMap<number, Applied>): boolean {
  const row = known.get(migration.version)
  if (row === undefined) return false
  if (row.checksum === migration.checksum) return true
  throw new OperatorError(
    'not_supported',
    `Migration ${migration.name} was edited after it had been applied to this database (as ${row.name}).`,
    'Nothing was changed. Put the file back as it was, and write the change as a new migration.',
  )
}

/** The work engine keeps its tables in its own schema and migrates them itself. */
async function migrateWorkEngine(owner: DatabaseAddress, log: Log): Promise<void> {
  const pool = tolerant(new pg.Pool({ ...connectionConfig(owner), max: 1 }), log)
  try {
    const logger = new Logger(
      () => (_level, words) => log.debug({ engine: 'graphile-worker' }, words),
    )
    await runMigrations({ pgPool: pool, logger })
  } finally {
    await pool.end()
  }
}

async function inTransaction(client: pg.Client, run: () => Promise<void>): Promise<void> {
  await client.query('begin')
  try {
    await run()
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
