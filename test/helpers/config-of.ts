import type { RunningApp } from '../../src/app.ts'
import type { Config } from '../../src/config/types.ts'
import { ACTION_KINDS } from '../../src/domain/action.ts'
import { ALL_TIERS } from '../../src/domain/policy.ts'
import {
  DEFAULT_AUDIT,
  DEFAULT_POLICY,
  DEFAULT_RECOVERY,
  DEFAULT_REPLAY,
  DEFAULT_VAULT,
  type Settings,
} from '../../src/domain/settings.ts'
import type { FakeSlack } from '../slack/fake-slack/server.ts'
import type { FakeSlackSetup } from '../slack/fake-slack/state.ts'
import { SIGNING_SECRET } from '../slack/signed.ts'

export const ANA = 'U0ANA'
export const BEN = 'U0BEN'
/** Knows nobody's role. */
export const VIC = 'U0VIC'
export const OPS = 'C0OPS'
const ALERT_TOKEN = 'alert-token'

/** The workspace of every test: two who may act, one who may not, and the ops channel. */
export const WORKSPACE: FakeSlackSetup = {
  users: [{ id: ANA }, { id: BEN }, { id: VIC }],
  groups: { S0ONCALL: [ANA, BEN] },
  channels: [{ id: OPS, name: 'queue-ops', members: ['U0SPILLWAY', ANA, BEN, VIC] }],
}

export interface WebhookAlert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Record<string, string>
  readonly annotations: Record<string, string>
  readonly startsAt: string
  readonly endsAt: string
  readonly fingerprint: string
}

export interface ConfigOptions {
  readonly redis: { readonly url: string }
  readonly queues?: readonly string[]
  readonly settings?: Partial<Settings>
  readonly probes?: Config['probes']
  /** Watched beside `sales`. */
  readonly otherSystems?: readonly { readonly name: string; readonly url: string }[]
}

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

/** The configuration of a bot between this Redis and this Slack. */
export const configOf = (
  { redis, queues = [], settings = {}, probes = [], otherSystems = [] }: ConfigOptions,
  slack: Pick<FakeSlack, 'url' | 'token'>,
): Config => ({
  settings: { ...aSettings(), ...settings },
  systems: [{ name: 'sales', url: redis.url, queues }, ...otherSystems].map((system) => ({
    kind: 'bullmq',
    prefix: 'bull',
    queues: [],
    scanPauseMs: null,
    majors: null,
    ...system,
  })),
  slack: {
    mode: 'http',
    botToken: slack.token,
    appToken: null,
    signingSecret: SIGNING_SECRET,
    port: 0,
    host: '127.0.0.1',
    apiUrl: slack.url,
  },
  secondWorkspace: null,
  probes,
  alertSources: [
    { kind: 'alertmanager', bearerTokens: [ALERT_TOKEN] },
    { kind: 'json', bearerTokens: [ALERT_TOKEN] },
  ],
  http: { host: '127.0.0.1', port: 0 },
  database: { url: null, appUrl: null, dataDir: '/nowhere' },
  logLevel: 'error',
})

export const aSettings = (): Settings => ({
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
      tiers: ALL_TIERS,
      actions: [...ACTION_KINDS, 'freeze'],
      approves: ACTION_KINDS,
      breaksGlass: [],
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
  policy: DEFAULT_POLICY,
  // An anchor every five minutes by the wall clock would now and then come between a test and its count.
  audit: { ...DEFAULT_AUDIT, anchorEveryMs: 24 * 60 * MINUTE_MS },
  vault: DEFAULT_VAULT,
  replay: DEFAULT_REPLAY,
  recovery: DEFAULT_RECOVERY,
  remedies: [],
  commands: { queue: '/queue', incident: '/incident' },
})
