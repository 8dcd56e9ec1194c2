import { execFile } from 'node:child_process'
import { readdir, readFile, readlink, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

import type { Log } from '../../domain/ports/runtime.ts'

const run = promisify(execFile)

const GENTLE_MS = 10_000
const HARD_MS = 5000

/**
 * Clears away what a killed Spillway left in a cluster: a server that still runs (stopped in an orderly
 * way, so that nothing is lost), and a lock file that would refuse the next start.
 * Call it only while holding the data directory.
 */
export async function clearLeftovers(cluster: string, log: Log): Promise<void> {
  const lockFile = join(cluster, 'postmaster.pid')
  const [first] = (await readFile(lockFile, 'utf8').catch(() => '')).split('\n')
  const postmaster = Number(first)
  if (!(postmaster > 0)) return
  await stopOrphan(cluster, postmaster, log)
  // On Linux we know that no process is left. Elsewhere PostgreSQL judges the file by itself.
  if (process.platform === 'linux') await rm(lockFile, { force: true })
}

async function stopOrphan(cluster: string, postmaster: number, log: Log): Promise<void> {
  const isRunning = async (): Promise<boolean> =>
    (await processesIn(cluster, postmaster)).length > 0
  if (!(await isRunning())) return
  log.warn({ pid: postmaster }, 'stopping the PostgreSQL server that a killed Spillway left behind')
  signal(postmaster, 'SIGINT')
  if (await endsWithin(GENTLE_MS, isRunning)) return
  for (const pid of await processesIn(cluster, postmaster)) signal(pid, 'SIGQUIT')
  if (await endsWithin(HARD_MS, isRunning)) return
  throw new Error(`PostgreSQL process ${postmaster} on ${cluster} does not end`)
}

/**
 * The server's processes on this cluster, the postmaster's children included: they may outlive it for a
 * moment, and a second server beside them would destroy the data. PostgreSQL processes work in their
 * data directory, which tells them from a process that only has the same number by now.
 */
async function processesIn(cluster: string, postmaster: number): Promise<readonly number[]> {
  if (process.platform !== 'linux') {
    const words = await run('ps', ['-o', 'command=', '-p', String(postmaster)]).catch(() => null)
    return words?.stdout.includes(cluster) === true ? [postmaster] : []
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const places = await Promise.all(
    pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => null)),
  )
  return pids.filter((_, index) => places[index] === cluster).map(Number)
}

async function endsWithin(ms: number, isRunning: () => Promise<boolean>): Promise<boolean> {
  for (let waited = 0; waited < ms; waited += 50) {
    if (!(await isRunning())) return true
    await sleep(50)
  }
  return false
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It ended by itself meanwhile.
  }
}
