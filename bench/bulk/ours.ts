import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { Redis } from 'ioredis'
import pg from 'pg'

import { connectionConfig } from '../../src/store/pool.ts'
import { reason } from '../../test/helpers/reason.ts'
import { createPerson } from '../../test/slack/signed.ts'
import { ANA, openStage, OPS, type Stage } from '../lib/stage.ts'
import { until } from '../lib/until.ts'
import { cpuPerJob, parentOf, readCpu, type Cpu } from './cpu.ts'
import { ERROR, POISON, type Sizes } from './others.ts'
import { scriptNames } from './script-names.ts'
import { seedAfresh } from './seed.ts'
import { letGoFirst, longestMs, openSlowLog, type SlowCall } from './slow-log.ts'

/** One order of a person, from the command to its last job. */
export interface Ordered {
  /** From the command until the preview shows every job. */
  readonly planMs: number
  /** From the approval until the plan is over. */
  readonly runMs: number
  readonly done: number
  /** In microseconds for each job, of planning and carrying out. */
  readonly cpuUs: Cpu
  /** Longest first. */
  readonly calls: readonly SlowCall[]
}

export type Parts = Readonly<Record<'quarantine' | 'release' | 'retry' | 'poison', Ordered>>

const BEN = 'U0BENCHBEN'
const QUEUE = 'bulk'
const ORDER_MS = 600_000

/**
 * The whole bot in a process of its own, as it is released, with its own PostgreSQL: a person orders, another one
 * approves, in Slack. How long they think is not counted. Throws if a single job is not where it should be.
 */
export async function measureOurs(
  { failed, waiting, tries }: Sizes,
  profileDir: string | null,
): Promise<{ readonly parts: Parts; readonly rssMb: number }> {
  const stage = await openStage({
    mode: 'http',
    queues: [QUEUE],
    profileDir,
    operators: { people: [ANA, BEN], actions: ['quarantine', 'release', 'retry'] },
  })
  const redis = new Redis(stage.redis.url)
  await letGoFirst(stage.redis.pid)
  try {
    const bot = await stage.start()
    const client = new pg.Client(connectionConfig(await stage.database()))
    // What went wrong is told by whoever throws; the server that ends with it adds nothing.
    client.on('error', () => {})
    await client.connect()
    const postgres = await parentOf(await backendOf(client))
    const pids = { bot: bot.pid, redis: stage.redis.pid, postgres }
    const order = (command: string): Promise<Ordered> =>
      carryOut(stage, { redis, client, pids }, command)
    const poison = Math.floor(waiting / 8)
    await seedAfresh(redis, { queue: QUEUE, place: 'failed', count: failed, tries })
    const quarantine = await order(`quarantine ${QUEUE} error:~${ERROR}`)
    await expectCounts(redis, { failed: 0, wait: 0 })
    const release = await order('release v1')
    await expectCounts(redis, { failed: 0, wait: failed })
    await seedAfresh(redis, { queue: QUEUE, place: 'failed', count: failed, tries })
    const retry = await order(`retry ${QUEUE} error:~${ERROR}`)
    await expectCounts(redis, { failed: 0, wait: failed })
    await seedAfresh(redis, { queue: QUEUE, place: 'wait', count: waiting, tries })
    const taken = await order(`quarantine ${QUEUE} state:waiting type:${POISON}`)
    await expectCounts(redis, { failed: 0, wait: waiting - poison })
    const rssMb = await peakOf(bot.pid)
    await client.end()
    return { parts: { quarantine, release, retry, poison: taken }, rssMb }
  } finally {
    redis.disconnect()
    await stage.close()
  }
}

async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  return rows[0]?.pid ?? 0
}

async function carryOut(
  stage: Stage,
  {
    redis,
    client,
    pids,
  }: { readonly redis: Redis; readonly client: pg.Client; readonly pids: Cpu },
  command: string,
): Promise<Ordered> {
  const slowLog = openSlowLog(redis, scriptNames())
  await slowLog.start()
  const [ana, ben] = [ANA, BEN].map((id) => createPerson(stage.slack, stage.slackUrl, id))
  if (ana === undefined || ben === undefined) throw new Error('nobody is there')
  const before = await readCpu(pids)
  const askedAt = performance.now()
  await ana.command('/queue', command, OPS)
  await until(`the preview of "${command}"`, ORDER_MS, () => isShown(stage, command))
  const planMs = performance.now() - askedAt
  await ana.submit(reason('measured'))
  const plan = await latest(client)
  const approvedAt = performance.now()
  await ben.command('/queue', `approve ${plan.number}`, OPS)
  await untilOver(client, plan.id)
  const runMs = Math.round(performance.now() - approvedAt)
  const done = await jobsDone(client, plan.id)
  return {
    planMs: Math.round(planMs),
    runMs,
    done,
    cpuUs: cpuPerJob(before, await readCpu(pids), done),
    calls: await slowLog.read(),
  }
}

/** Throws with what it says instead. */
function isShown({ slack }: Stage, command: string): boolean {
  const open = [...slack.state.views.values()].findLast(
    ({ user, isOpen }) => user === ANA && isOpen,
  )
  const text = JSON.stringify(open?.view ?? null)
  if (/Nothing was changed/.test(text)) throw new Error(`"${command}" was refused: ${text}`)
  return /can be confirmed until/.test(text)
}

interface PlanRow {
  readonly id: string
  readonly number: string
  readonly state: string
}

async function latest(client: pg.Client): Promise<PlanRow> {
  for (;;) {
    const { rows } = await client.query<PlanRow>(
      'select id, number, state from plan order by created_at desc limit 1',
    )
    const [plan] = rows
    if (plan !== undefined && plan.state !== 'planned') return plan
    await sleep(10)
  }
}

async function untilOver(client: pg.Client, id: string): Promise<void> {
  for (const end = Date.now() + ORDER_MS; Date.now() < end; await sleep(20)) {
    const { rows } = await client.query<{ state: string; outcome: unknown }>(
      'select state, outcome from plan where id = $1',
      [id],
    )
    if (rows[0]?.state === 'done') return
    if (!/requested|confirmed|executing/.test(rows[0]?.state ?? ''))
      throw new Error(`the plan ended as ${JSON.stringify(rows[0])}`)
  }
  throw new Error(`plan ${id} does not end`)
}

async function jobsDone(client: pg.Client, id: string): Promise<number> {
  const { rows } = await client.query<{ done: number }>(
    `select sum(cardinality(job_ids) - skipped_count)::int as done from plan_slice where plan_id = $1`,
    [id],
  )
  return rows[0]?.done ?? 0
}

async function expectCounts(
  redis: Redis,
  { failed, wait }: { readonly failed: number; readonly wait: number },
): Promise<void> {
  const key = (name: string): string => `bull:${QUEUE}:${name}`
  const seen = { failed: await redis.zcard(key('failed')), wait: await redis.llen(key('wait')) }
  if (seen.failed !== failed || seen.wait !== wait)
    throw new Error(`expected ${JSON.stringify({ failed, wait })}, found ${JSON.stringify(seen)}`)
}

async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024)
}

/** The longest call of each script, for whoever wants to make it shorter. */
export const longestByCall = (calls: readonly SlowCall[]): Readonly<Record<string, number>> =>
  Object.fromEntries(calls.toReversed().map(({ call, ms }) => [call, longestMs([{ call, ms }])]))
