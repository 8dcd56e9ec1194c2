import { resolve } from 'node:path'

import type {
  PolicySettings,
  RecoverySettings,
  ReplaySettings,
  Settings,
} from '../domain/settings.ts'
import type { ConfigFile } from './schema.ts'
import type {
  AlertSourceConfig,
  Config,
  ProbeConfig,
  SecondWorkspaceConfig,
  SystemConfig,
} from './types.ts'

/** A checked file → what the program works with. Relative paths count from `directory`, the file's own. */
export const buildConfig = (file: ConfigFile, directory: string): Config => ({
  settings: settingsOf(file, directory),
  systems: systemsOf(file),
  slack: {
    mode: file.slack.mode,
    botToken: file.slack.bot_token,
    appToken: file.slack.app_token,
    signingSecret: file.slack.signing_secret,
    host: file.slack.host,
    port: file.slack.port,
    apiUrl: file.slack.api_url,
  },
  secondWorkspace: secondOf(file),
  probes: probesOf(file),
  alertSources: sourcesOf(file),
  http: file.http,
  database: {
    url: file.database.url,
    appUrl: file.database.app_url,
    dataDir: resolve(directory, file.database.data_dir),
  },
  logLevel: file.log_level,
})

const settingsOf = (file: ConfigFile, directory: string): Settings => ({
  instance: file.instance,
  timeZone: file.time_zone,
  opsChannel: file.ops_channel,
  queueRules: file.queues.map(({ thresholds: { oldest, ...counts }, ...rule }) => ({
    ...rule,
    thresholds: { ...counts, oldestMs: oldest },
  })),
  roles: Object.entries(file.roles).map(([name, { break_glass: breaksGlass, ...role }]) => ({
    name,
    ...role,
    breaksGlass,
  })),
  mapping: {
    queueLabels: file.alerts.mapping.queue_labels,
    systemLabels: file.alerts.mapping.system_labels,
    defaultSystem: file.alerts.mapping.default_system,
    severityLabel: file.alerts.mapping.severity_label,
    severities: file.alerts.mapping.severities,
  },
  rooms: {
    template: file.rooms.template,
    isPrivate: file.rooms.private,
    invite: file.rooms.invite,
    maxAutomatic: file.rooms.max_automatic,
    windowMs: file.rooms.window,
    reopenMs: file.rooms.reopen_within,
  },
  policy: policyOf(file),
  audit: {
    anchorEveryMs: file.audit.anchor_every,
    anchorChannel: file.audit.channel,
    anchorFile: file.audit.file === null ? null : resolve(directory, file.audit.file),
  },
  vault: { keepMs: file.vault.keep, warnMs: file.vault.warn },
  replay: replayOf(file),
  recovery: recoveryOf(file),
  remedies: file.remedies,
  commands: file.commands,
})

const policyOf = ({ policy }: ConfigFile): PolicySettings => ({
  approvers: policy.approvals.map(({ approvers: count, ...rule }) => ({ ...rule, count })),
  planTtlMs: policy.plan_ttl,
  approvalTtlMs: policy.approval_ttl,
  remindMs: policy.remind,
  holdReminderMs: policy.hold_reminder,
  driftShare: policy.drift,
  limits: {
    perPerson: policy.limits.per_person,
    perQueue: policy.limits.per_queue,
    windowMs: policy.limits.window,
  },
})

const replayOf = ({ replay }: ConfigFile): ReplaySettings => ({
  steps: replay.ramp,
  inFlight: replay.in_flight,
  perMinute: replay.per_minute,
  watchMs: replay.watch,
  patienceMs: replay.patience,
  success: replay.success,
  byHand: replay.by_hand,
  maxWaitMs: replay.max_wait,
})

const recoveryOf = ({ recovery }: ConfigFile): RecoverySettings => ({
  forMs: recovery.for,
  maxFailed: recovery.max_failed,
  success: recovery.success,
  resolves: recovery.resolves,
})

const systemsOf = (file: ConfigFile): SystemConfig[] =>
  Object.entries(file.systems).map(([name, { scan_pause: scanPauseMs, ...system }]) => ({
    name,
    ...system,
    scanPauseMs,
  }))

const probesOf = (file: ConfigFile): ProbeConfig[] =>
  file.probes.map(({ within: withinMs, ...probe }) => ({ ...probe, withinMs }))

const sourcesOf = (file: ConfigFile): AlertSourceConfig[] =>
  (['alertmanager', 'json'] as const).flatMap((kind) => {
    const source = file.alerts[kind]
    return source === null ? [] : [{ kind, bearerTokens: source.bearer }]
  })

const secondOf = ({ audit: { second } }: ConfigFile): SecondWorkspaceConfig | null =>
  second === null
    ? null
    : { botToken: second.bot_token, channel: second.channel, apiUrl: second.api_url }
