import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort } from '../../src/demo/free-port.ts'
import { startRedis, type RedisServer } from '../../src/demo/redis-server.ts'
import type { ActionKind } from '../../src/domain/action.ts'
import type { DatabaseAddress } from '../../src/store/pool.ts'
import { APP_TOKEN, startFakeSlack, type FakeSlack } from '../../test/slack/fake-slack/server.ts'
import { SIGNING_SECRET } from '../../test/slack/signed.ts'
import { startBot, type Bot } from './bot.ts'
import { buildBot } from './build.ts'

export const ANA = 'U0BENCHANA'
export const OPS = 'C0BENCHOPS'
export const ALERT_TOKEN = 'bench-alert-token'
export const SYSTEM = 'sales'

export interface StageOptions {
  readonly mode: 'socket' | 'http'
  /** Queues that the bot knows from its configuration. */
  readonly queues: readonly string[]
  readonly profileDir: string | null
  /** Who may order and approve what, instead of Ana alone who may pause. */
  readonly operators?: {
    readonly people: readonly string[]
    readonly actions: readonly ActionKind[]
  }
  /** Beside its own Redis, by the name that people say. */
  readonly otherSystems?: Readonly<
    Record<string, { readonly url: string; readonly queues: readonly string[] }>
  >
}

const ANA_ALONE = { people: [ANA], actions: ['pause', 'resume'] } as const

/** All that the bot needs around it: a Redis, a Slack, a folder with its configuration and database. */
export interface Stage {
  readonly redis: RedisServer
  readonly slack: FakeSlack
  /** Of the bot's alert routes, health and metrics. */
  readonly url: string
  /** Where Slack's requests go in HTTP mode. */
  readonly slackUrl: string
  /** Starts the bot with its embedded database; one at a time. */
  start(): Promise<Bot>
  /** The embedded database of the running bot, as its owner. */
  database(): Promise<DatabaseAddress>
  /** Stops what still runs and removes the folder. */
  close(): Promise<void>
}

/** Prepares everything but the bot itself, which is compiled anew. */
export async function openStage({
  mode,
  queues,
  profileDir,
  operators = ANA_ALONE,
  otherSystems = {},
}: StageOptions): Promise<Stage> {
  const entry = await buildBot()
  const dir = await mkdtemp(join(tmpdir(), 'spillway-bench-'))
  const redis = await startRedis()
  const slack = await startFakeSlack({
    users: operators.people.map((id) => ({ id })),
    channels: [{ id: OPS, name: 'queue-ops', members: ['U0SPILLWAY', ...operators.people] }],
  })
  const [port, slackPort] = [await freePort(), await freePort()]
  const config = configOf({ mode, queues, operators, otherSystems, redis, slack, port, slackPort })
  await writeFile(join(dir, 'spillway.yml'), JSON.stringify(config))
  const url = `http://127.0.0.1:${port}`
  let running: Bot | null = null
  return {
    redis,
    slack,
    url,
    slackUrl: `http://127.0.0.1:${slackPort}`,
    async start() {
      const bot = await startBot({ entry, dir, url, profileDir })
      running = bot
      return {
        ...bot,
        stop: async () => {
          running = null
          await bot.stop()
        },
      }
    },
    database: () => databaseIn(dir),
    async close() {
      await running?.stop()
      await slack.close()
      await redis.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** The running server writes down where its socket is, in the fifth line. */
async function databaseIn(dir: string): Promise<DatabaseAddress> {
  const file = join(dir, '.spillway/postgres/cluster/postmaster.pid')
  const host = (await readFile(file, 'utf8')).split('\n')[4]
  if (host === undefined) throw new Error(`${file} does not name a socket`)
  return { host, user: 'spillway', database: 'spillway' }
}

interface Places extends Required<
  Pick<StageOptions, 'mode' | 'queues' | 'operators' | 'otherSystems'>
> {
  readonly redis: RedisServer
  readonly slack: FakeSlack
  readonly port: number
  readonly slackPort: number
}

/** JSON is YAML, too. */
const configOf = ({
  mode,
  queues,
  operators: { people, actions },
  otherSystems,
  redis,
  slack,
  port,
  slackPort,
}: Places): object => ({
  instance: 'bench',
  ops_channel: OPS,
  systems: {
    [SYSTEM]: { kind: 'bullmq', url: redis.url, queues },
    ...Object.fromEntries(
      Object.entries(otherSystems).map(([name, other]) => [name, { kind: 'bullmq', ...other }]),
    ),
  },
  roles: {
    operator: {
      users: people,
      queues: ['*'],
      actions: [...actions, 'freeze'],
      approves: people.length > 1 ? actions : [],
    },
  },
  alerts: { alertmanager: { bearer: [ALERT_TOKEN] } },
  slack: {
    mode,
    bot_token: slack.token,
    app_token: APP_TOKEN,
    signing_secret: SIGNING_SECRET,
    port: slackPort,
    api_url: slack.url,
  },
  http: { port },
})
