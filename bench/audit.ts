import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type pg from 'pg'

import { isTampered } from '../src/domain/audit-report.ts'
import { AUDIT_GENESIS, AUDIT_VERSION, auditText } from '../src/domain/audit.ts'
import { startEmbedded } from '../src/store/embedded/launcher.ts'
import { migrate } from '../src/store/migrate.ts'
import { APP_ROLE, type DatabaseAddress, openPool } from '../src/store/pool.ts'
import { createStore } from '../src/store/store.ts'
import { auditOf } from '../src/usecases/audit/audit-of.ts'
import { verifyTrail } from '../src/usecases/audit/verify-trail.ts'
import { silentLog } from '../test/helpers/silent-log.ts'

const CONNECTIONS = 8
const INSTANCE = 'bench'

/**
 * Appends to the audit trail over 8 connections, one commit each, on the embedded PostgreSQL with every
 * commit on the disk; then verifies. In the same run the two others: the same texts in a chain that the
 * client hashes under `select … for update`, and the floor, inserted without a chain. They take turns, so
 * that all three meet the same machine. Options: `appends` (1,000), `entries` to verify (100,000), `quick`.
 */
export async function run(
  options: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const isQuick = options['quick'] !== undefined
  const appends = Number(options['appends'] ?? (isQuick ? 200 : 1_000))
  const entries = Number(options['entries'] ?? (isQuick ? 1_000 : 100_000))
  const dataDir = await mkdtemp(join(tmpdir(), 'spillway-bench-'))
  const database = await startEmbedded({ dataDir, log: silentLog })
  try {
    await migrate(database.owner, { log: silentLog })
    const speeds = await race(database.owner, appends)
    return {
      bench: 'audit',
      appends,
      connections: CONNECTIONS,
      ...speeds,
      ...(await verified(database.owner, entries)),
    }
  } finally {
    await database.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

const textOf = (n: number): string =>
  auditText(
    auditOf(new Date(), n % 2 === 0 ? 'intent' : 'outcome', {
      actor: { teamId: 'T0BENCH', userId: `U0BENCH${n % 9}` },
      action: 'pause',
      subject: `sales/queue-${n % 50}`,
      planId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      reason: 'the provider answers with 503',
      facts: { before: { counts: { waiting: n, active: 3 }, isPaused: false } },
    }),
  )

type Append = (client: pg.PoolClient, text: string) => Promise<void>

const ours: Append = async (client, text) => {
  await client.query('select audit_append($1, $2, $3)', [AUDIT_VERSION, INSTANCE, text])
}

const floor: Append = async (client, text) => {
  await client.query('insert into bench_floor (text, hash) values ($1, $2)', [text, AUDIT_GENESIS])
}

/** The usual way: the head is a row that everybody locks, and the hash is made by the client. */
const byClient: Append = async (client, text) => {
  await client.query('begin')
  const { rows } = await client.query<{ seq: string; hash: string }>(
    'select seq, hash from bench_head for update',
  )
  const seq = Number(rows[0]?.seq ?? 0) + 1
  const previous = rows[0]?.hash ?? AUDIT_GENESIS
  const hash = createHash('sha256').update(`${previous}\n${seq}\n${text}`).digest('hex')
  await client.query('insert into bench_chain values ($1, $2, $3, $4)', [seq, text, previous, hash])
  await client.query('update bench_head set seq = $1, hash = $2', [seq, hash])
  await client.query('commit')
}

const ROUNDS = 4

async function race(owner: DatabaseAddress, appends: number) {
  const pool = openPool(owner, { log: silentLog, max: CONNECTIONS })
  await pool.query(`
    create table bench_floor (seq bigint generated always as identity primary key, text text, hash text);
    create table bench_chain (seq bigint primary key, text text, previous_hash text unique, hash text unique);
    create table bench_head (seq bigint, hash text);
    insert into bench_head values (0, '${AUDIT_GENESIS}')`)
  const took = { ours: 0, byClient: 0, floor: 0 }
  const size = Math.ceil(appends / ROUNDS)
  for (let round = 0; round < ROUNDS; round += 1) {
    took.ours += await timed(pool, ours, size)
    took.byClient += await timed(pool, byClient, size)
    took.floor += await timed(pool, floor, size)
  }
  await pool.end()
  const perS = (ms: number): number => Math.round((size * ROUNDS * 1000) / ms)
  return {
    per_s: perS(took.ours),
    client_hash_per_s: perS(took.byClient),
    floor_per_s: perS(took.floor),
  }
}

/** Milliseconds for so many appends, each its own commit. */
async function timed(pool: pg.Pool, append: Append, count: number): Promise<number> {
  const texts = Array.from({ length: count }, (_, n) => textOf(n)).values()
  const clients = await Promise.all(Array.from({ length: CONNECTIONS }, () => pool.connect()))
  const startedAt = performance.now()
  await Promise.all(
    clients.map(async (client) => {
      for (const text of texts) await append(client, text)
    }),
  )
  const ms = performance.now() - startedAt
  for (const client of clients) client.release()
  return ms
}

const BATCH = 5_000

/** Fills the trail up to so many entries, then verifies it as `spillway audit verify` does. */
async function verified(owner: DatabaseAddress, entries: number) {
  const filling = openPool(owner, { log: silentLog, max: 1 })
  const missing = `least(${BATCH}, ${entries} - (select count(*) from audit_entry)::integer)`
  const fill = `select audit_append(1, $1, $2) from generate_series(1, ${missing})`
  for (let added = BATCH; added === BATCH;)
    added = (await filling.query(fill, [INSTANCE, textOf(0)])).rowCount ?? 0
  await filling.end()
  const pool = openPool(owner, { log: silentLog, role: APP_ROLE, max: 2 })
  const startedAt = performance.now()
  const report = await verifyTrail(createStore(pool, INSTANCE), {
    instance: INSTANCE,
    readings: [],
  })
  const s = (performance.now() - startedAt) / 1000
  await pool.end()
  return {
    verify_entries: report.entries,
    verify_entries_per_s: Math.round(report.entries / s),
    rss_mb: Math.round(process.memoryUsage().rss / 2 ** 20),
    verified: !isTampered(report),
  }
}
