import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Redis } from 'ioredis'

import { startRedis } from '../../../src/demo/redis-server.ts'
import { startEmbedded } from '../../../src/store/embedded/launcher.ts'
import { compileBot } from '../../../test/helpers/compile-bot.ts'
import { silentLog } from '../../../test/helpers/silent-log.ts'
import { startFakeSlack } from '../../../test/slack/fake-slack/server.ts'
import { chaosConfig } from '../config.ts'
import { startCourier } from '../courier.ts'
import { judge, type Verdict } from '../judge.ts'
import { keepEvidence } from '../keep.ts'
import { createRandom, type Random } from '../random.ts'
import { calm, connect, isPrepared } from '../ready.ts'
import { startReplica } from '../replicas.ts'
import { OPERATORS, WORKSPACE } from '../scene.ts'
import { notePosts, settle } from '../settle.ts'
import { QUEUES, startLine, type Line } from './crew.ts'
import type { Mortals, Victim } from './killing.ts'
import { round, type RoundScene } from './round.ts'
import { tally, type BulkTally } from './tally.ts'

export interface BulkChaosOptions {
  /** Each quarantines and releases the jobs of one queue, with a kill during both. */
  readonly runs: number
  readonly jobs: number
  readonly seed: number
  /** A folder for the evidence if something is found. */
  readonly keep?: string
}

export type BulkOutcome = Verdict &
  BulkTally & { readonly killed: Readonly<Record<Victim, number>> }

/**
 * Kills the bot, its PostgreSQL and the queues' Redis at random instants while thousands of jobs go into the vault
 * and back, with workers of three majors at it; then has a checker find every job.
 */
export async function bulkChaos({
  runs,
  jobs,
  seed,
  keep,
}: BulkChaosOptions): Promise<BulkOutcome> {
  const closing: (() => unknown)[] = []
  const after = <T>(thing: T, close: (thing: T) => unknown): T => {
    closing.unshift(() => close(thing))
    return thing
  }
  try {
    const random = createRandom(seed)
    const { scene, courier } = await setUp(after, jobs, random)
    const { client, ledgers, slack } = scene
    const { replicas, redis, database, killed } = scene.mortals
    await Promise.all(replicas.map(isPrepared))
    for (let n = 0; n < runs; n += 1) await round(scene, random, n)
    await calm(courier, replicas)
    await settle(scene, redis.url)
    await Promise.all(replicas.map((one) => one.stop()))
    notePosts(slack, ledgers)
    const { owner } = database
    const verdict = await judge({ owner, redis: redis.url, ledgers, critical: [] })
    if (keep !== undefined && verdict.found.length > 0) await keepEvidence(keep, scene)
    return { ...verdict, ...(await tally(client)), killed }
  } finally {
    for (const close of closing) await close()
  }
}

type After = <T>(thing: T, close: (thing: T) => unknown) => T

async function setUp(after: After, jobs: number, random: Random) {
  const folder = async (name: string): Promise<string> =>
    after(await mkdtemp(join(tmpdir(), `spillway-${name}-`)), (dir) =>
      rm(dir, { recursive: true, force: true }),
    )
  const compiled = after(await compileBot(), ({ dir }) => rm(dir, { recursive: true, force: true }))
  const ledgers = await folder('chaos-bulk')
  // Every answer of Redis, and every commit, is on the disk: what dies has said nothing that it forgets.
  const redis = after(
    await startRedis({ appendOnly: true, isSynced: true, dir: await folder('chaos-redis') }),
    (one) => one.stop(),
  )
  const database = after(
    await startEmbedded({ dataDir: await folder('chaos-pg'), log: silentLog }),
    (one) => one.stop(),
  )
  const slack = after(await startFakeSlack(WORKSPACE), (one) => one.close())
  const client = after(connect(database.owner), (one) => one.end())
  const raw = after(new Redis(redis.url, { maxRetriesPerRequest: null }), (one) => one.disconnect())
  raw.on('error', () => undefined)
  const lines = QUEUES.map((queue) =>
    after(startLine(redis.port, ledgers, queue), (line) => line.close()),
  )
  const file = { config: chaosConfig(redis, slack, QUEUES), owner: database.owner }
  const replicas = ['a', 'b'].map((name) =>
    after(startReplica(join(ledgers, name), file, compiled.entry), (one) => one.end()),
  )
  const addresses = () => replicas.flatMap((one) => one.address() ?? [])
  const courier = after(
    await startCourier({
      random: random.fork(),
      addresses: () => addresses().map(({ slackUrl }) => slackUrl),
    }),
    (one) => one.close(),
  )
  const mortals: Mortals = {
    replicas,
    redis,
    database,
    client,
    killed: { bot: 0, redis: 0, postgres: 0 },
  }
  const scene: RoundScene = {
    slack,
    client,
    ledgers,
    addresses,
    mortals,
    jobs,
    redis: raw,
    lines: lines as [Line, ...Line[]],
    field: { globs: [''], queues: QUEUES },
    free: new Set<string>(OPERATORS),
    progress: { ordered: 0 },
    slackUrl: courier.url,
  }
  return { scene, courier }
}
