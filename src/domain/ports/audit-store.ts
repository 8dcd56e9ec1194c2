import type { Anchor, AnchorPlace, Head, PlacedAnchor } from '../audit-anchor.ts'
import type { TrailFilter } from '../audit-filter.ts'
import type { AuditFault, PayloadRef } from '../audit-report.ts'
import type { AuditBody, AuditEntry } from '../audit.ts'

export interface Audit {
  /** Last statement of its transaction: nothing may be awaited between it and the commit. */
  append(body: AuditBody): Promise<void>
  /** In order, from `afterSeq`. */
  entries(afterSeq: number, limit: number): Promise<readonly AuditEntry[]>
  /** The newest that fit, newest first. */
  search(filter: TrailFilter, limit: number): Promise<readonly AuditEntry[]>
  /**
   * Everything that fits, a page at a time, out of one snapshot; only inside a transaction. Oldest first,
   * or gathered by incident and plan, each where it began.
   */
  scan(
    filter: TrailFilter,
    each: (page: readonly AuditEntry[]) => Promise<void> | void,
    order?: 'seq' | 'group',
  ): Promise<void>
  /** Null while nothing was written. */
  head(): Promise<Head | null>
  /** What should guard the trail and does not, in words; looks at the database's own catalogue. */
  gaps(): Promise<readonly string[]>
  lastCheck(): Promise<AuditCheck | null>
  setCheck(check: AuditCheck): Promise<void>
}

/** How the last verification by the clock ended. */
export interface AuditCheck extends Head {
  readonly at: Date
  /** When it was last done from the first entry on. */
  readonly fullAt: Date
  readonly faults: readonly AuditFault[]
}

export interface Anchors {
  /** The one made last, wherever it is by now. */
  last(): Promise<Anchor | null>
  /** Of those that are in their place, the one of the highest entry. */
  lastPlaced(): Promise<Anchor | null>
  /** Wishes for an anchor in these places; one that is wished for already stays as it is. */
  add(anchor: Anchor, places: readonly AnchorPlace[]): Promise<void>
  /** Not placed yet, oldest first. */
  pending(place: AnchorPlace, limit: number): Promise<readonly Anchor[]>
  placed(anchor: Anchor, place: AnchorPlace, reference: string, at: Date): Promise<void>
  failed(anchor: Anchor, place: AnchorPlace, problem: string): Promise<void>
  /** Takes over from the outbox which anchors Slack has by now, and why not the others. */
  settle(at: Date): Promise<void>
  /** In the order of their entries. */
  all(): Promise<readonly PlacedAnchor[]>
}

export interface Payloads {
  add(payload: {
    readonly id: string
    readonly salt: Buffer
    readonly hash: string
    readonly content: Buffer
    readonly at: Date
  }): Promise<void>
  /** Content and salt go; the hash stays. False if there is no such payload, or it was erased before. */
  erase(id: string, at: Date): Promise<boolean>
  /** In the order of their ids, after `afterId`. */
  page(afterId: string | null, limit: number): Promise<readonly StoredPayload[]>
}

export interface StoredPayload extends PayloadRef {
  /** Null once erased. */
  readonly secret: { readonly salt: Buffer; readonly content: Buffer } | null
  readonly erasedAt: Date | null
}
