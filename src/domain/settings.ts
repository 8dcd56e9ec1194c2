import type { LabelMapping } from './alert.ts'
import { matchesGlob } from './glob.ts'
import type { Role } from './policy.ts'
import { queueKey, type QueueRef, type QueueTier } from './queue.ts'

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
  readonly commands: { readonly queue: string; readonly incident: string }
}

/** What counts where the configuration says nothing. */
export const DEFAULT_RULE: Omit<QueueRule, 'match'> = {
  tier: 'medium',
  owners: [],
  group: null,
  thresholds: { waiting: 5000, active: 100, failed: 50, delayed: 2000, oldestMs: 30 * 60_000 },
}

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
