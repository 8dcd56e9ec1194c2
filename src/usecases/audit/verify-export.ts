import { type KnownAnchor, parseAnchorJson } from '../../domain/audit-anchor.ts'
import { isObject, parseText } from '../../domain/audit-record.ts'
import type { AuditFault, AuditReport } from '../../domain/audit-report.ts'
import { createVerifier } from '../../domain/audit-verify.ts'
import type { AuditEntry } from '../../domain/audit.ts'
import type { VerifyRequest } from './verify-trail.ts'

interface End {
  readonly entries: number
  readonly isWhole: boolean
}

/** One line of an export. */
type Line =
  | { readonly entry: AuditEntry }
  | { readonly anchor: KnownAnchor }
  | { readonly end: End }
  | { readonly unreadable: true }

/**
 * Verifies a JSON export without any database. Its lines are read twice: the anchors stand at the end.
 * What is in the export came from the database, so only other anchors vouch for it.
 */
export async function verifyExport(
  lines: () => AsyncIterable<string>,
  request: Pick<VerifyRequest, 'instance' | 'readings'>,
): Promise<AuditReport> {
  const { anchors, end } = await survey(lines())
  const verifier = createVerifier({
    instance: request.instance,
    anchors: [
      ...request.readings.flatMap(({ source, anchors: read }) =>
        read.map((anchor) => ({ ...anchor, source })),
      ),
      ...anchors,
    ],
    isChain: end?.isWhole ?? true,
  })
  const own: AuditFault[] = []
  let number = 0
  for await (const text of lines()) {
    number += 1
    const line = text.trim() === '' ? null : lineOf(text)
    if (line === null) continue
    if ('entry' in line) verifier.add(line.entry)
    if ('unreadable' in line)
      own.push({ kind: 'incomplete', seq: null, words: `line ${number} of the export is no entry` })
  }
  const { report } = verifier.conclude()
  return {
    ...report,
    faults: [
      ...report.faults,
      ...request.readings.flatMap(({ faults }) => faults),
      ...own,
      ...endFaults(end, report.entries),
    ],
    notes: [...report.notes, ...request.readings.flatMap(({ notes }) => notes)],
  }
}

async function survey(
  lines: AsyncIterable<string>,
): Promise<{ readonly anchors: readonly KnownAnchor[]; readonly end: End | null }> {
  const anchors: KnownAnchor[] = []
  let end: End | null = null
  for await (const text of lines) {
    // Entries are many and long; what is looked for begins differently.
    if (!/^\{"(?:anchor|end)"/.test(text)) continue
    const line = lineOf(text)
    if ('anchor' in line) anchors.push(line.anchor)
    if ('end' in line) end = line.end
  }
  return { anchors, end }
}

function endFaults(end: End | null, entries: number): readonly AuditFault[] {
  if (end?.entries === entries) return []
  const words =
    end === null
      ? 'the export has no last line: it was cut off, or not written by `audit export --format json`'
      : `the export should hold ${end.entries} entries, and holds ${entries}`
  return [{ kind: 'incomplete', seq: null, words }]
}

function lineOf(text: string): Line {
  const anchor = parseAnchorJson(text)
  if (anchor !== null) return { anchor: { ...anchor, source: 'database' } }
  const value = parseText(text)
  if (!isObject(value)) return { unreadable: true }
  const end = value['end']
  if (isObject(end)) return endOf(end)
  const { seq, version, instance, text: body, previousHash, hash } = value
  return typeof seq === 'number' &&
    typeof version === 'number' &&
    typeof instance === 'string' &&
    typeof body === 'string' &&
    typeof previousHash === 'string' &&
    typeof hash === 'string'
    ? { entry: { seq, version, instance, text: body, previousHash, hash } }
    : { unreadable: true }
}

const endOf = ({ entries, isWhole }: { readonly [key: string]: unknown }): Line =>
  typeof entries === 'number' && typeof isWhole === 'boolean'
    ? { end: { entries, isWhole } }
    : { unreadable: true }
