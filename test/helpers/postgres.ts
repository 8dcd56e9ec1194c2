import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import pg from 'pg'
import { inject } from 'vitest'

import { type EmbeddedDatabase, startEmbedded } from '../../src/store/embedded/launcher.ts'
import { type DatabaseAddress, openPool } from '../../src/store/pool.ts'
import { silentLog } from './silent-log.ts'

/** What the global setup tells every test file: a superuser's login and the migrated template. */
interface TestCluster {
  readonly admin: { readonly host: string; readonly user: string; readonly database: string }
  readonly template: string
}

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestCluster
  }
}

export interface TestDatabase {
  /** Owner of the schema. */
  readonly owner: DatabaseAddress
  /** Connections of the application role, not yet opened. */
  openAppPool(options?: { readonly max?: number }): pg.Pool
  /** Ends every connection to it, then removes it. */
  drop(): Promise<void>
}

/**
 * A database of one's own, migrated, in some 30 ms; call it once per test file, in `beforeAll`. It is
 * owned by a login without superuser rights, as in production.
 */
export async function freshDatabase({ isMigrated = true } = {}): Promise<TestDatabase> {
  const { admin, template } = inject('postgres')
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  const source = isMigrated ? template : 'template1'
  await asAdmin(admin, `create database ${name} template ${source} owner spillway`)
  const owner = { ...admin, user: 'spillway', database: name }
  const pools: pg.Pool[] = []
  return {
    owner,
    openAppPool: (options = {}) => {
      const pool = openPool(owner, { role: 'spillway_app', log: silentLog, ...options })
      pools.push(pool)
      return pool
    },
    drop: async () => {
      await Promise.all(pools.filter((pool) => !pool.ended).map((pool) => pool.end()))
      await asAdmin(admin, `drop database ${name} with (force)`)
    },
  }
}

/** Runs one statement as a superuser of a cluster. */
export async function asAdmin(admin: DatabaseAddress, statement: string): Promise<void> {
  const client = new pg.Client({ ...admin })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

export interface PrivateServer {
  readonly dataDir: string
  /** The same at every start. */
  readonly owner: DatabaseAddress
  /** The server as it runs now; another object after each start. */
  readonly database: () => EmbeddedDatabase
  start(): Promise<EmbeddedDatabase>
  stop(): Promise<void>
  /** Stops it and removes its data. */
  remove(): Promise<void>
}

/** A server that one test may stop, start and kill, with data that survive that. */
export async function privateServer(): Promise<PrivateServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'spillway-test-'))
  let running: EmbeddedDatabase | null = null
  const start = async (): Promise<EmbeddedDatabase> => {
    running = await startEmbedded({ dataDir, log: silentLog, isDurable: false })
    return running
  }
  const stop = async (): Promise<void> => {
    await running?.stop()
    running = null
  }
  const { owner } = await start()
  return {
    dataDir,
    owner,
    database: () => {
      if (running === null) throw new Error('the private server is stopped')
      return running
    },
    start,
    stop,
    remove: async () => {
      await stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
