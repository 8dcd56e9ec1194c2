import { createHash } from 'node:crypto'
import { mkdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import pg from 'pg'

import type { Log } from '../../domain/ports/runtime.ts'
import type { DatabaseAddress } from '../pool.ts'
import { type Binaries, findBinaries } from './binaries.ts'
import { holdDirectory } from './holder.ts'
import { keepRunning } from './keep-running.ts'
import { clearLeftovers } from './leftovers.ts'
import { type ServerUser, serverUser } from './server-user.ts'
import { initCluster, type Server, startServer } from './server.ts'

const SUPERUSER = 'postgres'
const OWNER = 'spillway'
const DATABASE = 'spillway'

export interface EmbeddedDatabase {
  /** Owner of the database `spillway`; no superuser. */
  readonly owner: DatabaseAddress
  /** Superuser, for what only tests need: more databases. */
  readonly admin: DatabaseAddress
  /** Of the postmaster as it runs now. */
  readonly pid: () => number
  /** Orderly; the data stays. */
  readonly stop: () => Promise<void>
}

export interface EmbeddedOptions {
  /** Made if absent; one Spillway at a time uses it. */
  readonly dataDir: string
  readonly log: Log
  /** False gives up safety against power cuts for speed: tests only. */
  readonly isDurable?: boolean
}

/**
 * Starts the PostgreSQL that comes with npm, on its own data, reached by a Unix socket alone. The first
 * start makes the cluster (about a second), later ones take some 50 ms. A server that ends by itself is
 * started again at the same address. It ends with this process, also
 * on `kill -9` where Linux has setpriv; elsewhere the next start stops what was left. Throws
 * `OperatorError`: 'busy' if another Spillway uses the data, 'not_supported' if it cannot run here.
 */
export async function startEmbedded({
  dataDir,
  log,
  isDurable = true,
}: EmbeddedOptions): Promise<EmbeddedDatabase> {
  await mkdir(dataDir, { recursive: true })
  const home = await realpath(dataDir)
  const release = await holdDirectory(join(home, 'holder.json'))
  try {
    const user = await serverUser()
    const binaries = await findBinaries(user)
    const cluster = join(home, 'cluster')
    await ensureCluster(cluster, binaries, user, isDurable)
    return await serve({ cluster, binaries, user, isDurable, log, release })
  } catch (error) {
    await release()
    throw error
  }
}

/** A cluster appears under its name only when it is complete: a crash meanwhile costs nothing. */
async function ensureCluster(
  cluster: string,
  binaries: Binaries,
  user: ServerUser,
  isDurable: boolean,
): Promise<void> {
  const exists = await stat(cluster).then(
    () => true,
    () => false,
  )
  if (exists) return user.give(cluster)
  const unfinished = `${cluster}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  await user.give(unfinished)
  await initCluster(binaries, user, { cluster: unfinished, superuser: SUPERUSER, isDurable })
  await rename(unfinished, cluster)
}

interface Serving {
  readonly cluster: string
  readonly binaries: Binaries
  readonly user: ServerUser
  readonly isDurable: boolean
  readonly log: Log
  readonly release: () => Promise<void>
}

async function serve(serving: Serving): Promise<EmbeddedDatabase> {
  const { cluster, binaries, user, isDurable, log, release } = serving
  const socketDirectory = await makeSocketDirectory(dirname(cluster), user)
  const admin = { host: socketDirectory, user: SUPERUSER, database: 'postgres' }
  const start = async (): Promise<Server> => {
    await clearLeftovers(cluster, log)
    const settings = { cluster, socketDirectory, isDurable }
    return startServer(binaries, user, settings, { address: admin, log })
  }
  const server = await keepRunning(start, log)
  const stop = async (): Promise<void> => {
    await server.stop()
    await rm(socketDirectory, { recursive: true, force: true })
    await release()
  }
  try {
    await ensureDatabase(admin)
    return { owner: { ...admin, user: OWNER, database: DATABASE }, admin, pid: server.pid, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * In a short path, for a socket's name has at most 107 bytes; the same at every start, so that open pools
 * find a server that was started again; closed to other users, for it is the only lock. Whatever has the
 * name is a leftover: this process holds the data directory that the name comes from.
 */
async function makeSocketDirectory(home: string, user: ServerUser): Promise<string> {
  const directory = socketDirectoryOf(home)
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { mode: 0o700 })
  await user.give(directory)
  return directory
}

function socketDirectoryOf(home: string): string {
  const isUsual = tmpdir().length < 60 && process.getuid?.() !== 0
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 16)
  // Root's own temporary directory may be closed to the server's user; /tmp never is.
  return join(isUsual ? tmpdir() : '/tmp', `spillway-pg-${digest}`)
}

/** Where the server of a Spillway that runs on this data directory is reached, by the same user. */
export const runningEmbedded = async (dataDir: string): Promise<DatabaseAddress> => ({
  host: socketDirectoryOf(await realpath(dataDir)),
  user: OWNER,
  database: DATABASE,
})

async function ensureDatabase(admin: DatabaseAddress): Promise<void> {
  const client = new pg.Client({ ...admin })
  await client.connect()
  try {
    const roles = await client.query('select from pg_roles where rolname = $1', [OWNER])
    if (roles.rowCount === 0) await client.query(`create role ${OWNER} login createrole`)
    const databases = await client.query('select from pg_database where datname = $1', [DATABASE])
    if (databases.rowCount === 0) {
      await client.query(`create database ${DATABASE} owner ${OWNER}`)
    }
  } finally {
    await client.end()
  }
}
