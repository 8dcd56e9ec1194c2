import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { findRedisBinary, type RedisBinary } from './redis-binary.ts'

export interface RedisOptions {
  /** A free one if absent. */
  readonly port?: number
  /** Keep the data on disk over a restart; otherwise it lives in memory only. */
  readonly appendOnly?: boolean
  /** With it: on the disk before anybody hears of it, rather than within a second. */
  readonly isSynced?: boolean
  /** Where the data goes; a temporary folder, removed by `stop`, if absent. */
  readonly dir?: string
  readonly log?: (line: string) => void
}

/** A Redis server of our own, on the loopback interface only. */
export interface RedisServer {
  readonly url: string
  readonly port: number
  /** Of the process that runs now; it changes with `restart`. */
  readonly pid: number
  /** Orderly stop; a temporary data folder is removed. */
  stop(): Promise<void>
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>
  /** Starts again on the same port and data folder, after `stop` of the process if it still runs. */
  restart(): Promise<void>
}

const PORT_TRIES = 5
const SETPRIV = '/usr/bin/setpriv'

/** Starts a real Redis and resolves once it accepts connections. Throws with the server's last words. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const binary = await findRedisBinary(options.log)
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'spillway-redis-')))
  await mkdir(dir, { recursive: true })
  const launch = (port: number) => launchOn(binary, port, dir, options)
  const first = await launchOnFreePort(launch, options.port)
  const { port } = first
  let child = first.child

  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    get pid() {
      return child.pid ?? 0
    },
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM')
      if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
    },
    async restart() {
      await end('SIGTERM')
      child = await launch(port)
    },
  }
}

interface Launched {
  readonly child: ChildProcess
  readonly port: number
}

/** Another process may take the port between our look and the server's start: then the next one is tried. */
async function launchOnFreePort(
  launch: (port: number) => Promise<ChildProcess>,
  wanted: number | undefined,
): Promise<Launched> {
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted ?? (await freePort())
    try {
      return { child: await launch(port), port }
    } catch (error) {
      if (wanted !== undefined || attempt === PORT_TRIES) throw error
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no TCP port to be had')
  return address.port
}

async function launchOn(
  binary: RedisBinary,
  port: number,
  dir: string,
  options: RedisOptions,
): Promise<ChildProcess> {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    save: '',
    appendonly: options.appendOnly === true ? 'yes' : 'no',
    appendfsync: options.isSynced === true ? 'always' : 'everysec',
    daemonize: 'no',
    logfile: '',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
  const [command, rest] = tiedToUs(binary.path, args)
  // Detached: Ctrl-C goes to the whole group of a terminal, and the bot must stop before its Redis does.
  const child = spawn(command, rest, {
    env: binary.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  await readiness(child, options.log ?? (() => {}))
  return child
}

/** Where the system can do it, the server dies with us even if we are killed with SIGKILL. */
const tiedToUs = (path: string, args: readonly string[]): [string, string[]] =>
  existsSync(SETPRIV) ? [SETPRIV, ['--pdeathsig', 'TERM', path, ...args]] : [path, [...args]]

/** Its own log line is the proof: an answer on the port might come from somebody else's server. */
function readiness(child: ChildProcess, log: (line: string) => void): Promise<void> {
  const last: string[] = []
  return new Promise((resolve, reject) => {
    const hear = (line: string) => {
      log(line)
      last.push(line)
      if (last.length > 5) last.shift()
      if (line.includes('Ready to accept connections')) resolve()
    }
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', hear)
    }
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(new Error(`The Redis server ended (${signal ?? code}): ${last.join(' | ')}`)),
    )
  })
}
