import pg from 'pg'

import { orAborted } from './limit.ts'

export interface Postgres {
  /** One statement that only reads, for at most `withinMs` or until the signal. Rejects with pg's errors. */
  ask(url: string, query: string, limit: Limit): Promise<readonly (readonly unknown[])[]>
  close(): Promise<void>
}

export interface Limit {
  readonly withinMs: number
  readonly signal: AbortSignal
}

const IDLE_MS = 30_000
const CONNECT_MS = 10_000

/** At most one connection to each address, made when it is first needed: a probe must not use up what it measures. */
export function openPostgres(): Postgres {
  const pools = new Map<string, pg.Pool>()
  const poolOf = (url: string): pg.Pool => {
    const pool = pools.get(url) ?? openPool(url)
    pools.set(url, pool)
    return pool
  }
  return {
    ask: (url, query, limit) => ask(poolOf(url), query, limit),
    close: async () => {
      const open = [...pools.values()]
      pools.clear()
      await Promise.all(open.map((pool) => pool.end()))
    },
  }
}

function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    idleTimeoutMillis: IDLE_MS,
    connectionTimeoutMillis: CONNECT_MS,
    application_name: 'spillway probe',
  })
  // Without listeners the loss of a connection, idle or in use, would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

async function ask(pool: pg.Pool, query: string, limit: Limit): Promise<unknown[][]> {
  const client = await connect(pool, limit.signal)
  try {
    const rows = await orAborted(readOnly(client, query, limit.withinMs), limit.signal)
    client.release()
    return rows
  } catch (error) {
    // In whatever state it is, nobody else gets it; to close it ends its transaction, too.
    client.release(true)
    throw error
  }
}

/** A connection; one that comes too late goes back unused. */
async function connect(pool: pg.Pool, signal: AbortSignal): Promise<pg.PoolClient> {
  const connecting = pool.connect()
  try {
    return await orAborted(connecting, signal)
  } catch (error) {
    connecting.then(
      (late) => late.release(),
      () => undefined,
    )
    throw error
  }
}

async function readOnly(
  client: pg.PoolClient,
  query: string,
  withinMs: number,
): Promise<unknown[][]> {
  await client.query('begin transaction read only')
  // 0 would be no limit at all.
  await client.query(`set local statement_timeout = ${Math.max(1, Math.ceil(withinMs))}`)
  // The extended protocol takes one statement only: none can end the transaction and then write.
  const asked = { text: query, rowMode: 'array' as const, queryMode: 'extended' }
  const { rows } = await client.query<unknown[]>(asked)
  await client.query('rollback')
  return rows
}
