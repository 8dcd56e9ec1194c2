import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import pg from 'pg'

import type { Config } from '../../src/config/types.ts'
import { startRedis } from '../../src/demo/redis-server.ts'
import { ACTION_KINDS } from '../../src/domain/action.ts'
import { ALL_TIERS } from '../../src/domain/policy.ts'
import { DEFAULT_POLICY } from '../../src/domain/settings.ts'
import { connectionConfig, type DatabaseAddress } from '../../src/store/pool.ts'
import { compileBot } from '../../test/helpers/compile-bot.ts'
import { aSettings, configOf } from '../../test/helpers/config-of.ts'
import { startFakeSlack, type FakeSlack } from '../../test/slack/fake-slack/server.ts'
import { until } from '../lib/until.ts'
import { act } from './acts.ts'
import { startCourier, type Courier } from './courier.ts'
import { startCrew } from './crew.ts'
import { judge, type Verdict } from './judge.ts'
import { keepEvidence } from './keep.ts'
import { CRITICAL, NARROW, QUEUE_RULES, WIDE } from './queues.ts'
import { createRandom, type Random } from './random.ts'
import { startReplica, type Replica } from './replicas.ts'
import { GROUP, OPERATORS, type Scene, WORKSPACE } from './scene.ts'
import { notePosts, settle } from './settle.ts'
import { tally, type Tally } from './tally.ts'
import { letLeasesEnd } from './time.ts'

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

/** From the start of a round's acts to its kill, at most. */
const ROUND_MS = 4_000
const ACTS_AT_ONCE = 4
/** In so many rounds both replicas die at once. */
const BOTH = 0.2

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
    const scene: Scene = { slack, client, ledgers, addresses, field, free, slackUrl: courier.url }
    await Promise.all(replicas.map(isPrepared))
    await rounds(scene, replicas, random, { runs, roundMs: isQuick ? ROUND_MS / 4 : ROUND_MS })
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

function connect(owner: DatabaseAddress): pg.Pool {
  const client = new pg.Pool({ ...connectionConfig(owner), max: 4 })
  // Whoever uses it gets the error; one that comes between must not end us.
  client.on('error', () => undefined)
  return client
}

/** Its database is there, and it takes durable work. */
async function isPrepared(replica: Replica): Promise<void> {
  const { url } = await replica.ready()
  const isReady = async (): Promise<boolean> => (await fetch(`${url}/readyz`)).ok
  await until('a replica is ready', 30_000, isReady)
}

/** Each round: some acts begin, and at a random instant somebody dies. Acts outlive their round. */
async function rounds(
  scene: Scene,
  replicas: readonly Replica[],
  random: Random,
  { runs, roundMs }: { readonly runs: number; readonly roundMs: number },
): Promise<void> {
  const acts = new Set<Promise<void>>()
  for (let round = 0; round < runs; round += 1) {
    // Somebody must be there to be asked; the other one may be killed while it starts.
    await Promise.any(replicas.map((one) => one.ready()))
    for (let n = 0; n < ACTS_AT_ONCE; n += 1) {
      const one = act(scene, random.fork())
      acts.add(one)
      void one.finally(() => acts.delete(one))
    }
    await sleep(random.between(0, roundMs))
    // With nobody left in the last one, no lease is anybody's.
    const isAll = random.isBelow(BOTH) || round === runs - 1
    const victims = isAll ? replicas : replicas.slice(random.between(0, 1)).slice(0, 1)
    await Promise.all(victims.map((one) => one.killAndStart()))
    if (isAll) await letLeasesEnd(scene.client)
  }
  await Promise.all(acts)
}

/** Both run, and nothing more comes. */
async function calm(courier: Courier, replicas: readonly Replica[]): Promise<void> {
  await Promise.all(replicas.map((one) => one.ready()))
  await courier.rest()
}

/** Limits that chaos cannot reach; times that it can. */
function chaosConfig(
  redis: { readonly url: string },
  slack: FakeSlack,
  queues: readonly string[],
): Config {
  const limits = { perPerson: 1e6, perQueue: 1e6, windowMs: 60_000 }
  const settings = {
    queueRules: QUEUE_RULES,
    roles: aSettings().roles.map((role) => ({
      ...role,
      groups: [GROUP],
      breaksGlass: ACTION_KINDS,
    })),
    policy: {
      ...DEFAULT_POLICY,
      approvers: [{ match: 'sales/pay-out', tiers: ALL_TIERS, actions: ACTION_KINDS, count: 2 }],
      planTtlMs: 15_000,
      approvalTtlMs: 15_000,
      limits,
    },
  }
  return { ...configOf({ redis, queues, settings }, slack), logLevel: 'warn' }
}
