import { setTimeout as sleep } from 'node:timers/promises'

import { Redis } from 'ioredis'

import type { RedisServer } from '../../src/demo/redis-server.ts'
import type { Database, Plan } from '../lib/order.ts'
import { until } from '../lib/until.ts'
import { isExplained, ranTwice, traces, type Trace } from './check.ts'
import { startCrew } from './crew.ts'
import { faultKey, NO_FAULT, runsKey, type Fault } from './faults.ts'
import { createProducer, type Added } from './producer.ts'
import type { Scenario } from './scenarios.ts'

const WATCH = 'watch 3s'
const FAIL_MS = 60_000
const END_MS = 150_000
/** So long live jobs do well before the replay: it is compared with that. */
const BEFORE_MS = 5_000
const POLL_MS = 50

export interface Theatre {
  readonly database: Database
  /** In which workers note what they run, and look what is wrong. */
  readonly notes: Redis
  readonly notesUrl: string
  /** Where the queue of a scenario is. */
  serverOf(scenario: Scenario): RedisServer
  /** From the command to the approval. */
  order(command: string): Promise<Plan>
  readonly jobs: number
}

/** One scenario as it went, and all that was found in places where nothing should be. */
export interface Played {
  readonly name: string
  readonly bullmq: 5 | 6
  readonly expected: string
  /** Where it came to rest, and in which wave. */
  readonly verdict: string
  /** Jobs that ran at all of a replay that was halted; null of one that was not. */
  readonly before_halt: number | null
  readonly ran_twice: number
  /** Runs of jobs that BullMQ gave to a worker a second time since the first one was lost. */
  readonly run_again_by_bullmq: number
  readonly unexplained: number
  readonly completed: number
  readonly in_vault: number
  readonly left_in_place: number
  /** From the approval to the last job. */
  readonly seconds: number
  /** For whoever reads a red result. */
  readonly found: readonly string[]
}

interface Scene extends Theatre {
  readonly scenario: Scenario
  readonly redis: Redis
}

/** Lets jobs fail, changes what the scenario changes, has them replayed, and looks where each of them is in the end. */
export async function play(theatre: Theatre, scenario: Scenario): Promise<Played> {
  const { name, major, hasLive, poisonEvery } = scenario
  const { port, url } = theatre.serverOf(scenario)
  const redis = new Redis(url, { maxRetriesPerRequest: null })
  redis.on('error', () => undefined)
  const producer = createProducer(major, port, name)
  const crew = startCrew({ major, port, notesUrl: theatre.notesUrl, queue: name })
  const scene: Scene = { ...theatre, scenario, redis }
  try {
    await setFault(scene, { kind: 'broken', after: 0 })
    await crew.isThere()
    const added = await producer.add(theatre.jobs, poisonEvery)
    await until(`the jobs of ${name} have failed`, FAIL_MS, async () => {
      return (await redis.zcard(`bull:${name}:failed`)) === theatre.jobs
    })
    await beginAnew(scene)
    if (hasLive) {
      producer.keepAdding()
      await sleep(BEFORE_MS)
    }
    const plan = await theatre.order(`replay ${scenario.system}/${name} ${WATCH} ${scenario.words}`)
    const orderedAt = performance.now()
    const verdict = await verdictOn(scene, plan, () => crew.isThere())
    const seconds = Math.round((performance.now() - orderedAt) / 100) / 10
    return { ...(await judged(scene, { plan, added, verdict })), seconds }
  } finally {
    await producer.close()
    await crew.close()
    redis.disconnect()
  }
}

const setFault = async ({ notes, scenario }: Scene, fault: Fault): Promise<void> =>
  void (await notes.set(faultKey(scenario.name), JSON.stringify(fault)))

/** As some hours after the incident: the queue's events have forgotten it, and what made jobs fail is over, or not. */
async function beginAnew(scene: Scene): Promise<void> {
  const { scenario, notes, redis } = scene
  await notes.del(runsKey(scenario.name))
  await redis.xtrim(`bull:${scenario.name}:events`, 'MAXLEN', 0)
  await setFault(scene, scenario.fault)
}

/** Where the replay comes to rest by itself; one that is held goes on once what was wrong is over. */
async function verdictOn(
  scene: Scene,
  plan: Plan,
  sendWorker: () => Promise<void>,
): Promise<string> {
  const { scenario } = scene
  const dying = loseRedis(scene)
  let verdict: string | null = null
  await until(`the replay of ${scenario.name} is over`, END_MS, async () => {
    const stand = await standOf(scene, plan)
    if (stand === null) return false
    if (stand.state === 'held' && scenario.expected === 'hold' && verdict === null) {
      verdict = `hold ${stand.wave}`
      await setFault(scene, NO_FAULT)
      await sendWorker()
    }
    if (!stand.isOver) return false
    verdict ??= `${stand.state === 'done' ? 'promote' : 'halt'} ${stand.wave}`
    if (stand.state !== 'done' && verdict.startsWith('hold')) verdict = `hold, then halt`
    return true
  }).catch(async (error: unknown) => {
    verdict = `${String(error)}: ${JSON.stringify(await standOf(scene, plan))}`
  })
  await dying
  return verdict ?? 'none'
}

/** Its process is killed while jobs are in line and at work, and comes back with all that it had answered for. */
async function loseRedis(scene: Scene): Promise<void> {
  const { scenario, notes } = scene
  const { awayMs, name, fault } = scenario
  if (awayMs === 0) return
  const hasBegun = async (): Promise<boolean> => (await notes.llen(runsKey(name))) > fault.after
  for (const end = Date.now() + END_MS; Date.now() < end && !(await hasBegun());)
    await sleep(POLL_MS)
  const server = scene.serverOf(scenario)
  await server.kill()
  await sleep(awayMs)
  await server.restart()
}

interface Stand {
  readonly state: string
  /** From 1. */
  readonly wave: number
  readonly reason: string | null
  readonly isOver: boolean
}

async function standOf({ database }: Scene, { id }: Plan): Promise<Stand | null> {
  const { rows } = await database.query<Stand>(
    `select replay.state, replay.wave + 1 as wave, replay.reason, plan.finished_at is not null as "isOver"
     from replay join plan on plan.id = replay.plan_id where plan.id = $1`,
    [id],
  )
  return rows[0] ?? null
}

async function judged(
  scene: Scene,
  {
    plan,
    added,
    verdict,
  }: { readonly plan: Plan; readonly added: Added; readonly verdict: string },
): Promise<Omit<Played, 'seconds'>> {
  const { scenario, notes, redis, database } = scene
  const { name, expected, wave, major } = scenario
  const runs = await notes.lrange(runsKey(name), 0, -1)
  const all = await traces({ redis, queue: name, runs, database, planId: plan.id, added })
  const isHalted = verdict.startsWith('halt')
  const twice = all.filter(ranTwice)
  const unexplained = all.filter((trace) => !isExplained(trace, !isHalted))
  const count = (is: (trace: Trace) => boolean): number => all.filter(is).length
  return {
    name,
    bullmq: major,
    expected: `${expected} ${wave}`,
    verdict,
    before_halt: isHalted ? count((trace) => trace.runs > 0) : null,
    ran_twice: twice.length,
    run_again_by_bullmq: runs.length - new Set(runs).size - twice.length,
    unexplained: unexplained.length,
    completed: count(({ places }) => places.includes('completed')),
    in_vault: count(({ places }) => places.includes('vault')),
    left_in_place: count(({ places }) => places.includes('failed')),
    found: [...twice, ...unexplained].slice(0, 5).map((trace) => JSON.stringify(trace)),
  }
}
