import type { Head } from '../../domain/audit-anchor.ts'
import { type AuditFilter, filterAt } from '../../domain/audit-filter.ts'
import { type AuditRecord, recordOf } from '../../domain/audit-record.ts'
import type { AuditEntry } from '../../domain/audit.ts'
import type { Deps } from '../deps.ts'

/** A page of the trail, newest first, with what vouches for it. */
export interface AuditView {
  readonly filter: AuditFilter
  readonly records: readonly AuditRecord[]
  /** To be asked for with `before`; null when this is the last page. */
  readonly olderThan: number | null
  readonly head: Head | null
  /** The last anchor outside the database. */
  readonly anchor: { readonly seq: number; readonly at: Date } | null
  readonly check: { readonly seq: number; readonly at: Date; readonly faults: number } | null
  readonly at: Date
}

/** What one screen of a phone takes, twice. */
const PAGE = 10

/** The entries that fit. Any member may ask: entries hold no payloads. */
export async function searchAudit(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  filter: AuditFilter,
): Promise<AuditView> {
  const { audit, anchors } = store.now
  const at = clock.now()
  await anchors.settle(at)
  const [found, head, placed, check] = await Promise.all([
    audit.search(filterAt(filter, at), PAGE + 1),
    audit.head(),
    anchors.lastPlaced(),
    audit.lastCheck(),
  ])
  const shown = found.slice(0, PAGE)
  return {
    filter,
    records: shown.map(readable),
    olderThan: found.length > PAGE ? (shown.at(-1)?.seq ?? null) : null,
    head,
    anchor: placed,
    check: check === null ? null : { seq: check.seq, at: check.at, faults: check.faults.length },
    at,
  }
}

/** An entry that is none of ours is shown, too: it is what should not be there. */
const readable = (entry: AuditEntry): AuditRecord =>
  recordOf(entry) ?? {
    seq: entry.seq,
    at: new Date(Number.NaN),
    kind: 'unreadable',
    actor: null,
    action: '',
    subject: '',
    incidentId: null,
    planId: null,
    planHash: null,
    reason: null,
    facts: null,
  }
