import { type AuditRecord, isObject, recordOf } from './audit-record.ts'
import { deedWords, doerOf } from './audit-words.ts'
import type { AuditEntry, Json } from './audit.ts'
import { csvLine } from './csv.ts'

/** One line of an export that `audit verify --export` reads: an entry exactly as it is stored. */
export const entryJson = ({
  seq,
  version,
  instance,
  text,
  previousHash,
  hash,
}: AuditEntry): string => JSON.stringify({ seq, version, instance, text, previousHash, hash })

/** The last line of an export; without it the file was cut off. `isWhole` is false for a selection. */
export const endJson = (end: { readonly entries: number; readonly isWhole: boolean }): string =>
  JSON.stringify({ end })

const CSV_COLUMNS = [
  'seq',
  'at',
  'kind',
  'team',
  'user',
  'action',
  'subject',
  'incident',
  'plan',
  'plan_hash',
  'reason',
  'facts',
  'hash',
] as const

export const csvHead = (): string => csvLine(CSV_COLUMNS)

/** An entry that cannot be read keeps its place, with its text under `facts`. */
export function csvEntry(entry: AuditEntry): string {
  const record = recordOf(entry)
  if (record === null) {
    const blanks = Array.from({ length: CSV_COLUMNS.length - 3 }, () => null)
    return csvLine([entry.seq, ...blanks, entry.text, entry.hash])
  }
  const { at, kind, actor, action, subject, incidentId, planId, planHash, reason, facts } = record
  return csvLine([
    entry.seq,
    at.toISOString(),
    kind,
    actor?.teamId ?? null,
    actor?.userId ?? doerOf(record),
    action,
    subject,
    incidentId,
    planId,
    planHash,
    reason,
    JSON.stringify(facts),
    entry.hash,
  ])
}

const markdown = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_[\]<>|]/g, String.raw`\$&`)
    .trim()

const MARKDOWN_HEAD =
  '| entry | time (UTC) | who | what | why | before → after | outcome |\n|---|---|---|---|---|---|---|\n'

const heading = ({ incidentId, planId }: AuditRecord): string => {
  if (incidentId !== null) return `Incident ${incidentId}`
  return planId === null ? 'Everything else' : `Plan ${planId}`
}

/** Renders records that come gathered by incident and plan: a table for each. */
export function createMarkdown(): (record: AuditRecord) => string {
  let current: string | null = null
  return (record) => {
    const title = heading(record)
    const opening = title === current ? '' : `\n## ${markdown(title)}\n\n${MARKDOWN_HEAD}`
    current = title
    return opening + markdownLine(record)
  }
}

function markdownLine(record: AuditRecord): string {
  const time = record.at.toISOString().slice(0, 19).replace('T', ' ')
  const cells = [
    String(record.seq),
    time,
    doerOf(record),
    deedWords(record),
    record.reason ?? '',
    change(record.facts),
    outcome(record.facts),
  ]
  return `| ${cells.map(markdown).join(' | ')} |\n`
}

const COUNTED = ['waiting', 'active', 'delayed', 'failed', 'paused'] as const

/** `waiting 10 → 0, failed 3 → 3, paused → running`. */
function change(facts: Json): string {
  if (!isObject(facts)) return ''
  const [before, after] = [facts['before'], facts['after']]
  const old = isObject(before) ? before : isObject(facts['counts']) ? facts : {}
  const fresh = isObject(after) ? after : {}
  const numbers = COUNTED.flatMap((name) => {
    const [was, is] = [countOf(old, name), countOf(fresh, name)]
    if (was === null && is === null) return []
    return is === null ? [`${name} ${was}`] : [`${name} ${was ?? '?'} → ${is}`]
  })
  const flag = [old, fresh].map((state) => state['isPaused']).filter((value) => value !== undefined)
  const states = flag.map((isPaused) => (isPaused === true ? 'paused' : 'running'))
  return [...numbers, states.join(' → ')].filter((part) => part !== '').join(', ')
}

function countOf(state: { readonly [key: string]: Json }, name: string): number | null {
  const counts = state['counts']
  const value = isObject(counts) ? counts[name] : undefined
  return typeof value === 'number' ? value : null
}

function outcome(facts: Json): string {
  if (!isObject(facts)) return ''
  return ['state', 'proof', 'problem', 'words']
    .map((key) => facts[key])
    .filter((value) => typeof value === 'string')
    .join('; ')
}
