import type { Head } from './audit-anchor.ts'
import { createHashCheck, isAre, stretch } from './audit-displaced.ts'
import type { AuditFault, Span } from './audit-report.ts'
import type { AuditEntry } from './audit.ts'

/** Predecessors that a fork can be traced back to. */
const RECENT = 10_000

export interface PlaceCheck {
  add(entry: AuditEntry): void
  /** After the last entry. */
  faults(): readonly AuditFault[]
}

/** The last entry so far, or the two that stand there. */
interface Last {
  readonly seq: number
  readonly hashes: readonly string[]
  readonly previousHash: string
  readonly isSound: boolean
}

/** Whether every entry stands where it was written, says what was written, and follows from the one before it. */
export function createPlaceCheck(after: Head): PlaceCheck {
  const found: AuditFault[] = []
  const gaps = createGaps()
  const hashes = createHashCheck()
  const recent = createRecent(after)
  let last: Last = { seq: after.seq, hashes: [after.hash], previousHash: '', isSound: true }

  const follow = (entry: AuditEntry): void => {
    const { seq, hash, previousHash } = entry
    const isSound = hashes.add(entry)
    if (seq > last.seq + 1) gaps.add({ from: last.seq + 1, to: seq - 1 })
    else if (isSound && last.isSound && !last.hashes.includes(previousHash))
      found.push(brokenLink(entry, last, recent.seqOf(previousHash)))
    last = { seq, hashes: [hash], previousHash, isSound }
    recent.add(entry)
  }
  const outOfOrder = (entry: AuditEntry): void => {
    const { seq } = entry
    const isSound = hashes.add(entry)
    if (gaps.fill(seq)) {
      found.push({ kind: 'reordered', seq, words: `comes after entry ${last.seq}` })
    } else if (seq === last.seq) {
      found.push(doubled(entry, last))
      // Which of the two was meant, the next entry knows.
      last = { ...last, hashes: [...last.hashes, entry.hash], isSound: isSound || last.isSound }
    } else found.push({ kind: 'inserted', seq, words: `comes again, after entry ${last.seq}` })
  }
  return {
    add(entry) {
      if (entry.seq < 1)
        found.push({ kind: 'inserted', seq: entry.seq, words: 'stands before the first entry' })
      else if (entry.seq > last.seq) follow(entry)
      else outOfOrder(entry)
    },
    faults() {
      const putIn = new Set(found.filter(({ kind }) => kind === 'inserted').map(({ seq }) => seq))
      const others = hashes.faults().filter(({ kind, seq }) => kind !== 'edited' || !putIn.has(seq))
      return [...found, ...gaps.all().map(missing), ...others]
    },
  }
}

function brokenLink({ seq }: AuditEntry, last: Last, branch: number | undefined): AuditFault {
  if (branch !== undefined)
    return {
      kind: 'forked',
      seq,
      words: `names entry ${branch} as its predecessor, not ${last.seq}: the trail branches after ${branch}`,
    }
  if (last.seq === 0)
    return {
      kind: 'deleted',
      seq,
      words: 'is not how the trail began: what stood before it is gone',
    }
  return {
    kind: 'replaced',
    seq: last.seq,
    words: `is not the entry that ${seq} was written after: it was replaced and hashed anew`,
  }
}

const doubled = ({ seq, previousHash, hash }: AuditEntry, last: Last): AuditFault =>
  previousHash === last.previousHash && !last.hashes.includes(hash)
    ? { kind: 'forked', seq, words: `two entries stand here, both written after ${seq - 1}` }
    : { kind: 'inserted', seq, words: 'a second entry stands at this place' }

const missing = (gap: Span): AuditFault => ({
  kind: 'deleted',
  seq: gap.from,
  words: `${stretch(gap)} ${isAre(gap)} missing`,
})

/** The last entries by their hashes. */
function createRecent(after: Head) {
  const seqs = new Map<string, number>([[after.hash, after.seq]])
  return {
    seqOf: (hash: string): number | undefined => seqs.get(hash),
    add({ hash, seq }: Head): void {
      seqs.set(hash, seq)
      if (seqs.size > RECENT) seqs.delete(seqs.keys().next().value ?? '')
    },
  }
}

/** Stretches that are missing so far; an entry that comes late fills its place. */
function createGaps() {
  const gaps: Span[] = []
  return {
    all: (): readonly Span[] => gaps,
    add: (gap: Span): void => void gaps.push(gap),
    fill(seq: number): boolean {
      const index = gaps.findIndex(({ from, to }) => from <= seq && seq <= to)
      const gap = gaps[index]
      if (gap === undefined) return false
      const left = [
        { from: gap.from, to: seq - 1 },
        { from: seq + 1, to: gap.to },
      ].filter(({ from, to }) => from <= to)
      gaps.splice(index, 1, ...left)
      return true
    },
  }
}
