import { z } from 'zod'

import { ACTION_KINDS } from '../domain/action.ts'
import { ALL_TIERS } from '../domain/policy.ts'
import { REMEDY_ACTIONS } from '../domain/remedy.ts'
import { DEFAULT_AUDIT, DEFAULT_POLICY, DEFAULT_RULE, DEFAULT_VAULT } from '../domain/settings.ts'
import { probes } from './schema-probes.ts'
import { recovery, replay } from './schema-replay.ts'
import {
  address,
  bearerToken,
  channel,
  databaseAddress,
  duration,
  flag,
  groupId,
  listOf,
  optional,
  pattern,
  personId,
  port,
  roomTemplate,
  section,
  share,
  slashCommand,
  timeZone,
  userId,
  whole,
  words,
} from './values.ts'

const count = whole(0, 1_000_000_000).nullable()
const usual = DEFAULT_RULE.thresholds

const thresholds = section({
  waiting: count.default(usual.waiting),
  active: count.default(usual.active),
  failed: count.default(usual.failed),
  delayed: count.default(usual.delayed),
  oldest: duration.nullable().default(usual.oldestMs),
})

const tier = z.enum(ALL_TIERS)
const tiers = listOf(tier)
  .check(z.minLength(1))
  .default([...ALL_TIERS])
const actionKind = z.enum(ACTION_KINDS)

const queueRule = section({
  match: words,
  tier: tier.default(DEFAULT_RULE.tier),
  owners: listOf(personId).default([]),
  group: optional(words),
  thresholds: thresholds.prefault({}),
})

const bullmqSystem = section({
  kind: z.literal('bullmq'),
  url: address(['redis', 'rediss']),
  prefix: words.default('bull'),
  queues: listOf(words).default([]),
  scan_pause: duration.nullable().default(500),
  majors: z
    .array(z.literal([4, 5, 6]))
    .min(1)
    .nullable()
    .default(null),
})

const role = section({
  users: listOf(userId).default([]),
  groups: listOf(groupId).default([]),
  queues: listOf(words),
  tiers,
  actions: listOf(z.enum([...ACTION_KINDS, 'freeze'])).default([]),
  approves: listOf(actionKind).default([]),
  break_glass: listOf(actionKind).default([]),
})

const approvalRule = section({
  match: words,
  tiers,
  actions: listOf(actionKind)
    .check(z.minLength(1))
    .default([...ACTION_KINDS]),
  approvers: whole(1, 10),
})

const { limits } = DEFAULT_POLICY
const policy = section({
  approvals: z.array(approvalRule).default([]),
  plan_ttl: duration.default(DEFAULT_POLICY.planTtlMs),
  approval_ttl: duration.default(DEFAULT_POLICY.approvalTtlMs),
  remind: duration.default(DEFAULT_POLICY.remindMs),
  hold_reminder: duration.default(DEFAULT_POLICY.holdReminderMs),
  drift: share.default(DEFAULT_POLICY.driftShare),
  limits: section({
    per_person: whole(1, 10_000).default(limits.perPerson),
    per_queue: whole(1, 10_000).default(limits.perQueue),
    window: duration.default(limits.windowMs),
  }).prefault({}),
})

const audit = section({
  anchor_every: duration.default(DEFAULT_AUDIT.anchorEveryMs),
  channel: optional(channel),
  file: optional(words),
  second: section({ bot_token: words, channel, api_url: optional(address(['http', 'https'])) })
    .nullable()
    .default(null),
})

const vault = section({
  keep: duration.nullable().default(DEFAULT_VAULT.keepMs),
  warn: duration.default(DEFAULT_VAULT.warnMs),
})

const remedy = section({
  pattern,
  cause: words,
  advice: words,
  action: z.enum(REMEDY_ACTIONS).nullable().default(null),
})

const severity = z.enum(['SEV1', 'SEV2', 'SEV3', 'SEV4'])

const mapping = section({
  queue_labels: listOf(words).default(['queue', 'queue_name']),
  system_labels: listOf(words).default(['system']),
  default_system: optional(words),
  severity_label: words.default('severity'),
  severities: z.record(z.string().toLowerCase(), severity).default({
    critical: 'SEV1',
    page: 'SEV1',
    error: 'SEV2',
    high: 'SEV2',
    warning: 'SEV3',
    info: 'SEV4',
    low: 'SEV4',
  }),
})

const source = section({ bearer: listOf(bearerToken).check(z.minLength(1)) })
  .nullable()
  .default(null)

const slack = section({
  mode: z.enum(['socket', 'http']).default('socket'),
  bot_token: words,
  app_token: optional(words),
  signing_secret: optional(words),
  host: words.default('127.0.0.1'),
  port: port.default(3000),
  api_url: optional(address(['http', 'https'])),
})

const systemName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,31}$/, {
  error: 'must be a system name: at most 32 small letters, digits, - . and _.',
})

/** `spillway.yml`, as people write it; durations come out in milliseconds. */
export const fileSchema = section({
  instance: words.default('spillway'),
  time_zone: timeZone.default('UTC'),
  ops_channel: channel,
  log_level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  systems: z.record(systemName, bullmqSystem),
  queues: z.array(queueRule).default([]),
  roles: z.record(words, role).default({}),
  alerts: section({
    alertmanager: source,
    json: source,
    mapping: mapping.prefault({}),
  }).prefault({}),
  rooms: section({
    template: roomTemplate.default('inc-{yymmdd}-{slug}-{id}'),
    private: flag.default(false),
    invite: listOf(personId).default([]),
    max_automatic: whole(1, 100).default(5),
    window: duration.default(600_000),
    reopen_within: duration.default(1_800_000),
  }).prefault({}),
  policy: policy.prefault({}),
  audit: audit.prefault({}),
  vault: vault.prefault({}),
  replay: replay.prefault({}),
  recovery: recovery.prefault({}),
  probes: probes.default([]),
  remedies: z.array(remedy).default([]),
  commands: section({
    queue: slashCommand.default('/queue'),
    incident: slashCommand.default('/incident'),
  }).prefault({}),
  slack,
  http: section({
    host: words.default('127.0.0.1'),
    port: port.default(8080),
  }).prefault({}),
  database: section({
    url: optional(databaseAddress),
    app_url: optional(databaseAddress),
    data_dir: words.default('.spillway'),
  }).prefault({}),
})

export type ConfigFile = z.output<typeof fileSchema>
