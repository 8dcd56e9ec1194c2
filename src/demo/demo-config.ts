import type { Config } from '../config/types.ts'
import { ACTION_KINDS } from '../domain/action.ts'
import { ALL_TIERS } from '../domain/policy.ts'
import {
  DEFAULT_AUDIT,
  DEFAULT_POLICY,
  DEFAULT_RECOVERY,
  DEFAULT_REPLAY,
  DEFAULT_VAULT,
  type QueueRule,
  type Settings,
} from '../domain/settings.ts'
import { SYSTEM, TIERS } from './estate-queues.ts'
import {
  APP_TOKEN,
  AUDIT_CHANNEL,
  BOT_TOKEN,
  LEAD,
  ON_CALL_GROUP,
  OPERATOR,
  OPS_CHANNEL,
} from './workspace.ts'

export const ALERT_TOKEN = 'demo-alertmanager'

const MINUTE_MS = 60_000

export interface DemoAddresses {
  readonly redisUrl: string
  readonly slackUrl: string
  readonly httpPort: number
  /** Where the embedded database keeps its files. */
  readonly databaseDir: string
}

/** The configuration of the demo: the sample estate with its tiers, and roles for the people of the local Slack. */
export const demoConfig = (addresses: DemoAddresses): Config => ({
  settings: demoSettings(),
  systems: [
    {
      kind: 'bullmq',
      name: SYSTEM,
      url: addresses.redisUrl,
      prefix: 'bull',
      queues: [],
      scanPauseMs: 200,
      majors: null,
    },
  ],
  slack: {
    mode: 'socket',
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    signingSecret: null,
    port: 0,
    host: '127.0.0.1',
    apiUrl: `${addresses.slackUrl}/api/`,
  },
  secondWorkspace: null,
  probes: [],
  alertSources: [{ kind: 'alertmanager', bearerTokens: [ALERT_TOKEN] }],
  http: { host: '127.0.0.1', port: addresses.httpPort },
  database: { url: null, appUrl: null, dataDir: addresses.databaseDir },
  logLevel: 'error',
})

const demoSettings = (): Settings => ({
  instance: 'demo',
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  opsChannel: OPS_CHANNEL.id,
  queueRules: TIERS.map(queueRule),
  roles: [
    {
      name: 'operator',
      users: [],
      groups: [ON_CALL_GROUP.id],
      queues: ['*'],
      tiers: ALL_TIERS,
      actions: [...ACTION_KINDS, 'freeze'],
      approves: [],
      breaksGlass: [],
    },
    // May do the same, judges what others ask for, and may break the glass.
    {
      name: 'lead',
      users: [LEAD.id],
      groups: [],
      queues: ['*'],
      tiers: ALL_TIERS,
      actions: [...ACTION_KINDS, 'freeze'],
      approves: ACTION_KINDS,
      breaksGlass: ACTION_KINDS,
    },
  ],
  mapping: {
    queueLabels: ['queue'],
    systemLabels: ['system'],
    defaultSystem: SYSTEM,
    severityLabel: 'severity',
    severities: { page: 'SEV1', critical: 'SEV2', warning: 'SEV3', info: 'SEV4' },
  },
  rooms: {
    template: 'inc-{yymmdd}-{slug}-{id}',
    isPrivate: false,
    invite: [OPERATOR.id, LEAD.id],
    maxAutomatic: 5,
    windowMs: 10 * MINUTE_MS,
    reopenMs: 15 * MINUTE_MS,
  },
  policy: DEFAULT_POLICY,
  audit: { ...DEFAULT_AUDIT, anchorChannel: AUDIT_CHANNEL.id },
  vault: DEFAULT_VAULT,
  // Nobody watches a demo for a quarter of an hour.
  replay: { ...DEFAULT_REPLAY, watchMs: 2000 },
  recovery: { ...DEFAULT_RECOVERY, forMs: 12_000 },
  remedies: [],
  commands: { queue: '/queue', incident: '/incident' },
})

const queueRule = ([glob, tier]: (typeof TIERS)[number]): QueueRule => ({
  match: `${SYSTEM}/${glob}`,
  tier,
  owners: [],
  group: null,
  thresholds: { waiting: 500, active: 100, failed: 50, delayed: 2000, oldestMs: 30 * MINUTE_MS },
})
