import type { Pool } from 'pg'
import { onTestFinished } from 'vitest'

import { startApp, type Overrides, type RunningApp } from '../../src/app.ts'
import type { Config } from '../../src/config/types.ts'
import type { RedisServer } from '../../src/demo/redis-server.ts'
import type { Settings } from '../../src/domain/settings.ts'
import { APP_ROLE, openPool } from '../../src/store/pool.ts'
import { startFakeSlack, type FakeSlack } from '../slack/fake-slack/server.ts'
import { createPerson, SIGNING_SECRET, type Person } from '../slack/signed.ts'
import { eventually } from './eventually.ts'
import { createTestLog } from './log.ts'
import { freshDatabase, type PrivateServer, type TestDatabase } from './postgres.ts'
import { silentLog } from './silent-log.ts'

export const ANA = 'U0ANA'
export const BEN = 'U0BEN'
/** Knows nobody's role. */
export const VIC = 'U0VIC'
export const OPS = 'C0OPS'
const ALERT_TOKEN = 'alert-token'

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

export interface WebhookAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Record<string, string>
  readonly annotations: Record<string, string>
  readonly startsAt: string
  readonly endsAt: string
  readonly fingerprint: string
}

export interface WorldOptions {
  readonly redis: Pick<RedisServer, 'url'>
  readonly queues?: readonly string[]
  readonly settings?: Partial<Settings>
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
  const slack = await startFakeSlack({
    users: [{ id: ANA }, { id: BEN }, { id: VIC }],
    groups: { S0ONCALL: [ANA, BEN] },
    channels: [{ id: OPS, name: 'queue-ops', members: ['U0SPILLWAY', ANA, BEN, VIC] }],
  })
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

export function postAlert(
  app: Pick<RunningApp, 'url'>,
  body: unknown,
  { source = 'alertmanager', token = ALERT_TOKEN } = {},
): Promise<Response> {
  return fetch(`${app.url}/alerts/${source}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

let fingerprints = 0

export function anAlert(
  labels: Record<string, string>,
  over: Partial<WebhookAlert> = {},
): WebhookAlert {
  fingerprints += 1
  return {
    status: 'firing',
    labels: { alertname: 'QueueBacklog', severity: 'critical', ...labels },
    annotations: { summary: `${labels['queue'] ?? 'something'} is deep` },
    startsAt: new Date().toISOString(),
    endsAt: '0001-01-01T00:00:00Z',
    fingerprint: `fp${fingerprints}`,
    ...over,
  }
}

export const webhook = (alerts: readonly WebhookAlert[]): object => ({
  version: '4',
  status: alerts.some(({ status }) => status === 'firing') ? 'firing' : 'resolved',
  receiver: 'spillway',
  groupKey: '{}:{}',
  truncatedAlerts: 0,
  groupLabels: {},
  commonLabels: {},
  commonAnnotations: {},
  externalURL: '',
  alerts,
})

const MINUTE_MS = 60_000

const configOf = (
  { redis, queues = [], settings = {} }: WorldOptions,
  slack: FakeSlack,
): Config => ({
  settings: { ...aSettings(), ...settings },
  systems: [
    {
      kind: 'bullmq',
      name: 'sales',
      url: redis.url,
      prefix: 'bull',
      queues,
      scanPauseMs: null,
      majors: null,
    },
  ],
  slack: {
    mode: 'http',
    botToken: slack.token,
    appToken: null,
    signingSecret: SIGNING_SECRET,
    port: 0,
    host: '127.0.0.1',
    apiUrl: slack.url,
  },
  alertSources: [
    { kind: 'alertmanager', bearerTokens: [ALERT_TOKEN] },
    { kind: 'json', bearerTokens: [ALERT_TOKEN] },
  ],
  http: { host: '127.0.0.1', port: 0 },
  database: { url: null, appUrl: null, dataDir: '/nowhere' },
  logLevel: 'error',
})

const aSettings = (): Settings => ({
  instance: 'test',
  timeZone: 'UTC',
  opsChannel: OPS,
  queueRules: [
    {
      match: 'sales/payment:*',
      tier: 'critical',
      owners: [BEN],
      group: null,
      thresholds: {
        waiting: 100,
        active: null,
        failed: 10,
        delayed: null,
        oldestMs: 30 * MINUTE_MS,
      },
    },
  ],
  roles: [
    {
      name: 'operator',
      users: [],
      groups: ['S0ONCALL'],
      queues: ['*'],
      actions: ['pause', 'resume', 'freeze'],
    },
  ],
  mapping: {
    queueLabels: ['queue'],
    systemLabels: ['system'],
    defaultSystem: null,
    severityLabel: 'severity',
    severities: { critical: 'SEV1', warning: 'SEV3' },
  },
  rooms: {
    template: 'inc-{yymmdd}-{slug}-{id}',
    isPrivate: false,
    invite: ['S0ONCALL'],
    maxAutomatic: 5,
    windowMs: 10 * MINUTE_MS,
    reopenMs: 15 * MINUTE_MS,
  },
  commands: { queue: '/queue', incident: '/incident' },
})
