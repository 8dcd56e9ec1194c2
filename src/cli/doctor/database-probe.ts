import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import pg from 'pg'

import type { DatabaseConfig } from '../../config/types.ts'
import type { Log } from '../../domain/ports/runtime.ts'
import { openDatabase } from '../../store/database.ts'
import { APP_ROLE, connectionConfig, reachingDatabase, SCHEMA } from '../../store/pool.ts'
import type { DatabaseProbe, DatabaseState } from './ports.ts'

const MIGRATIONS = join(import.meta.dirname, '../../store/migrations')
const CHANGES = ['update', 'delete', 'truncate']

/** Looks at the configured database, or at the embedded one if it was made before; changes nothing. */
export const createDatabaseProbe = (config: DatabaseConfig, log: Log): DatabaseProbe => ({
  async state() {
    if (config.url === null && !existsSync(config.dataDir)) return null
    const database = await openDatabase(config, log)
    try {
      const client = new pg.Client(connectionConfig(database.app))
      client.on('error', () => undefined)
      return await reachingDatabase(() => read(client))
    } finally {
      await database.stop()
    }
  },
})

async function read(client: pg.Client): Promise<DatabaseState> {
  try {
    await client.connect()
    const { rows } = await client.query<{ version: string; is_migrated: boolean }>(
      `select current_setting('server_version') as version,
              to_regclass('${SCHEMA}.migration') is not null as is_migrated`,
    )
    const isMigrated = rows[0]?.is_migrated ?? false
    const pending = await pendingOf(client, isMigrated)
    return {
      serverVersion: rows[0]?.version ?? 'of an unknown version',
      pending,
      anchorProblems: pending.length > 0 ? [] : await anchorProblemsOf(client),
      auditRights: pending.length > 0 ? [] : await rightsOf(client, `'${APP_ROLE}'`),
      isOwnerLogin: pending.length === 0 && (await rightsOf(client, 'current_user')).length > 0,
    }
  } finally {
    await client.end()
  }
}

async function pendingOf(client: pg.Client, isMigrated: boolean): Promise<string[]> {
  const files = readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
  if (!isMigrated) return files
  const { rows } = await client.query<{ name: string }>(`select name from ${SCHEMA}.migration`)
  const applied = new Set(rows.map(({ name }) => name))
  return files.filter((name) => !applied.has(name))
}

/** Which changes of the audit trail a role may make; `role` is SQL of ours. */
async function rightsOf(client: pg.Client, role: string): Promise<string[]> {
  const { rows } = await client.query<{ change: string }>(
    `select change from unnest($1::text[]) as change
     where has_table_privilege(${role}, '${SCHEMA}.audit_entry', change)`,
    [CHANGES],
  )
  return rows.map(({ change }) => change)
}

/** The oldest anchor that a place did not take, with the reason. */
async function anchorProblemsOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ place: string; seq: string; problem: string }>(
    `select distinct on (a.place) a.place, a.seq, coalesce(a.problem, m.problem) as problem
     from ${SCHEMA}.audit_anchor a
     left join ${SCHEMA}.message m on a.place = 'slack' and m.key = 'anchor:' || a.seq || ':' || a.hash
     where a.reference is null and m.ts is null and coalesce(a.problem, m.problem) is not null
     order by a.place, a.seq`,
  )
  return rows.map(({ place, seq, problem }) => `${place}, since entry ${seq}: ${problem}`)
}
