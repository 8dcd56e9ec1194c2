import type { AuditFault, AuditReport } from '../../domain/audit-report.ts'
import { plural, thousands } from '../../domain/text.ts'

export type Verdict = 'good' | 'tampered' | 'unchecked'

export interface Verification {
  readonly verdict: Verdict
  readonly report: AuditReport
  /** What could not be looked at. */
  readonly problems: readonly string[]
  readonly tookMs: number
}

const HEADINGS: Readonly<Record<Verdict, string>> = {
  good: 'The audit trail verifies.',
  tampered: 'THE AUDIT TRAIL WAS TAMPERED WITH.',
  unchecked: 'Nothing wrong was found, but not everything could be checked.',
}

/** For a terminal, what matters first. */
export function printReport({ verdict, report, problems, tookMs }: Verification): string {
  const { faults, moreFaults, explained, notes } = report
  return [
    HEADINGS[verdict],
    ...list(faults.map(faultLine), moreFaults),
    ...titled('Could not be checked:', problems),
    ...titled('Known losses, owned up to by a resealed entry:', explained.map(faultLine)),
    '',
    ...facts(report, tookMs),
    ...notes.map((note) => `Note: ${note}.`),
    '',
  ].join('\n')
}

const list = (lines: readonly string[], more: number): readonly string[] => [
  ...lines.map((line) => `  ${line}`),
  ...(more === 0 ? [] : [`  and ${thousands(more)} more`]),
]

const titled = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...list(lines, 0)]

const faultLine = ({ kind, seq, words }: AuditFault): string =>
  seq === null
    ? `${kind.replaceAll('_', ' ')}: ${words}`
    : `entry ${seq}, ${kind.replaceAll('_', ' ')}: ${words}`

function facts(report: AuditReport, tookMs: number): readonly string[] {
  const { entries, first, head, payloads } = report
  const perS = tookMs > 0 ? Math.round((entries * 1000) / tookMs) : entries
  return [
    `${plural(entries, 'entry', 'entries')} checked in ${(tookMs / 1000).toFixed(1)} s (${thousands(perS)} a second), from ${first?.at ?? 'no time'} to ${head?.at ?? 'no time'}.`,
    ...(head === null ? [] : [`Head: entry ${head.seq}, ${head.hash}`]),
    ...(report.isChain ? vouching(report) : [SELECTION]),
    ...(payloads.stored + payloads.erased === 0
      ? []
      : [`Payloads beside the trail: ${payloads.stored} kept, ${payloads.erased} erased.`]),
  ]
}

const SELECTION =
  'This is a selection: each entry was checked by itself, whether any is missing cannot be told.'

function vouching({ anchors, unvouched, head }: AuditReport): readonly string[] {
  const compared = `Anchors: ${anchors.known} known (${anchors.sources.join(', ') || 'none'}), ${anchors.matched} match.`
  if (head === null) return [compared]
  if (unvouched === null) return [compared, 'An anchor outside the database confirms every entry.']
  const which =
    unvouched.from === unvouched.to
      ? `entry ${unvouched.from}`
      : `entries ${unvouched.from} to ${unvouched.to}`
  return [
    compared,
    unvouched.from === 1
      ? 'No anchor outside the database confirms any of it: for the whole trail only the database vouches.'
      : `For ${which}, after the last anchor, only the database vouches.`,
  ]
}
