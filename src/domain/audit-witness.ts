import { type AnchorSource, type Head, isOutside, type KnownAnchor } from './audit-anchor.ts'
import type { AuditFault, Span } from './audit-report.ts'

/** What a `resealed` entry owns up to: entries that a restore lost, or names that the installation had. */
export interface Reseal {
  readonly lost: Span | null
  readonly formerInstances: readonly string[]
  readonly at: Date
}

interface Witnesses {
  readonly faults: readonly AuditFault[]
  readonly explained: readonly AuditFault[]
  readonly known: number
  readonly matched: number
  /** The highest entry that an anchor outside the database confirms. */
  readonly vouchedTo: number
}

export interface AnchorCheck {
  add(entry: Head): void
  /** After the last entry: what the anchors of these instances say of the trail that ends at `head`. */
  conclude(head: number, instances: ReadonlySet<string>, reseals: readonly Reseal[]): Witnesses
}

const NAMES: Readonly<Record<AnchorSource, string>> = {
  slack: 'in Slack',
  second: 'in the second workspace',
  file: 'in the anchor file',
  list: 'in the list given',
  database: 'noted in the database',
}

const from = ({ source, at }: KnownAnchor): string =>
  `the anchor ${NAMES[source]} of ${at.toISOString()}`

const isExplained = ({ seq, at }: KnownAnchor, reseals: readonly Reseal[]): boolean =>
  reseals.some(
    ({ lost, at: sealedAt }) =>
      lost !== null && lost.from <= seq && seq <= lost.to && at.getTime() <= sealedAt.getTime(),
  )

/** Whether the trail is the one whose heads were anchored. Anchors up to `after` are taken as checked before. */
export function createAnchorCheck(all: readonly KnownAnchor[], after = 0): AnchorCheck {
  const anchors = all.filter(({ seq }) => seq > after)
  const bySeq = new Map<number, KnownAnchor[]>()
  for (const anchor of anchors) bySeq.set(anchor.seq, [...(bySeq.get(anchor.seq) ?? []), anchor])
  const matched = new Set<KnownAnchor>()
  const differing = new Set<KnownAnchor>()
  return {
    add({ seq, hash }) {
      for (const anchor of bySeq.get(seq) ?? [])
        (anchor.hash === hash ? matched : differing).add(anchor)
    },
    conclude(head, instances, reseals) {
      const ours = (anchor: KnownAnchor): boolean =>
        instances.size === 0 || instances.has(anchor.instance)
      const good = [...matched].filter(ours)
      const bad = [...differing].filter((anchor) => ours(anchor) && !matched.has(anchor))
      const beyond = anchors.filter((anchor) => ours(anchor) && anchor.seq > head)
      const vouchedTo = good
        .filter(({ source }) => isOutside(source))
        .reduce((highest, { seq }) => Math.max(highest, seq), after)
      const faultsOf = (isMeant: (anchor: KnownAnchor) => boolean): readonly AuditFault[] => [
        ...rewritten(bad.filter(isMeant), good),
        ...cut(beyond.filter(isMeant), head),
      ]
      return {
        faults: faultsOf((anchor) => !isExplained(anchor, reseals)),
        explained: faultsOf((anchor) => isExplained(anchor, reseals)),
        known: anchors.filter(ours).length,
        matched: good.length,
        vouchedTo,
      }
    },
  }
}

/** Of several anchors of one entry, one from outside is named. */
const rank = ({ source }: KnownAnchor): number => (isOutside(source) ? 0 : 1)

/** One fault for the first anchor that differs: what it covers up to there was rewritten. */
function rewritten(
  bad: readonly KnownAnchor[],
  good: readonly KnownAnchor[],
): readonly AuditFault[] {
  const [first, ...more] = bad.toSorted((a, b) => a.seq - b.seq || rank(a) - rank(b))
  if (first === undefined) return []
  const known = good
    .filter(({ seq }) => seq < first.seq)
    .reduce((highest, { seq }) => Math.max(highest, seq), 0)
  const rest = more.length === 0 ? '' : `; ${more.length} more anchors differ, too`
  const words = `is another one than ${from(first)} shows: history was rewritten and hashed anew between entries ${known + 1} and ${first.seq}${rest}`
  return [{ kind: 'rewritten', seq: first.seq, words }]
}

function cut(beyond: readonly KnownAnchor[], head: number): readonly AuditFault[] {
  const highest = beyond.toSorted((a, b) => b.seq - a.seq || rank(a) - rank(b))[0]
  if (highest === undefined) return []
  const lost =
    highest.seq === head + 1
      ? `entry ${highest.seq} is`
      : `entries ${head + 1} to ${highest.seq} are`
  return [
    {
      kind: 'tail_cut',
      seq: head + 1,
      words: `the trail ends at ${head}, but ${from(highest)} shows entry ${highest.seq}: ${lost} gone`,
    },
  ]
}
