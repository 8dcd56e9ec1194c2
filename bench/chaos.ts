import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startEmbedded } from '../src/store/embedded/launcher.ts'
import { silentLog } from '../test/helpers/silent-log.ts'
import { chaos } from './chaos/run.ts'

const QUICK_RUNS = 2

/**
 * Kills one of two replicas, or both (`kill -9`), at random instants while people order, approve, stop and
 * freeze, while Slack delivers at random once more and real workers work; then a separate checker counts what
 * was lost, repeated, unaudited, unapproved or stuck.
 * Options: `runs` (200), `seed`, `quick`, `keep` (a folder for the evidence if something is found).
 */
export async function run(
  options: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const isQuick = options['quick'] !== undefined
  const runs = Number(options['runs'] ?? (isQuick ? QUICK_RUNS : 200))
  const seed = Number(options['seed'] ?? Date.now() % 1_000_000)
  const keep = options['keep']
  const dataDir = await mkdtemp(join(tmpdir(), 'spillway-chaos-pg-'))
  const { owner, stop } = await startEmbedded({ dataDir, log: silentLog, isDurable: false })
  try {
    const { lost, repeated, unaudited, unapproved, stuck, found, ...rest } = await chaos({
      runs,
      seed,
      owner,
      isQuick,
      ...(keep === undefined ? {} : { keep }),
    })
    if (found.length > 0) process.exitCode = 1
    const verdict = { lost, repeated, unaudited, unapproved, stuck }
    return { bench: 'chaos', runs, ...verdict, ...rest, seed, found }
  } finally {
    await stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
