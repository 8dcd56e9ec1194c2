import type { Accounts } from './accounts.ts'
import type { Approval, Hold, Plan, Review, ThrottleHold } from './action.ts'
import type { TrackedAlert } from './alert.ts'
import type { Incident, RoomStep, TimelineEntry } from './incident.ts'
import type { Unreadable } from './ports/alert-store.ts'
import type { Freeze } from './ports/store.ts'
import type { PauseHazard, QueueDetail, QueueOverview, QueueRef, SystemHealth } from './queue.ts'
import type { Recovery } from './recovery.ts'
import type { QueueRule } from './settings.ts'
import type { ReplayView } from './views-replay.ts'

/** Live numbers, or why there are none: a view never shows a zero that it did not measure. */
export type Live<T> =
  | { readonly isLive: true; readonly value: T; readonly at: Date }
  | { readonly isLive: false; readonly problem: string }

/** Tokens of the buttons that a message shows; an absent one is not offered. */
export interface Tokens {
  readonly ack?: string
  readonly pause?: string
  readonly resume?: string
  readonly throttle?: string
  readonly status?: string
  readonly failed?: string
  readonly resolve?: string
  readonly unfreeze?: string
  readonly plan?: string
  readonly quarantine?: string
  readonly retry?: string
  readonly unstick?: string
  readonly release?: string
  /** The first few of a vault set. */
  readonly replay?: string
  /** The next page. */
  readonly next?: string
  /** Runs a probe that has side effects. */
  readonly probe?: string
}

/** Where times are shown and what the slash commands are called here. */
export interface Locale {
  readonly timeZone: string
  readonly commands: { readonly queue: string; readonly incident: string }
}

export interface HeadlineView {
  readonly incident: Incident
  /** Firing ones first, then the latest. */
  readonly alerts: readonly TrackedAlert[]
  readonly firing: number
  readonly rule: QueueRule | null
  readonly queue: Live<QueueOverview> | null
  /** Where the queue does not exist: one of a similar name that does. */
  readonly nearest: string | null
  /** Other queues of the same group that alerts name, the worst first. */
  readonly others: readonly GroupQueue[]
  readonly hazards: readonly PauseHazard[]
  readonly holds: readonly Hold[]
  readonly throttles: readonly ThrottleHold[]
  readonly steps: readonly RoomStep[]
  /** A storm's lines, worst first. */
  readonly lines: readonly Incident[]
  readonly freeze: Freeze | null
  /** Plans that wait for approval on its account. */
  readonly pending: readonly Plan[]
  /** Whether its queues have recovered, while that is checked; null where nobody checks. */
  readonly recovery?: Recovery | null
  readonly tokens: Tokens
  readonly at: Date
}

/** The one line about an incident in the ops channel. */
export interface AnnouncementView {
  readonly incident: Incident
  readonly firing: number
  readonly lineCount: number
  readonly summary: string
}

export interface GroupQueue {
  readonly overview: QueueOverview
  readonly rule: QueueRule
}

export interface QueueLine {
  readonly overview: QueueOverview
  readonly rule: QueueRule
  readonly holds: readonly Hold[]
  readonly throttles: readonly ThrottleHold[]
}

/** Queues of one or several systems, alarming ones first. */
export interface QueueListView {
  readonly lines: readonly QueueLine[]
  /** How many matched, of which `lines` may be the first few. */
  readonly matched: number
  readonly filter: string | null
  readonly health: readonly SystemHealth[]
  /** Systems that did not answer, in words. */
  readonly problems: readonly string[]
  /** Systems whose first search has not ended: more queues may turn up. */
  readonly searching: readonly string[]
  readonly at: Date
}

export interface StatusView {
  readonly line: QueueLine
  readonly detail: QueueDetail
  /** As in `HeadlineView`. */
  readonly nearest: string | null
  readonly hazards: readonly PauseHazard[]
  readonly health: SystemHealth
  readonly incident: Incident | null
  readonly tokens: Tokens
  readonly at: Date
}

export interface HeldView {
  readonly holds: readonly Hold[]
  readonly throttles: readonly ThrottleHold[]
  readonly freeze: Freeze | null
  /** Queues that are paused though Spillway holds none of them. */
  readonly foreign: readonly QueueRef[]
  /** Queues with limits though Spillway throttles none of them: others set these, for good perhaps. */
  readonly limited: readonly Pick<QueueOverview, 'ref' | 'throttle'>[]
  readonly problems: readonly string[]
  readonly tokens: Tokens
  readonly at: Date
}

/** What the confirmation modal shows. */
export interface PlanView {
  readonly plan: Plan
  /** Of all its queues. */
  readonly holds: readonly Hold[]
  /** Paused though Spillway holds none of them. */
  readonly foreign: readonly QueueRef[]
  readonly hazards: readonly PauseHazard[]
  readonly choices: readonly HoldChoice[]
  readonly isReasonRequired: boolean
  /** Approvals of other people that it needs as previewed; 0 for none. */
  readonly approvalsNeeded: number
  /** Slack user ids of who may approve, without the person who asks; empty if not needed, or nobody may. */
  readonly approvers: readonly string[]
  readonly canBreakGlass: boolean
  /** Channels in which its card is shown, by id or name; none while a room is not open yet. */
  readonly places: readonly string[]
  /** Set when this preview replaces one that no longer held: why. */
  readonly drift: string | null
  /** The number of the plan that it takes back. */
  readonly undoes: number | null
  readonly at: Date
}

export interface HoldChoice {
  /** Null: until somebody resumes. */
  readonly holdMs: number | null
  readonly isDefault: boolean
  readonly needsApproval: boolean
}

/**
 * A plan's own message, from its request to its outcome: in the room (else the ops channel), and sent to
 * those who may approve it.
 */
export interface PlanCardView {
  readonly plan: Plan
  readonly accounts: Accounts
  readonly approvals: readonly Approval[]
  /** Slack user ids of who may approve it, while it waits. */
  readonly approvers: readonly string[]
  readonly review: Review | null
  /** Holds of this plan. */
  readonly holds: readonly Hold[]
  /** Channels in which it is shown, by id or name, while it waits: where whoever judges it can ask back. */
  readonly places: readonly string[]
  /** What a start that waits for approval would end. */
  readonly stops: Stops
  readonly freeze: Freeze | null
  /** Queues per second, and when the rest is done at that rate; null before anything was measured. */
  readonly progress: { readonly perMinute: number; readonly leftMs: number } | null
  /** Of a replay, once it has begun. */
  readonly replay: ReplayView | null
  readonly tokens: PlanTokens
  readonly at: Date
}

/** What keeps queues stopped now: holds, whoever set them, and pauses that nobody's hold accounts for. */
export interface Stops {
  readonly holds: readonly Hold[]
  readonly foreign: readonly QueueRef[]
}

/** Tokens of the buttons on a plan's card; an absent one is not offered. */
export interface PlanTokens {
  readonly approve?: string
  readonly reject?: string
  readonly withdraw?: string
  readonly stop?: string
  readonly undo?: string
  readonly signOff?: string
  /** Plans the same again after it expired or no longer held. */
  readonly again?: string
  /** Of a replay: hold it, let it go on, start the next wave. */
  readonly hold?: string
  readonly goOn?: string
  readonly promote?: string
  /** What it left, or what its canary stood for. */
  readonly rest?: string
  readonly outcomes?: string
}

/** What waits for somebody: requests for approval, and break-glass actions that nobody has signed off. */
export interface PendingView {
  readonly requested: readonly PlanCardView[]
  readonly unsigned: readonly PlanCardView[]
  readonly at: Date
}

export interface IncidentListView {
  readonly incidents: readonly Incident[]
  readonly isIncludingResolved: boolean
  /** Requests of alert senders that nobody could make sense of lately, the latest first. */
  readonly unreadable: readonly Unreadable[]
  readonly at: Date
}

export interface IncidentStatusView {
  readonly headline: HeadlineView
  readonly timeline: readonly TimelineEntry[]
}
