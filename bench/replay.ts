import { Redis } from 'ioredis'
import pg from 'pg'

import { startRedis } from '../src/demo/redis-server.ts'
import { connectionConfig } from '../src/store/pool.ts'
import { BEN, order, type Plan } from './lib/order.ts'
import { ANA, openStage, SYSTEM } from './lib/stage.ts'
import { measureLastWave } from './replay/last-wave.ts'
import { play, type Played, type Theatre } from './replay/play.ts'
import { MORTAL, scenariosFor } from './replay/scenarios.ts'

/** Enough to see the roads; the long ones are left out. */
const QUICK = ['fixed', 'unfixed', 'returning']

/**
 * Failed jobs replayed by the whole bot, from the command in Slack to the last job, with workers of BullMQ 5 and 6 in
 * processes of their own: eight scenarios at once, each with a verdict that is known before (`halt 3`: in the third
 * wave), judged by where each job is and how often it ran, which its workers note in a Redis of their own. Then how
 * many jobs a second the last wave puts in line without a limit, beside `retry` of the same jobs, workers taking
 * one at a time meanwhile. Exits with 1 if a verdict is another one, or a job ran twice or is not explained.
 * Options: `jobs` of each scenario (1,000), `bulk` (100,000), `only` (names, by comma), `profile` (a folder), `quick`.
 */
export async function run(
  options: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const isQuick = options['quick'] !== undefined
  const only = options['only']?.split(',') ?? (isQuick ? QUICK : null)
  const jobs = Number(options['jobs'] ?? (isQuick ? 400 : 1_000))
  const bulk = Number(options['bulk'] ?? (isQuick ? 600 : 100_000))
  const scenarios = await playAll(jobs, only)
  const lastWave = bulk === 0 ? null : await measureLastWave(bulk, options['profile'] ?? null)
  if (scenarios.some(isWrong)) process.exitCode = 1
  return { bench: 'replay', jobs, scenarios, last_wave: lastWave }
}

const isWrong = (one: Played): boolean =>
  one.verdict !== one.expected || one.ran_twice > 0 || one.unexplained > 0

const AWAY_MS = 20_000

/** At once, but for the orders: a person has one modal open. */
async function playAll(jobs: number, only: readonly string[] | null): Promise<readonly Played[]> {
  const scenarios = scenariosFor(jobs, AWAY_MS).filter(({ name }) => only?.includes(name) ?? true)
  const queuesOn = (system: string): readonly string[] =>
    scenarios.filter((one) => one.system === system).map(({ name }) => name)
  // Every answer is on the disk: what dies has said nothing that it forgets.
  const mortal = await startRedis({ appendOnly: true, isSynced: true })
  const notesServer = await startRedis()
  const notes = new Redis(notesServer.url)
  const stage = await openStage({
    mode: 'http',
    queues: queuesOn(SYSTEM),
    profileDir: null,
    operators: { people: [ANA, BEN], actions: ['replay'] },
    otherSystems: { [MORTAL]: { url: mortal.url, queues: queuesOn(MORTAL) } },
  })
  try {
    await stage.start()
    const database = new pg.Pool({ ...connectionConfig(await stage.database()), max: 4 })
    database.on('error', () => undefined)
    let last: Promise<unknown> = Promise.resolve()
    const theatre: Theatre = {
      database,
      notes,
      notesUrl: notesServer.url,
      serverOf: ({ system }) => (system === MORTAL ? mortal : stage.redis),
      order(command) {
        const ordered: Promise<Plan> = last.then(() => order(stage, database, command))
        last = ordered.catch(() => undefined)
        return ordered
      },
      jobs,
    }
    const played = await Promise.all(scenarios.map((one) => play(theatre, one)))
    await database.end()
    return played
  } finally {
    await stage.close()
    notes.disconnect()
    await Promise.all([mortal.stop(), notesServer.stop()])
  }
}
