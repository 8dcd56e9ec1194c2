import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import { Redis } from 'ioredis'
import pg from 'pg'

import { startRedis } from '../../src/demo/redis-server.ts'
import { connectionConfig, type DatabaseAddress } from '../../src/store/pool.ts'
import { loadBot, type BotChild } from '../../test/helpers/bot-child.ts'
import { compileBot } from '../../test/helpers/compile-bot.ts'
import { configOf, WORKSPACE } from '../../test/helpers/config-of.ts'
import { startFakeSlack, type FakeSlack } from '../../test/slack/fake-slack/server.ts'
import { note } from '../checker/ledgers.ts'
import { act, letHoldsEnd, type Scene } from './acts.ts'
import { QUEUES, startCrew } from './crew.ts'
import { createRandom } from './random.ts'

export interface ChaosOptions {
  /** How often the bot is killed. */
  readonly runs: number
  readonly seed: number
  /** Of an empty or migrated database. */
  readonly owner: DatabaseAddress
}

export interface Verdict {
  readonly lost: number
  readonly repeated: number
  readonly unaudited: number
  readonly stuck: number
  readonly jobs: number
  readonly found: readonly string[]
}

const ACT_MS = 700
const SETTLE_MS = 90_000

/** Kills the bot at random instants while alerts, pauses and resumes go on; then has a checker judge it. */
export async function chaos({ runs, seed, owner }: ChaosOptions): Promise<Verdict> {
  const compiled = await compileBot()
  const dir = mkdtempSync(join(tmpdir(), 'spillway-chaos-'))
  const redis = await startRedis()
  const slack = await startFakeSlack(WORKSPACE)
  const client = new pg.Client(connectionConfig(owner))
  // Whoever uses it gets the error; one that comes between must not end us.
  client.on('error', () => undefined)
  await client.connect()
  const crew = startCrew(redis.url, dir)
  const random = createRandom(seed)
  const scene: Scene = { slack, client, ledgers: dir, random }
  const config = { ...configOf({ redis, queues: QUEUES }, slack), logLevel: 'warn' as const }
  const bots: BotChild[] = []
  const load = (): BotChild => {
    const bot = loadBot(dir, { config, owner }, compiled.entry)
    bots.push(bot)
    return bot
  }
  try {
    // The next one loads while this one works: killed ones are replaced at once.
    let next = load()
    for (let round = 0; round < runs; round += 1) {
      const bot = next
      const reached = await bot.go()
      next = load()
      const acts = [act(scene, reached), act(scene, reached)].map((one) => one.catch(() => null))
      await sleep(random.between(0, ACT_MS))
      bot.signal('SIGKILL')
      await bot.ended
      await Promise.all(acts)
      await forgetLeases(client)
    }
    await next.go()
    await settle(scene, redis.url, crew)
    next.signal('SIGTERM')
    if ((await next.ended) !== 0) throw new Error('the last bot did not stop in order')
    notePosts(slack, dir)
    return await judge({ owner, redis: redis.url, ledgers: dir })
  } finally {
    for (const bot of bots) bot.signal('SIGKILL')
    await crew.close()
    await client.end()
    await slack.close()
    await redis.stop()
    await rm(dir, { recursive: true, force: true })
    await rm(compiled.dir, { recursive: true, force: true })
  }
}

/** As if the lease of the killed attempt had run out. */
const forgetLeases = (client: pg.Client): Promise<unknown> =>
  client.query(`update plan set leased_until = now() where state = 'executing'`).catch(() => null)

/** Nothing more is asked for; holds end; whatever was begun comes to its end, or the time is up. */
async function settle(scene: Scene, url: string, crew: { rest(): Promise<void> }): Promise<void> {
  await crew.rest()
  const redis = new Redis(url)
  try {
    for (const until = Date.now() + SETTLE_MS; Date.now() < until; await sleep(250)) {
      if (!(await isQuiet(scene))) continue
      await letHoldsEnd(scene)
      if ((await isQuiet(scene)) && (await isWorkedOff(redis))) return
    }
  } finally {
    redis.disconnect()
  }
}

/** Nothing is under way. A hold whose time has not come may stay. */
async function isQuiet({ client }: Scene): Promise<boolean> {
  const { rows } = await client.query(`
    select from plan where state in ('confirmed', 'executing')
    union all select from delivery where state = 'received'
    union all select from message where delivered_version = 0
    union all select from room_step where state <> 'done'
    union all select from hold where ended_at is null and ends_at <= now()`)
  return rows.length === 0
}

async function isWorkedOff(redis: Redis): Promise<boolean> {
  const lengths = await Promise.all(
    QUEUES.flatMap((queue) =>
      ['wait', 'paused', 'active'].map((list) => redis.llen(`bull:${queue}:${list}`)),
    ),
  )
  return lengths.every((length) => length === 0)
}

/** What Slack really has, by the key that each message carries. */
function notePosts(slack: FakeSlack, ledgers: string): void {
  for (const channel of slack.state.channels.values())
    for (const { metadata } of channel.messages) {
      const key = (metadata as { event_payload?: { key?: string } } | null)?.event_payload?.key
      if (key !== undefined) note(ledgers, 'posted', key)
    }
}

/** In a process of its own, so that nothing of ours can colour its view. */
export async function judge(evidence: {
  readonly owner: DatabaseAddress
  readonly redis: string
  readonly ledgers: string
}): Promise<Verdict & { readonly exitCode: number }> {
  const args = [
    '--import',
    'tsx',
    join(import.meta.dirname, '../main.ts'),
    'checker',
    '--json',
    `--database=${JSON.stringify(evidence.owner)}`,
    `--redis=${evidence.redis}`,
    `--ledgers=${evidence.ledgers}`,
  ]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : Number(error.code)
      try {
        resolve({ ...(JSON.parse(stdout) as Verdict), exitCode })
      } catch {
        reject(new Error(`the checker said: ${stdout}${stderr}`))
      }
    })
  })
}
