import type { AnchorSource, Head } from './audit-anchor.ts'

/** Every way in which a trail can be found to differ from what was written. */
type AuditFaultKind =
  | 'edited'
  | 'deleted'
  | 'inserted'
  | 'reordered'
  | 'forked'
  /** Another entry, hashed anew by itself: the next one does not follow from it. */
  | 'replaced'
  /** Hashed anew throughout: only an anchor shows it. */
  | 'rewritten'
  | 'tail_cut'
  | 'wrong_instance'
  | 'wrong_version'
  | 'not_canonical'
  /** A payload beside the trail that does not fit its hash. */
  | 'payload'
  /** An anchor outside that was changed or taken away. */
  | 'anchor_changed'
  | 'anchor_missing'
  /** Triggers, constraints or rights that should guard the trail and do not. */
  | 'unguarded'
  /** An export that ends before its end. */
  | 'incomplete'

export interface AuditFault {
  readonly kind: AuditFaultKind
  /** The entry where it shows; null where it is about no single one. */
  readonly seq: number | null
  readonly words: string
}

/** A stretch of entries, both ends included. */
export interface Span {
  readonly from: number
  readonly to: number
}

export interface AuditReport {
  /** What tampering looks like. Empty: nothing was found. */
  readonly faults: readonly AuditFault[]
  /** Found beyond what `faults` lists. */
  readonly moreFaults: number
  /** Losses that a `resealed` entry owns up to: known, but losses all the same. */
  readonly explained: readonly AuditFault[]
  readonly notes: readonly string[]
  readonly entries: number
  /** Whose entries these are; more than one name after the installation was renamed. */
  readonly instances: readonly string[]
  readonly first: Moment | null
  readonly head: (Moment & Head) | null
  readonly anchors: {
    readonly known: number
    readonly matched: number
    readonly sources: readonly AnchorSource[]
  }
  /** The entries after the last anchor from outside, for which only the database vouches. */
  readonly unvouched: Span | null
  readonly payloads: { readonly stored: number; readonly erased: number }
  /** False for a filtered export: its entries were checked singly, not as a chain. */
  readonly isChain: boolean
}

export interface Moment {
  readonly seq: number
  /** ISO 8601, as the entry has it. */
  readonly at: string | null
}

export const isTampered = (report: Pick<AuditReport, 'faults' | 'moreFaults'>): boolean =>
  report.faults.length + report.moreFaults > 0

/** A payload as entries name it: by salted hash only. */
export interface PayloadRef {
  readonly id: string
  readonly hash: string
}
