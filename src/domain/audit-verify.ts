import type { Head, KnownAnchor } from './audit-anchor.ts'
import { createContentCheck } from './audit-content.ts'
import { createPlaceCheck } from './audit-places.ts'
import type { AuditFault, AuditReport, Moment, PayloadRef } from './audit-report.ts'
import { createAnchorCheck } from './audit-witness.ts'
import { AUDIT_GENESIS, type AuditEntry, auditHash } from './audit.ts'

export interface VerifyOptions {
  /** What every entry must name; null: whatever the first one does. */
  readonly instance: string | null
  readonly anchors: readonly KnownAnchor[]
  /** Where a verification before this one ended; absent: at the very beginning. */
  readonly after?: Head
  /** False for a selection: entries are checked singly, for their neighbours are not there. */
  readonly isChain?: boolean
}

export interface Verifier {
  /** In the order in which they are stored. */
  add(entry: AuditEntry): void
  /** After the last entry. */
  conclude(): Verdict
}

interface Verdict {
  readonly report: AuditReport
  /** What the entries name beside the trail. */
  readonly payloads: readonly PayloadRef[]
}

/** What one report lists; the rest is counted. */
const MAX_FAULTS = 100

const START: Head = { seq: 0, hash: AUDIT_GENESIS }

/** Checks a trail entry by entry, in constant memory but for anchors and faults. */
export function createVerifier(options: VerifyOptions): Verifier {
  const { instance, anchors, after = START, isChain = true } = options
  const places = isChain ? createPlaceCheck(after) : createSingleCheck()
  const content = createContentCheck(instance)
  const witnesses = createAnchorCheck(anchors, after.seq)
  let entries = 0
  let first: Moment | null = null
  let head: (Moment & Head) | null = null
  return {
    add(entry) {
      entries += 1
      places.add(entry)
      witnesses.add(entry)
      const at = content.add(entry)
      first ??= { seq: entry.seq, at }
      if (entry.seq >= (head?.seq ?? 0)) head = { seq: entry.seq, hash: entry.hash, at }
    },
    conclude() {
      const end = isChain ? (head?.seq ?? after.seq) : Number.POSITIVE_INFINITY
      const own = content.conclude()
      const outside = witnesses.conclude(end, content.instances, content.reseals)
      const faults = inOrder([...places.faults(), ...own.faults, ...outside.faults])
      const report: AuditReport = {
        faults: faults.slice(0, MAX_FAULTS),
        moreFaults: Math.max(0, faults.length - MAX_FAULTS),
        explained: inOrder([...own.explained, ...outside.explained]),
        notes: content.notes,
        entries,
        instances: [...content.instances],
        first,
        head,
        anchors: {
          known: outside.known,
          matched: outside.matched,
          sources: [...new Set(anchors.map(({ source }) => source))],
        },
        unvouched:
          isChain && end > outside.vouchedTo ? { from: outside.vouchedTo + 1, to: end } : null,
        payloads: { stored: 0, erased: 0 },
        isChain,
      }
      return { report, payloads: content.payloads }
    },
  }
}

const inOrder = (faults: readonly AuditFault[]): readonly AuditFault[] =>
  faults.toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0))

/** Each entry against its own hash. */
function createSingleCheck() {
  const faults: AuditFault[] = []
  return {
    add(entry: AuditEntry): void {
      if (auditHash(entry) !== entry.hash)
        faults.push({
          kind: 'edited',
          seq: entry.seq,
          words: 'its content does not match its hash',
        })
    },
    faults: (): readonly AuditFault[] => faults,
  }
}
