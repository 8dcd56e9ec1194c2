import type { Alert, TrackedAlert } from '../alert.ts'

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
  /** Its processing failed: from now on it is tried by itself, so that it spoils no other's. */
  isolate(id: string): Promise<void>
  finish(
    ids: readonly string[],
    state: 'processed' | 'unreadable',
    problem: string | null,
    at: Date,
  ): Promise<void>
  /** Latest first. */
  unreadable(limit: number): Promise<readonly Delivery[]>
  /** Those still `received` that no job waits for. */
  stale(receivedBefore: Date, limit: number): Promise<readonly string[]>
  /** Processed bodies received before; unreadable ones are kept. */
  forget(before: Date): Promise<void>
}

export interface Alerts {
  /** Inserts or updates by (source, fingerprint, startsAt); says what it was before. */
  track(
    alert: Alert,
    source: string,
    at: Date,
  ): Promise<{ readonly alert: TrackedAlert; readonly was: 'new' | 'firing' | 'resolved' }>
  attach(alertId: number, incidentId: number): Promise<void>
  /** Of an incident, or of all lines of a storm. */
  firing(incidentId: number): Promise<number>
  /** The same; firing ones first, then the latest. */
  ofIncident(incidentId: number, limit: number): Promise<readonly TrackedAlert[]>
}
