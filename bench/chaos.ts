import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startEmbedded } from '../src/store/embedded/launcher.ts'
import { silentLog } from '../test/helpers/silent-log.ts'
import { chaos } from './chaos/run.ts'

/**
 * Kills the bot (`kill -9`) at random instants while alerts, pauses and resumes go on and real workers work,
 * then counts what was lost, repeated, unaudited or stuck. Options: `runs` (200), `seed`.
 */
export async function run(
  options: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const runs = Number(options['runs'] ?? 200)
  const seed = Number(options['seed'] ?? Date.now() % 1_000_000)
  const dataDir = await mkdtemp(join(tmpdir(), 'spillway-chaos-pg-'))
  const { owner, stop } = await startEmbedded({ dataDir, log: silentLog, isDurable: false })
  try {
    const { lost, repeated, unaudited, stuck, jobs, found } = await chaos({ runs, seed, owner })
    if (found.length > 0) process.exitCode = 1
    return { bench: 'chaos', runs, lost, repeated, unaudited, stuck, jobs, seed, found }
  } finally {
    await stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
