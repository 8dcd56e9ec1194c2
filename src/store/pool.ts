import pg from 'pg'

import { OperatorError } from '../domain/errors.ts'
import type { Log } from '../domain/ports/runtime.ts'

/** Where a database is and who logs in: a pg connection config. It may hold a password: never log it. */
export type DatabaseAddress = Readonly<
  Pick<
    pg.ClientConfig,
    'connectionString' | 'options' | 'host' | 'port' | 'user' | 'password' | 'database'
  >
>

/** The role that may read and write rows but own nothing; made by the migrations. */
export const APP_ROLE = 'spillway_app'

/** Schema of every table of ours. */
export const SCHEMA = 'spillway'

const CONNECT_TIMEOUT_MS = 2000
const STATEMENT_TIMEOUT_MS = 10_000

/**
 * The address that a `postgres://` URL names. `options` of the URL are taken out, because pg would let
 * them replace the search path and the role that we set the same way.
 */
export function addressOf(url: string): DatabaseAddress {
  const parsed = new URL(url)
  const options = parsed.searchParams.get('options')
  parsed.searchParams.delete('options')
  return { connectionString: parsed.toString(), ...(options === null ? {} : { options }) }
}

/** A connection config with our settings; `role` is taken on at login, before the first statement. */
export function connectionConfig(address: DatabaseAddress, role?: string): pg.ClientConfig {
  const settings = [
    `-c search_path=${SCHEMA}`,
    // One that is cut off from the network, neither.
    '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
    ...(role === undefined ? [] : [`-c role=${role}`]),
    ...(address.options === undefined ? [] : [address.options]),
  ]
  return {
    ...address,
    options: settings.join(' '),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: 'spillway',
  }
}

export interface PoolOptions {
  readonly log: Log
  readonly role?: string
  /** Connections at most; 10 unless told. */
  readonly max?: number
}

/**
 * A pool whose every connection has our search path, at most 2 s to connect and 10 s per statement. It
 * connects on first use, and outlives the server: broken connections are dropped and made anew.
 */
export function openPool(address: DatabaseAddress, { log, role, max = 10 }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    ...connectionConfig(address, role),
    max,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    // A server that hangs does not end its statements.
    query_timeout: STATEMENT_TIMEOUT_MS + CONNECT_TIMEOUT_MS,
    // A replica that is stopped in the middle of a transaction must not hold its locks, the freeze's among them.
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
  })
  return tolerant(pool, log)
}

/** Without listeners the loss of a connection, idle or in use, would end the process. */
export function tolerant(pool: pg.Pool, log: Log): pg.Pool {
  pool.on('error', (error) => log.warn({ err: error }, 'idle database connection lost'))
  // Whoever uses the connection gets the error from its statement.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

const UNREACHABLE_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  '53300', // too many connections
  '25P03', // its transaction stood still for too long
  '57P01', // shut down
  '57P02', // crashed
  '57P03', // still starting
])
// pg gives these no code.
const UNREACHABLE_WORDS =
  /connection terminated|is not queryable|timeout exceeded when trying to connect|query read timeout/i

/** Whether an error of pg says that the server cannot be reached, or went away meanwhile. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isUnreachable)
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return (
    UNREACHABLE_CODES.has(code) || code.startsWith('08') || UNREACHABLE_WORDS.test(error.message)
  )
}

// A statement or lock that took too long.
const BUSY_CODES = new Set(['57014', '55P03'])

const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && BUSY_CODES.has(String(error.code))

const busy = (cause: unknown): OperatorError =>
  new OperatorError(
    'busy',
    'The database is too busy to answer in time.',
    'Nothing was changed by this. Try again in a few seconds.',
    cause,
  )

/**
 * Runs database work. Throws `OperatorError('busy')` when a statement or lock takes too long, and
 * `OperatorError('database_unreachable')` when PostgreSQL does not answer.
 */
export async function reachingDatabase<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (isBusy(error)) throw busy(error)
    if (!isUnreachable(error)) throw error
    throw new OperatorError(
      'database_unreachable',
      'PostgreSQL does not answer, so Spillway cannot look up or record anything.',
      'Queues stay as they are; work that was already recorded goes on when the database is back. Try again in a minute.',
      error,
    )
  }
}
