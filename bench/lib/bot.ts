import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The bot as a process of its own, as `npm start` runs it. */
export interface Bot {
  readonly pid: number
  /** Milliseconds from the start of the process until `/readyz` answered 200. */
  readonly startMs: number
  /** Orderly; throws if it did not end well. */
  stop(): Promise<void>
}

export interface BotOptions {
  /** Of the compiled program. */
  readonly entry: string
  /** Where `spillway.yml` is, and where the log goes. */
  readonly dir: string
  /** Where its HTTP server will listen. */
  readonly url: string
  /** A folder for a CPU profile, written when the bot stops; null for none. */
  readonly profileDir: string | null
}

const START_MS = 60_000
const STOP_MS = 30_000
const POLL_MS = 10

/** Starts the bot and resolves when it is ready. Throws with a pointer to its log if it ends before. */
export async function startBot({ entry, dir, url, profileDir }: BotOptions): Promise<Bot> {
  const logFile = join(dir, 'bot.log')
  const log = await open(logFile, 'a')
  const profiling = profileDir === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`]
  const startedAt = performance.now()
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', ...profiling, entry, 'start', '--config', join(dir, 'spillway.yml')],
    {
      cwd: dir,
      // Nothing of this shell may configure the bot that is measured.
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_ENV: 'production' },
      stdio: ['ignore', log.fd, log.fd],
    },
  )
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = once(child, 'exit').then(([code]) => {
    process.off('exit', kill)
    return code as number | null
  })
  await log.close()
  const isReady = await Promise.race([untilReady(url), ended.then(() => false)])
  if (!isReady) {
    kill()
    throw new Error(`the bot did not get ready; see ${logFile}`)
  }
  return {
    pid: child.pid ?? 0,
    startMs: performance.now() - startedAt,
    async stop() {
      child.kill('SIGTERM')
      const code = await Promise.race([ended, sleep(STOP_MS, 'late', { ref: false })])
      if (code === 0) return
      kill()
      throw new Error(`the bot did not stop in order (${code}); see ${logFile}`)
    },
  }
}

async function untilReady(url: string): Promise<boolean> {
  for (const deadline = Date.now() + START_MS; Date.now() < deadline; await sleep(POLL_MS)) {
    const answer = await fetch(`${url}/readyz`).catch(() => null)
    await answer?.arrayBuffer()
    if (answer?.ok === true) return true
  }
  return false
}
