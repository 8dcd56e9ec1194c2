import type { LabelMapping } from './alert.ts'
import { matchesGlob } from './glob.ts'
import type { ApprovalRule, Role } from './policy.ts'
import { queueKey, type QueueRef, type QueueTier } from './queue.ts'
import type { Remedy } from './remedy.ts'
import type { RampStep } from './replay.ts'

/** What the configuration says of the queues that match a glob. */
export interface QueueRule {
  /** Over `system/queue`; the first rule that matches counts. */
  readonly match: string
  readonly tier: QueueTier
  /** Slack user or user group ids to invite. */
  readonly owners: readonly string[]
  /** Queues of one group share an incident. */
  readonly group: string | null
  readonly thresholds: Thresholds
}

/** Above these a number is shown as alarming. */
export interface Thresholds {
  readonly waiting: number | null
  readonly active: number | null
  readonly failed: number | null
  readonly delayed: number | null
  readonly oldestMs: number | null
}

export interface RoomSettings {
  /** With {yymmdd}, {slug}, {id} and {ts}. */
  readonly template: string
  readonly isPrivate: boolean
  /** Slack user or user group ids invited to every room. */
  readonly invite: readonly string[]
  /** Automatic rooms in any `windowMs`; the storm's own room is one of them. */
  readonly maxAutomatic: number
  readonly windowMs: number
  readonly reopenMs: number
}

/** How long plans and requests stand, and what counts as too much. */
export interface PolicySettings {
  /** The first rule that names the queue, its tier and the action counts; without one, one approver is enough. */
  readonly approvers: readonly ApprovalRule[]
  /** From the preview to its confirmation. */
  readonly planTtlMs: number
  /** From the confirmation to the last approval. */
  readonly approvalTtlMs: number
  /** Between two reminders of a request that waits for approval. */
  readonly remindMs: number
  /** Between two reminders of a hold without an end. */
  readonly holdReminderMs: number
  /** 0 to 1: by so much of what was shown a queue may change before the plan is void. */
  readonly driftShare: number
  /** Confirmed actions in any `windowMs`. */
  readonly limits: {
    readonly perPerson: number
    readonly perQueue: number
    readonly windowMs: number
  }
}

/** Where the head of the audit trail is kept outside the database. */
export interface AuditSettings {
  readonly anchorEveryMs: number
  /** Channel id or name; null: the ops channel. */
  readonly anchorChannel: string | null
  /** An append-only file, beside the channel; absolute. */
  readonly anchorFile: string | null
}

/** How long the vault keeps what was put into it. */
export interface VaultSettings {
  /** From the quarantine on; null keeps it until somebody acts. */
  readonly keepMs: number | null
  /** Before anything expires, its owner is warned so much earlier. */
  readonly warnMs: number
}

/** How jobs are replayed where nobody says otherwise. */
export interface ReplaySettings {
  readonly steps: readonly RampStep[]
  readonly inFlight: number | null
  readonly perMinute: number | null
  readonly watchMs: number
  readonly patienceMs: number
  /** 0 to 1. */
  readonly success: number
  /** On queues of these tiers a wave is followed by the next one only by a person's click. */
  readonly byHand: readonly QueueTier[]
  /** Live jobs that wait for longer than this, because of the replay, hold it; in ms. */
  readonly maxWaitMs: number
}

/** When a queue counts as recovered (runbook E10). */
export interface RecoverySettings {
  readonly forMs: number
  /** Fewer failed jobs than this may be left. */
  readonly maxFailed: number
  /** 0 to 1. */
  readonly success: number
  /** Whether an incident whose alerts are resolved is resolved by itself once the checklist holds. */
  readonly resolves: boolean
}

/** The part of the configuration that rules are made of; addresses and secrets stay in `config/`. */
export interface Settings {
  /** Names this installation, in the audit trail and in metrics. */
  readonly instance: string
  readonly timeZone: string
  /** Channel id or name. */
  readonly opsChannel: string
  readonly queueRules: readonly QueueRule[]
  readonly roles: readonly Role[]
  readonly mapping: LabelMapping
  readonly rooms: RoomSettings
  readonly policy: PolicySettings
  readonly audit: AuditSettings
  readonly vault: VaultSettings
  readonly replay: ReplaySettings
  readonly recovery: RecoverySettings
  /** Before those that everybody knows. */
  readonly remedies: readonly Remedy[]
  readonly commands: { readonly queue: string; readonly incident: string }
}

/** What counts where the configuration says nothing. */
export const DEFAULT_RULE: Omit<QueueRule, 'match'> = {
  tier: 'medium',
  owners: [],
  group: null,
  thresholds: { waiting: 5000, active: 100, failed: 50, delayed: 2000, oldestMs: 30 * 60_000 },
}

const MINUTE_MS = 60_000

export const DEFAULT_POLICY: PolicySettings = {
  approvers: [],
  planTtlMs: 15 * MINUTE_MS,
  approvalTtlMs: 30 * MINUTE_MS,
  remindMs: 5 * MINUTE_MS,
  holdReminderMs: 60 * MINUTE_MS,
  driftShare: 0.25,
  limits: { perPerson: 30, perQueue: 20, windowMs: 10 * MINUTE_MS },
}

export const DEFAULT_AUDIT: AuditSettings = {
  anchorEveryMs: 5 * MINUTE_MS,
  anchorChannel: null,
  anchorFile: null,
}

const DAY_MS = 24 * 60 * MINUTE_MS

export const DEFAULT_VAULT: VaultSettings = { keepMs: 90 * DAY_MS, warnMs: 7 * DAY_MS }

/** The rule for a queue; one that no rule names counts as medium, with the thresholds of the field (5,000 waiting, 50 failed). */
export const ruleFor = (settings: Pick<Settings, 'queueRules'>, ref: QueueRef): QueueRule =>
  settings.queueRules.find((rule) => matchesGlob(rule.match, queueKey(ref))) ?? {
    match: queueKey(ref),
    ...DEFAULT_RULE,
  }

/** What makes alerts one incident: the queue's group where one is configured, else the queue. */
export function incidentKey(settings: Pick<Settings, 'queueRules'>, ref: QueueRef): string {
  const { group } = ruleFor(settings, ref)
  return group === null ? `queue:${queueKey(ref)}` : `group:${group}`
}

export const DEFAULT_REPLAY: ReplaySettings = {
  steps: [{ jobs: 10 }, { share: 0.05 }, { share: 0.25 }, { share: 1 }],
  inFlight: 500,
  perMinute: null,
  watchMs: 30_000,
  patienceMs: 10 * MINUTE_MS,
  success: 0.95,
  byHand: ['critical'],
  maxWaitMs: 15 * MINUTE_MS,
}

export const DEFAULT_RECOVERY: RecoverySettings = {
  forMs: 15 * MINUTE_MS,
  maxFailed: 10,
  success: 0.95,
  resolves: true,
}
