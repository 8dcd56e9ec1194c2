import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startRedis } from '../../src/demo/redis-server.ts'
import type { DatabaseAddress } from '../../src/store/pool.ts'
import { compileBot } from '../../test/helpers/compile-bot.ts'
import { startFakeSlack } from '../../test/slack/fake-slack/server.ts'
import { chaosConfig } from './config.ts'
import { startCourier } from './courier.ts'
import { startCrew } from './crew.ts'
import { judge, type Verdict } from './judge.ts'
import { keepEvidence } from './keep.ts'
import { CRITICAL, NARROW, WIDE } from './queues.ts'
import { createRandom } from './random.ts'
import { calm, connect, isPrepared } from './ready.ts'
import { startReplica } from './replicas.ts'
import { rounds } from './rounds.ts'
import { OPERATORS, type Scene, WORKSPACE } from './scene.ts'
import { notePosts, settle } from './settle.ts'
import { tally, type Tally } from './tally.ts'

export interface ChaosOptions {
  /** How often a replica is killed, or both. */
  readonly runs: number
  readonly seed: number
  /** Fewer queues at once, shorter rounds. */
  readonly isQuick?: boolean
  /** A folder for the evidence if something is found. */
  readonly keep?: string
  /** Of an empty or migrated database. */
  readonly owner: DatabaseAddress
}

export type Outcome = Verdict & Tally & { readonly redelivered: number }

/**
 * Kills one of two replicas, now and then both, at random instants while people order, approve, stop and freeze,
 * while Slack delivers some of it twice and real workers work; then has a checker judge what is left.
 */
export async function chaos({
  runs,
  seed,
  owner,
  isQuick = false,
  keep,
}: ChaosOptions): Promise<Outcome> {
  const closing: (() => unknown)[] = []
  const after = <T>(thing: T, close: (thing: T) => unknown): T => {
    closing.unshift(() => close(thing))
    return thing
  }
  try {
    const compiled = after(await compileBot(), ({ dir }) =>
      rm(dir, { recursive: true, force: true }),
    )
    const ledgers = after(mkdtempSync(join(tmpdir(), 'spillway-chaos-')), (dir) =>
      rm(dir, { recursive: true, force: true }),
    )
    const redis = after(await startRedis(), (one) => one.stop())
    const slack = after(await startFakeSlack(WORKSPACE), (one) => one.close())
    const client = after(connect(owner), (one) => one.end())
    const field = isQuick ? NARROW : WIDE
    const crew = after(startCrew(redis.url, ledgers, field.queues), (one) => one.close())
    const file = { config: chaosConfig(redis, slack, field.queues), owner }
    const replicas = ['a', 'b'].map((name) =>
      after(startReplica(join(ledgers, name), file, compiled.entry), (one) => one.end()),
    )
    const random = createRandom(seed)
    const addresses = () => replicas.flatMap((one) => one.address() ?? [])
    const courier = after(
      await startCourier({
        random: random.fork(),
        addresses: () => addresses().map(({ slackUrl }) => slackUrl),
      }),
      (one) => one.close(),
    )
    const free = new Set<string>(OPERATORS)
    const progress = { ordered: 0 }
    const slackUrl = courier.url
    const scene: Scene = { slack, client, ledgers, addresses, field, free, progress, slackUrl }
    await Promise.all(replicas.map(isPrepared))
    await rounds(scene, replicas, random, { runs, isQuick })
    await crew.rest()
    await calm(courier, replicas)
    await settle(scene, redis.url)
    await Promise.all(replicas.map((one) => one.stop()))
    notePosts(slack, ledgers)
    const { exitCode: _, ...verdict } = await judge({
      owner,
      redis: redis.url,
      ledgers,
      critical: CRITICAL,
    })
    if (keep !== undefined && verdict.found.length > 0)
      await keepEvidence(keep, { client, ledgers })
    return { ...verdict, ...(await tally(client)), redelivered: courier.redelivered() }
  } finally {
    for (const close of closing) await close()
  }
}
