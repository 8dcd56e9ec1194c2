import type { Alert, AlertReplay, TrackedAlert } from '../alert.ts'
import type { QueueRef } from '../queue.ts'

/** A request of an alert sender, byte for byte. */
export interface Delivery {
  readonly id: string
  readonly source: string
  readonly body: Buffer
  readonly receivedAt: Date
  readonly correlationId: string
  /** Set when the same body of the same source came within 60 s before. */
  readonly redeliveryOf: string | null
  readonly state: 'received' | 'processed' | 'unreadable'
  readonly problem: string | null
}

/** A delivery that nobody could make sense of, without its body, which may be large. */
export type Unreadable = Pick<Delivery, 'id' | 'source' | 'receivedAt' | 'problem'>

export interface Deliveries {
  /** Stores a body and its work in one commit. The same body within `redeliveryMs` is marked as redelivered. */
  add(delivery: {
    readonly id: string
    readonly source: string
    readonly body: Buffer
    readonly receivedAt: Date
    readonly correlationId: string
    readonly redeliveryMs: number
  }): Promise<void>
  /** Locks one that is still `received`; null if it is done or another replica has it. */
  claim(id: string): Promise<Delivery | null>
  /** Locks the oldest that are `received`, small, not isolated, and that nobody else has. */
  claimWaiting(besides: string, limit: number): Promise<readonly Delivery[]>
  /** Its processing failed: from now on it is tried by itself, so that it spoils no other's. Says how often. */
  isolate(id: string): Promise<number>
  /** Of these, the ones whose redelivery another replica has processed already. */
  overtaken(ids: readonly string[]): Promise<ReadonlySet<string>>
  finish(
    ids: readonly string[],
    state: 'processed' | 'unreadable',
    problem: string | null,
    at: Date,
  ): Promise<void>
  /** Latest first. */
  unreadable(since: Date, limit: number): Promise<readonly Unreadable[]>
  countUnreadable(source: string, since: Date): Promise<number>
  /** Those still `received` that no job waits for. */
  stale(receivedBefore: Date, limit: number): Promise<readonly string[]>
  /** Processed bodies received before; unreadable ones are kept. */
  forget(before: Date): Promise<void>
}

export interface Alerts {
  /**
   * Inserts or updates by (source, fingerprint, startsAt); says what it was before. Without a start it is the
   * one that still fires. Earlier ones of the same fingerprint that still fire are closed. `ref` is the queue
   * that it is about; null where its labels name none.
   */
  track(
    alert: Alert,
    source: string,
    at: Date,
    ref: QueueRef | null,
  ): Promise<{ readonly alert: TrackedAlert; readonly was: 'new' | 'firing' | 'resolved' }>
  /** Whether a body that came before says anything new of this alert now. Changes nothing. */
  isNews(alert: Alert, source: string): Promise<boolean>
  attach(alertId: number, incidentId: number): Promise<void>
  /** Says during which replay it began. */
  label(alertId: number, replay: AlertReplay): Promise<void>
  /** Names of alerts of this queue that began at `since` or later and still fire, each once. */
  beganSince(ref: QueueRef, since: Date): Promise<readonly string[]>
  /** Of an incident, or of all lines of a storm. */
  firing(incidentId: number): Promise<number>
  /** The same; firing ones first, then the latest. */
  ofIncident(incidentId: number, limit: number): Promise<readonly TrackedAlert[]>
}
