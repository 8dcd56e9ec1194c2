import type { Pool } from 'pg'
import { onTestFinished } from 'vitest'

import { startApp, type Overrides, type RunningApp } from '../../src/app.ts'
import { APP_ROLE, openPool } from '../../src/store/pool.ts'
import { startFakeSlack, type FakeSlack } from '../slack/fake-slack/server.ts'
import { createPerson, type Person } from '../slack/signed.ts'
import {
  anAlert,
  configOf,
  OPS,
  postAlert,
  webhook,
  WORKSPACE,
  type ConfigOptions,
  type WebhookAlert,
} from './config-of.ts'
import { eventually } from './eventually.ts'
import { createTestLog } from './log.ts'
import { freshDatabase, type PrivateServer, type TestDatabase } from './postgres.ts'
import { silentLog } from './silent-log.ts'

/** The whole bot between a real PostgreSQL, a real Redis and a fake Slack. */
export interface World {
  readonly slack: FakeSlack
  readonly database: Pick<TestDatabase, 'owner'>
  readonly app: () => RunningApp
  readonly log: ReturnType<typeof createTestLog>
  /** Rows of our own database, as its owner sees them. */
  query<R extends object>(text: string, values?: readonly unknown[]): Promise<R[]>
  person(user: string): Person
  /** The same person where Slack happens to reach another replica. */
  personAt(replica: RunningApp, user: string): Person
  /** Posts to the alert route; the body goes out as it is. */
  post(
    body: unknown,
    options?: { readonly source?: string; readonly token?: string },
  ): Promise<Response>
  /** One alert as Alertmanager sends it. */
  fire(labels: Record<string, string>, alert?: Partial<WebhookAlert>): Promise<Response>
  /** Waits for the room of the only incident; gives its channel id. */
  room(): Promise<string>
  /** Texts of the messages that anybody sees in a channel. */
  texts(channel: string): readonly string[]
  /** Stops the bot in order, starts it again on the same rows. */
  restart(): Promise<void>
  /** A second replica on the same rows; its alert address. */
  replica(): Promise<RunningApp>
}

export interface WorldOptions extends ConfigOptions {
  readonly overrides?: Overrides
  /** A server that the test may stop; else a fresh database of the shared one. */
  readonly postgres?: PrivateServer
  /** False when something that it needs is away from the beginning. */
  readonly isAwaited?: boolean
  /** Runs before the bot starts. */
  readonly prepare?: (slack: FakeSlack) => void
}

export async function createWorld(options: WorldOptions): Promise<World> {
  const { postgres } = options
  const database = postgres === undefined ? await freshDatabase() : databaseOf(postgres)
  const slack = await startFakeSlack(WORKSPACE)
  const log = createTestLog()
  const config = configOf(options, slack)
  const start = (): Promise<RunningApp> =>
    startApp(config, {
      log,
      database: {
        owner: database.owner,
        app: database.owner,
        isEmbedded: false,
        stop: async () => {},
      },
      ...options.overrides,
    })
  options.prepare?.(slack)
  let app = await start()
  const replicas: RunningApp[] = []
  onTestFinished(async () => {
    await Promise.all([app, ...replicas].map((each) => each.stop()))
    await slack.close()
    await database.drop()
  })
  if (options.isAwaited !== false) await connected(app)
  const pool = database.openAppPool({ max: 2 })
  return {
    slack,
    database,
    log,
    app: () => app,
    query: async (text, values = []) => (await pool.query(text, [...values])).rows as never,
    person: (user) => personAt(slack, app, user),
    personAt: (replica, user) => personAt(slack, replica, user),
    post: (body, sending) => postAlert(app, body, sending),
    fire: (labels, alert) => postAlert(app, webhook([anAlert(labels, alert)])),
    room: () => roomOf(slack),
    texts: (channel) => slack.state.channels.get(channel)?.messages.map(({ text }) => text) ?? [],
    async restart() {
      await app.stop()
      app = await start()
      await connected(app)
    },
    async replica() {
      const second = await start()
      replicas.push(second)
      await connected(second)
      return second
    },
  }
}

const personAt = (slack: FakeSlack, app: RunningApp, user: string): Person =>
  createPerson(slack, `http://127.0.0.1:${app.slack.status().port}`, user)

/** The only database of a private server, empty until the bot prepares it. */
function databaseOf({ owner }: PrivateServer): TestDatabase {
  const pools: Pool[] = []
  return {
    owner,
    openAppPool: (options = {}) => {
      const pool = openPool(owner, { role: APP_ROLE, log: silentLog, ...options })
      pools.push(pool)
      return pool
    },
    drop: async () => {
      await Promise.all(pools.map((pool) => pool.end()))
    },
  }
}

export const connected = (app: RunningApp): Promise<unknown> =>
  eventually('the bot is connected and takes jobs', async () => {
    const ready = await fetch(`${app.url}/readyz`)
    return ready.ok && app.slack.status().state === 'connected'
  })

const roomOf = (slack: FakeSlack): Promise<string> =>
  eventually('a room with its headline pinned', () => {
    const rooms = [...slack.state.channels.values()].filter((channel) => channel.id !== OPS)
    return rooms.find((channel) => channel.pins.size > 0)?.id
  })
