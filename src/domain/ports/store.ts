import type { Actor, Hold, Plan, PlanOutcome, PlanState } from '../action.ts'
import type {
  Button,
  ButtonPurpose,
  MessageContent,
  MessageTarget,
  WantedMessage,
} from '../message.ts'
import type { HoldProof, QueueRef } from '../queue.ts'
import type { Alerts, Deliveries } from './alert-store.ts'
import type { Anchors, Audit, Payloads } from './audit-store.ts'
import type { Incidents, Rooms, Timeline } from './incident-store.ts'

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
  readonly holds: Holds
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
  /**
   * The channel as `work` names it: `ops` or `room:7`. The next message due, by priority, then age; null
   * if none. A post that is not due yet holds back the posts behind it, so that a room reads in order;
   * edits wait for nobody.
   */
  next(channel: string, now: Date): Promise<OutboxMessage | null>
  /** When `next` will have something again; may be past; null when the channel is drained. */
  nextDue(channel: string): Promise<Date | null>
  byKey(key: string): Promise<OutboxMessage | null>
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
}

export interface Buttons {
  /** The unspent button for exactly this purpose, made if there is none. */
  ensure(purpose: ButtonPurpose, token: string, at: Date): Promise<Button>
  byToken(token: string): Promise<Button | null>
  /** Spends every unspent button that plans `action` on this queue. */
  spendPlans(
    ref: QueueRef,
    action: 'pause' | 'resume',
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

export interface Plans {
  /** False if the hold that it ends has such a plan already. */
  add(plan: Plan): Promise<boolean>
  byId(id: string): Promise<Plan | null>
  /** planned → confirmed, once, while unexpired. Null for whoever comes second or late. */
  confirm(id: string, reason: string | null, holdMs: number | null, now: Date): Promise<Plan | null>
  /**
   * confirmed or abandoned → executing; the fence makes a late worker's writes fail. Null if another
   * worker has it, or another plan is being executed on the same queue.
   */
  lease(
    id: string,
    now: Date,
    leaseMs: number,
  ): Promise<{ readonly plan: Plan; readonly fence: number; readonly wasTouched: boolean } | null>
  /** Marks that the queue is about to be touched; false if that was marked before, or the fence is lost. */
  intend(id: string, fence: number, now: Date): Promise<boolean>
  /** Marks that the queue is being changed and renews the lease; false if the fence is no longer ours. */
  touch(id: string, fence: number, now: Date, leaseMs: number): Promise<boolean>
  /** executing → confirmed, when nothing was touched yet. */
  unlease(id: string, fence: number): Promise<boolean>
  /** Lets the next attempt begin at once. */
  release(id: string, fence: number, now: Date): Promise<boolean>
  /** Null if the fence is no longer ours. */
  finish(
    id: string,
    fence: number,
    state: PlanState,
    outcome: PlanOutcome,
    now: Date,
  ): Promise<{ readonly wasTouched: boolean } | null>
  /** Previews that nobody confirmed in time. */
  forgetPreviews(before: Date): Promise<void>
  unfinished(now: Date, limit: number): Promise<readonly string[]>
  lastDone(ref: QueueRef, action: 'pause' | 'resume'): Promise<Plan | null>
}

export interface Holds {
  /** Once per plan. */
  start(hold: Hold): Promise<Hold>
  active(ref: QueueRef | null): Promise<readonly Hold[]>
  byId(id: string): Promise<Hold | null>
  setProof(id: string, proof: HoldProof): Promise<void>
  /** False if it had ended before. */
  end(id: string, at: Date, by: string | null): Promise<boolean>
  due(now: Date, limit: number): Promise<readonly string[]>
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
