import type { Actor, Plan } from '../action.ts'
import type {
  Button,
  ButtonPurpose,
  MessageContent,
  MessageTarget,
  WantedMessage,
} from '../message.ts'
import type { QueueRef } from '../queue.ts'
import type { Alerts, Deliveries } from './alert-store.ts'
import type { Anchors, Audit, Payloads } from './audit-store.ts'
import type { Incidents, Rooms, Timeline } from './incident-store.ts'
import type { Approvals, Holds, Plans, Reviews, Throttles } from './plan-store.ts'
import type { Recoveries } from './recovery-store.ts'
import type { Replays } from './replay-store.ts'
import type { VaultReads } from './vault-reads.ts'
import type { Slices, Vault } from './vault-store.ts'

/**
 * Spillway's own state. Every repository works inside the transaction it was made for; `now` is always
 * passed in. All throw `OperatorError('database_unreachable')` when PostgreSQL does not answer.
 */
export interface Repositories {
  readonly deliveries: Deliveries
  readonly alerts: Alerts
  readonly incidents: Incidents
  readonly rooms: Rooms
  readonly timeline: Timeline
  readonly messages: Messages
  readonly buttons: Buttons
  readonly plans: Plans
  readonly slices: Slices
  readonly approvals: Approvals
  readonly reviews: Reviews
  readonly holds: Holds
  readonly throttles: Throttles
  readonly replays: Replays
  readonly recoveries: Recoveries
  readonly vault: Vault
  readonly vaultReads: VaultReads
  readonly audit: Audit
  readonly anchors: Anchors
  readonly payloads: Payloads
  readonly control: Control
  readonly work: Work
}

export interface Store {
  /** Repositories outside any transaction: each call commits by itself. */
  readonly now: Repositories
  /** All or nothing; what `work.enqueue` adds runs only after the commit. */
  transaction<T>(run: (repositories: Repositories) => Promise<T>): Promise<T>
  /** Resolves if the database answers within a second. */
  ping(): Promise<void>
}

/** Names of the durable tasks with what they get. The row behind the id is the truth, the job a hint. */
export interface Tasks {
  process_delivery: { readonly deliveryId: string }
  open_room: { readonly incidentId: number }
  deliver_messages: { readonly channel: string }
  execute_plan: { readonly planId: string }
  end_hold: { readonly holdId: string }
  /** Looks at a checklist of recovery until it is over. */
  verify_recovery: { readonly recoveryId: string }
  /** Gives the head of the audit trail to every place that is to vouch for it. */
  anchor_audit: Readonly<Record<string, never>>
  verify_audit: Readonly<Record<string, never>>
}
export type TaskName = keyof Tasks

export interface Work {
  /** One job per task and key: adding it again while it waits only moves it. */
  enqueue<T extends TaskName>(
    task: T,
    payload: Tasks[T],
    options: {
      readonly key: string
      /** Milliseconds from now, by the database's clock; at once unless told. */
      readonly afterMs?: number
      /** Keeps a job that waits already: as it is, or no later than it is where a time is given, too. */
      readonly isKept?: boolean
      /** Many of these at once must not keep people waiting. */
      readonly isPatient?: boolean
    },
  ): Promise<void>
  /** Takes back jobs whose work was done along with another's; one that runs already ends by itself. */
  cancel(task: TaskName, keys: readonly string[]): Promise<void>
}

/** The outbox: what each logical message should be, and what Slack has of it. */
export interface Messages {
  /** Sets the wanted content, or marks it as changed, and enqueues delivery in the same commit. */
  put(message: WantedMessage): Promise<void>
  /** Marks a message as to be rendered again, if it exists. */
  touch(key: string): Promise<void>
  /** The same for every card of a plan, wherever it was sent. */
  touchPlan(planId: string): Promise<void>
  /**
   * The channel as `work` names it: `ops`, `room:7` or `person:U1`. The next message due, by priority, then age; null
   * if none. A post that is not due yet holds back the posts behind it, so that a room reads in order;
   * edits wait for nobody.
   */
  next(channel: string, now: Date): Promise<OutboxMessage | null>
  /** When `next` will have something again; may be past; null when the channel is drained. */
  nextDue(channel: string): Promise<Date | null>
  byKey(key: string): Promise<OutboxMessage | null>
  /** Every card of a plan, wherever it was sent, in the order in which they were wished for. */
  ofPlan(planId: string): Promise<readonly OutboxMessage[]>
  /**
   * Claims a message before the call to Slack, until `until`. False if somebody attempted or delivered
   * it since it was read: then it is theirs.
   */
  attempt(
    message: Pick<OutboxMessage, 'id' | 'attempts' | 'deliveredVersion'>,
    at: Date,
    until: Date,
  ): Promise<boolean>
  /** After it. A next edit is not due before `notBefore`. */
  delivered(
    id: number,
    result: {
      readonly version: number
      readonly channelId: string
      readonly ts: string
      readonly renderedHash: string
      readonly notBefore: Date
    },
  ): Promise<void>
  /** `isAnswered` false keeps the attempt in doubt: it may have reached Slack. */
  postpone(id: number, until: Date, problem: string, isAnswered: boolean): Promise<void>
  /** Gives up: Slack will never take this one. */
  bury(id: number, problem: string): Promise<void>
  /** Channels with something undelivered. */
  pendingChannels(limit: number): Promise<readonly string[]>
  depth(): Promise<number>
}

export interface OutboxMessage {
  readonly id: number
  readonly key: string
  readonly target: MessageTarget
  /** The key of the message in whose thread it goes. */
  readonly thread: string | null
  readonly content: MessageContent
  readonly wantedVersion: number
  readonly deliveredVersion: number
  readonly channelId: string | null
  readonly ts: string | null
  readonly renderedHash: string | null
  /** Set while an attempt may have reached Slack without an answer. */
  readonly attemptedAt: Date | null
  /** Since the last delivery. */
  readonly attempts: number
  /** Slack will never take it. */
  readonly isBuried: boolean
}

export interface Buttons {
  /** The unspent button for exactly this purpose, made if there is none. */
  ensure(purpose: ButtonPurpose, token: string, at: Date): Promise<Button>
  byToken(token: string): Promise<Button | null>
  /** Spends every unspent button that plans `action` on this queue alone. */
  spendPlans(
    ref: QueueRef,
    action: Plan['action'],
    by: string | null,
    words: string,
    at: Date,
  ): Promise<void>
  /** Spends what people could do with a plan on its card; all of it, or some kinds. */
  spendPlan(
    planId: string,
    kinds: readonly ButtonPurpose['kind'][],
    by: string | null,
    words: string,
    at: Date,
  ): Promise<void>
  spendKind(kind: ButtonPurpose['kind'], by: string | null, words: string, at: Date): Promise<void>
  /** Spends what acts on an incident when it is acknowledged or resolved. */
  spendIncident(
    incidentId: number,
    kinds: readonly ButtonPurpose['kind'][],
    by: string | null,
    words: string,
    at: Date,
  ): Promise<void>
}

export interface Freeze {
  readonly by: Actor
  readonly at: Date
  readonly reason: string | null
}

export interface Control {
  frozen(): Promise<Freeze | null>
  freeze(freeze: Freeze): Promise<boolean>
  unfreeze(): Promise<boolean>
  /** True for the one replica that may run this timer slot. */
  claim(key: string, at: Date): Promise<boolean>
  /** Slots and events this old do not come again. */
  forgetClaims(before: Date): Promise<void>
}
