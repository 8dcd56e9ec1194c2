import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

import pg from 'pg'

import type { Log } from '../../domain/ports/runtime.ts'
import type { DatabaseAddress } from '../pool.ts'
import type { Binaries } from './binaries.ts'
import type { ServerUser } from './server-user.ts'

/** Long enough for the recovery after a power cut. */
const START_MS = 60_000
const STOP_MS = 10_000
const KEPT_LINES = 20

export interface ServerSettings {
  readonly cluster: string
  readonly socketDirectory: string
  readonly isDurable: boolean
}

export interface Server {
  readonly pid: number
  /** Resolves when it has ended, for whatever reason, with its last words. */
  readonly ended: Promise<string>
  /** Orderly; at once if it has ended already. */
  readonly stop: () => Promise<void>
}

/** Makes an empty cluster in an existing empty directory; `superuser` logs in through the socket alone. */
export async function initCluster(
  binaries: Binaries,
  user: ServerUser,
  { cluster, superuser, isDurable }: { cluster: string; superuser: string; isDurable: boolean },
): Promise<void> {
  const child = launch(user, cluster, binaries.initdb, [
    `--pgdata=${user.dataArgument(cluster)}`,
    `--username=${superuser}`,
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(isDurable ? [] : ['--no-sync']),
  ])
  const lines = keepLines(child)
  const [code] = await exitOf(child)
  if (code !== 0) throw new Error(`initdb failed (${code}):\n${lines.join('\n')}`)
}

/**
 * Starts PostgreSQL on a cluster and resolves when it takes connections. No TCP port is opened: only the
 * socket directory leads to it.
 */
export async function startServer(
  binaries: Binaries,
  user: ServerUser,
  settings: ServerSettings,
  { address, log }: { readonly address: DatabaseAddress; readonly log: Log },
): Promise<Server> {
  const child = launch(user, settings.cluster, binaries.postgres, serverArguments(user, settings))
  const lines = keepLines(child, (line) => log.debug({ from: 'postgres' }, line))
  const ended = exitOf(child).then(
    ([code, signal]) => `PostgreSQL ended (${code ?? signal}):\n${lines.join('\n')}`,
  )
  const stop = async (): Promise<void> => {
    child.kill('SIGINT') // "fast": ends sessions, writes everything, does not wait for clients
    const deadline = setTimeout(() => child.kill('SIGQUIT'), STOP_MS)
    await ended
    clearTimeout(deadline)
  }
  const waiting = new AbortController()
  const problem = await Promise.race([untilReady(address, waiting.signal), ended])
  waiting.abort()
  if (problem === null) return { pid: child.pid ?? 0, ended, stop }
  await stop()
  throw new Error(problem)
}

function serverArguments(user: ServerUser, settings: ServerSettings): readonly string[] {
  const flags = {
    listen_addresses: '',
    unix_socket_directories: settings.socketDirectory,
    unix_socket_permissions: '0700',
    max_connections: '60',
    shared_buffers: '32MB',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(settings.isDurable ? {} : { fsync: 'off', full_page_writes: 'off' }),
  }
  return [
    '-D',
    user.dataArgument(settings.cluster),
    ...Object.entries(flags).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
}

function launch(
  user: ServerUser,
  cwd: string,
  program: string,
  programArgs: readonly string[],
): ChildProcess {
  const { file, args, credentials } = user.command(program, programArgs)
  return spawn(file, args, {
    ...credentials,
    cwd,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group: Ctrl-C must reach the bot alone, which still needs the database to stop.
    detached: true,
  })
}

type Exit = readonly [code: number | null, signal: NodeJS.Signals | null]

/** Rejects if the program could not be started at all. */
async function exitOf(child: ChildProcess): Promise<Exit> {
  const [code, signal] = await once(child, 'exit')
  return [code, signal]
}

/** The last lines of output, for the error message. */
function keepLines(child: ChildProcess, onLine?: (line: string) => void): readonly string[] {
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      onLine?.(line)
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.shift()
    })
  }
  return lines
}

/** Null as soon as the server takes connections; else, in words, that it does not. */
async function untilReady(address: DatabaseAddress, signal: AbortSignal): Promise<string | null> {
  for (let waited = 0; waited < START_MS && !signal.aborted; waited += 25) {
    const client = new pg.Client({ ...address, connectionTimeoutMillis: 1000 })
    try {
      await client.connect()
      await client.end()
      return null
    } catch {
      await sleep(25)
    }
  }
  return `PostgreSQL did not take connections within ${START_MS / 1000} s`
}
