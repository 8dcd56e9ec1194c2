import { setTimeout as sleep } from 'node:timers/promises'

import type pg from 'pg'

import type { RedisServer } from '../../../src/demo/redis-server.ts'
import type { EmbeddedDatabase } from '../../../src/store/embedded/launcher.ts'
import { until } from '../../lib/until.ts'
import type { Random } from '../random.ts'
import type { Replica } from '../replicas.ts'
import { letLeasesEnd } from '../time.ts'
import { patiently } from './patiently.ts'

const VICTIMS = ['bot', 'redis', 'postgres'] as const
export type Victim = (typeof VICTIMS)[number]

/** Everything that can be killed, and how often it was. */
export interface Mortals {
  readonly replicas: readonly Replica[]
  readonly redis: RedisServer
  readonly database: EmbeddedDatabase
  readonly client: pg.Pool
  readonly killed: Record<Victim, number>
}

/** In so many cases two die at the same time. */
const TWO = 0.2
/** Most kills wait until jobs are being moved; the others come at any time from the order on. */
const AIMED = 0.8
const AIM_MS = 20_000
const AWAY_MS = 1_500
const START_MS = 30_000

/** Kills somebody at a random instant of what comes next, `kill -9`, and lets them come back. */
export async function killMeanwhile(
  mortals: Mortals,
  random: Random,
  { withinMs, isMoving }: { readonly withinMs: number; readonly isMoving: () => Promise<boolean> },
): Promise<void> {
  const victims = new Set([random.oneOf(VICTIMS)])
  if (random.isBelow(TWO)) victims.add(random.oneOf(VICTIMS))
  const isAimed = random.isBelow(AIMED)
  const afterMs = random.between(0, withinMs)
  for (const end = Date.now() + (isAimed ? AIM_MS : 0); Date.now() < end; await sleep(5))
    if (await isMoving()) break
  await sleep(afterMs)
  await Promise.all([...victims].map((victim) => KILLS[victim](mortals, random)))
  for (const victim of victims) mortals.killed[victim] += 1
}

const KILLS: Readonly<Record<Victim, (mortals: Mortals, random: Random) => Promise<void>>> = {
  async bot({ replicas, client }, random) {
    const isAll = random.isBelow(0.5)
    const victims = isAll ? replicas : [random.oneOf(replicas as [Replica, ...Replica[]])]
    await Promise.all(victims.map((one) => one.killAndStart()))
    // The one who lives may be the one who has it: then it is overtaken while it works.
    await patiently(() => letLeasesEnd(client))
  },
  async redis({ redis }, random) {
    await redis.kill()
    await sleep(random.between(0, AWAY_MS))
    await redis.restart()
  },
  async postgres({ database, client }) {
    const before = database.pid()
    process.kill(before, 'SIGKILL')
    await until('PostgreSQL is back', START_MS, () => database.pid() !== before)
    await patiently(() => client.query('select'))
  },
}
