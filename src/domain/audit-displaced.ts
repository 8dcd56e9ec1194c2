import type { AuditFault, Span } from './audit-report.ts'
import { type AuditEntry, auditHash } from './audit.ts'

/** How far an entry is looked for from where it stands. */
const REACH = 1000
/** Looking far costs two thousand hashes; a trail that is wrong throughout must not take hours. */
const MAX_SEARCHES = 100
/** Of so many entries that fit no place, pairs that exchanged their contents are told. */
const MAX_PAIRED = 100
const MAX_MISMATCHES = 10_000

/** Entries that each stand `by` places later than they were written; earlier where it is negative. */
interface Run extends Span {
  readonly by: number
}

export interface HashCheck {
  /** True if the entry stands where it was written and says what was written. */
  add(entry: AuditEntry): boolean
  faults(): readonly AuditFault[]
}

export const stretch = ({ from, to }: Span): string =>
  from === to ? `entry ${from}` : `entries ${from} to ${to}`
export const isAre = ({ from, to }: Span): string => (from === to ? 'is' : 'are')

/** Each entry against its own hash, which holds its sequence: so it shows, too, where an entry was written. */
export function createHashCheck(): HashCheck {
  const runs: Run[] = []
  const mismatched: AuditEntry[] = []
  const displacement = createDisplacement()
  return {
    add(entry) {
      const by = displacement(entry)
      if (by === null) {
        if (mismatched.length < MAX_MISMATCHES) mismatched.push(entry)
      } else if (by !== 0) extend(runs, entry.seq, by)
      return by === 0
    },
    faults: () => [...displacedFaults(runs), ...contentFaults(mismatched, runs)],
  }
}

/** How many places later than it was written an entry stands, as its hash has its sequence; null: nowhere near. */
function createDisplacement(): (entry: AuditEntry) => number | null {
  let usual = 0
  let searches = 0
  const fits = (entry: AuditEntry, by: number): boolean =>
    entry.seq - by > 0 && auditHash({ ...entry, seq: entry.seq - by }) === entry.hash
  const search = (entry: AuditEntry): number | null => {
    if (searches >= MAX_SEARCHES) return null
    searches += 1
    for (let by = 1; by <= REACH; by += 1) {
      if (fits(entry, by)) return by
      if (fits(entry, -by)) return -by
    }
    return null
  }
  return (entry) => {
    if (fits(entry, 0)) return 0
    if (usual !== 0 && fits(entry, usual)) return usual
    const by = search(entry)
    usual = by ?? usual
    return by
  }
}

function extend(runs: Run[], seq: number, by: number): void {
  const last = runs.at(-1)
  if (last !== undefined && last.to === seq - 1 && last.by === by)
    runs[runs.length - 1] = { ...last, to: seq }
  else runs.push({ from: seq, to: seq, by })
}

/** Runs that touch: only together can they have changed places. */
function clustersOf(runs: readonly Run[]): readonly (readonly Run[])[] {
  const clusters: Run[][] = []
  for (const run of runs) {
    const current = clusters.at(-1)
    if (current?.at(-1)?.to === run.from - 1) current.push(run)
    else clusters.push([run])
  }
  return clusters
}

/** True if the runs together hold exactly the entries that belong where they stand. */
function isPermutation(cluster: readonly Run[]): boolean {
  const origins = cluster
    .map(({ from, to, by }) => ({ from: from - by, to: to - by }))
    .toSorted((a, b) => a.from - b.from)
  let next = cluster[0]?.from ?? 0
  for (const { from, to } of origins) {
    if (from !== next) return false
    next = to + 1
  }
  return next === (cluster.at(-1)?.to ?? 0) + 1
}

const displacedFaults = (runs: readonly Run[]): readonly AuditFault[] =>
  clustersOf(runs).flatMap((cluster): readonly AuditFault[] => {
    const span = { from: cluster[0]?.from ?? 0, to: cluster.at(-1)?.to ?? 0 }
    if (isPermutation(cluster))
      return [
        {
          kind: 'reordered',
          seq: span.from,
          words: `${stretch(span)} stand in another order than they were written in`,
        },
      ]
    return cluster.map((run) => shifted(run))
  })

function shifted(run: Run): AuditFault {
  const places = `${Math.abs(run.by)} place${Math.abs(run.by) === 1 ? '' : 's'}`
  return run.by > 0
    ? {
        kind: 'inserted',
        seq: run.from - run.by,
        words: `was put in: ${stretch(run)} ${isAre(run)} ${places} later than written`,
      }
    : {
        kind: 'deleted',
        seq: run.from,
        words: `stands where another was taken out: ${stretch(run)} ${isAre(run)} ${places} earlier than written`,
      }
}

/** What fits no place was edited, unless two exchanged contents, or it is what was put in before a run. */
function contentFaults(
  mismatched: readonly AuditEntry[],
  runs: readonly Run[],
): readonly AuditFault[] {
  const isPutIn = ({ seq }: AuditEntry): boolean =>
    runs.some(({ from, by }) => by > 0 && seq < from && seq >= from - by)
  const own = mismatched.filter((entry) => !isPutIn(entry))
  const partners = partnersOf(own.slice(0, MAX_PAIRED))
  return own.flatMap((entry): readonly AuditFault[] => {
    const partner = partners.get(entry.seq)
    if (partner === undefined)
      return [{ kind: 'edited', seq: entry.seq, words: 'its content does not match its hash' }]
    if (partner < entry.seq) return []
    return [
      {
        kind: 'reordered',
        seq: entry.seq,
        words: `entries ${entry.seq} and ${partner} exchanged their contents`,
      },
    ]
  })
}

function partnersOf(entries: readonly AuditEntry[]): ReadonlyMap<number, number> {
  const partners = new Map<number, number>()
  const holds = (place: AuditEntry, { text }: AuditEntry): boolean =>
    auditHash({ ...place, text }) === place.hash
  for (const [index, one] of entries.entries()) {
    if (partners.has(one.seq)) continue
    const other = entries
      .slice(index + 1)
      .find((candidate) => holds(one, candidate) && holds(candidate, one))
    if (other === undefined) continue
    partners.set(one.seq, other.seq)
    partners.set(other.seq, one.seq)
  }
  return partners
}
