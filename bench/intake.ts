import { randomUUID } from 'node:crypto'

import pg from 'pg'

import { openPool, type DatabaseAddress } from '../src/store/pool.ts'
import { silentLog } from '../test/helpers/silent-log.ts'
import { alertBodies, postAll } from './lib/alert-load.ts'
import { quantile, rounded } from './lib/figures.ts'
import { openStage, OPS, type Stage } from './lib/stage.ts'
import { until } from './lib/until.ts'

const CONNECTIONS = 8
const QUEUES = Array.from({ length: 50 }, (_, n) => `team-${n % 7}:queue-${n}`)
const PROCESSED_WITHIN_MS = 600_000

/**
 * Alerts at full speed over 8 connections, one in each request, into the compiled bot with its embedded
 * database; then what became of them. The floor, in the same run: the same bodies inserted over 8
 * database connections, one commit each. Options: `alerts` (10,000), `quick` (500), `profile` (a folder).
 */
export async function run(
  options: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const count = Number(options['alerts'] ?? (options['quick'] === undefined ? 10_000 : 500))
  const bodies = alertBodies(count, QUEUES, new Date())
  const profileDir = options['profile'] ?? null
  const stage = await openStage({ mode: 'http', queues: QUEUES, profileDir })
  try {
    const bot = await stage.start()
    const database = new pg.Client({ ...(await stage.database()) })
    await database.connect()
    const startedAt = performance.now()
    const times = await postAll(stage.url, bodies, CONNECTIONS)
    const tookS = (performance.now() - startedAt) / 1000
    await until('every alert is processed', PROCESSED_WITHIN_MS, () => isProcessed(database, count))
    const processedS = (performance.now() - startedAt) / 1000
    await until('every room is complete', PROCESSED_WITHIN_MS, () => isShown(database))
    const outcome = await outcomeOf(database, stage)
    const floor = await floorOf(await stage.database(), bodies)
    await database.end()
    await bot.stop()
    return {
      bench: 'intake',
      per_s: Math.round(count / tookS),
      p99_ms: quantile(times, 0.99),
      ...outcome,
      p50_ms: quantile(times, 0.5),
      processed_s: rounded(processedS),
      floor_per_s: floor,
      alerts: count,
    }
  } finally {
    await stage.close()
  }
}

async function isProcessed(database: pg.Client, count: number): Promise<boolean> {
  const { rows } = await database.query<{ alerts: number; open: boolean }>(`
    select (select count(*)::integer from spillway.alert) as alerts,
      exists (select from spillway.delivery where state = 'received') as open`)
  return rows.some((row) => !row.open && row.alerts === count)
}

async function isShown(database: pg.Client): Promise<boolean> {
  const { rows } = await database.query<{ open: boolean }>(`
    select exists (select from spillway.room_step where state <> 'done')
      or exists (select from spillway.message where delivered_version = 0) as open`)
  return rows.some(({ open }) => !open)
}

/** Incidents are one for each queue; the storm that gathers most of them is counted apart. */
async function outcomeOf(database: pg.Client, { slack }: Stage) {
  const { rows } = await database.query<{ queues: number; storms: number }>(`
    select count(*) filter (where kind = 'queue')::integer as queues,
      count(*) filter (where kind = 'storm')::integer as storms from spillway.incident`)
  const ok = (method: string): number =>
    slack.callsOf(method).filter(({ outcome }) => outcome === 'ok').length
  return {
    incidents: rows[0]?.queues,
    rooms: [...slack.state.channels.keys()].filter((id) => id !== OPS).length,
    messages: ok('chat.postMessage'),
    edits: ok('chat.update'),
    storms: rows[0]?.storms,
  }
}

/** Inserts a second, one commit each: what the disk and PostgreSQL allow at most. */
async function floorOf(address: DatabaseAddress, bodies: readonly Buffer[]): Promise<number> {
  const pool = openPool(address, { log: silentLog, max: CONNECTIONS })
  await pool.query('create table floor (id uuid primary key, body bytea not null)')
  const left = bodies.values()
  const lane = async (): Promise<void> => {
    const client = await pool.connect()
    for (const body of left)
      await client.query('insert into floor (id, body) values ($1, $2)', [randomUUID(), body])
    client.release()
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: CONNECTIONS }, lane))
  const perS = Math.round((bodies.length * 1000) / (performance.now() - startedAt))
  await pool.query('drop table floor')
  await pool.end()
  return perS
}
