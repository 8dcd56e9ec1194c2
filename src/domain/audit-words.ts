import type { AuditRecord } from './audit-record.ts'
import { isObject } from './audit-record.ts'
import type { AuditKind, Json } from './audit.ts'
import { formatDuration } from './duration.ts'

/** What an entry tells, in parts, for each place to mark up in its own way. */
export interface Deed {
  /** What somebody did: `confirmed`. */
  readonly verb: string
  /** To which action: `the pause of`; empty where the verb says it. */
  readonly what: string
  /** `sales/email`, `incident 7`. */
  readonly subject: string
  /** `for 30 min`; empty where there is nothing to add. */
  readonly extra: string
}

const VERBS: Readonly<Record<AuditKind, string>> = {
  denied: 'was refused',
  planned: 'planned',
  confirmed: 'confirmed',
  requested: 'asked for approval of',
  approved: 'approved',
  rejected: 'rejected',
  withdrawn: 'withdrew',
  voided: 'had to plan anew',
  break_glass: 'broke the glass for',
  signed_off: 'signed off',
  expired: 'ran out of time for',
  cancelled: 'cancelled',
  stopped: 'stopped',
  intent: 'began',
  step: 'did one queue of',
  outcome: 'ended',
  frozen: 'froze',
  unfrozen: 'lifted the freeze of',
  vault_expired: 'deleted the payloads of',
  watched: 'watched',
  judged: 'judged',
  acknowledged: 'acknowledged',
  resolved: 'resolved',
  erased: 'erased',
  resealed: 'resealed',
  exported: 'exported',
}

/** Where the verb names the action already. */
const COMPLETE = new Set([
  'freeze',
  'unfreeze',
  'expire',
  'acknowledge',
  'resolve',
  'erase',
  'reseal',
  'export',
])

const ENDS: ReadonlyMap<string, string> = new Map([
  ['done', 'completed'],
  ['refused', 'was kept from'],
  ['failed', 'failed at'],
  ['cancelled', 'ended early'],
])

const isKnown = (kind: string): kind is AuditKind => Object.hasOwn(VERBS, kind)

function verbOf({ kind, facts }: AuditRecord): string {
  const state = isObject(facts) ? facts['state'] : undefined
  if (kind === 'outcome' && typeof state === 'string') return ENDS.get(state) ?? VERBS.outcome
  return isKnown(kind) ? VERBS[kind] : kind
}

function extraOf(facts: Json): string {
  const holdMs = isObject(facts) ? facts['holdMs'] : undefined
  return typeof holdMs === 'number' ? `for ${formatDuration(holdMs)}` : ''
}

export const deedOf = (record: AuditRecord): Deed => ({
  verb: verbOf(record),
  what: record.action === '' || COMPLETE.has(record.action) ? '' : `the ${record.action} of`,
  subject: record.subject,
  extra: extraOf(record.facts),
})

/** The deed in one plain sentence. */
export const deedWords = (record: AuditRecord): string => {
  const { verb, what, subject, extra } = deedOf(record)
  return [verb, what, subject, extra].filter((part) => part !== '').join(' ')
}

/** Who did it; Spillway itself where nobody clicked, a person at the terminal where one gave a name. */
export function doerOf({ actor, facts }: AuditRecord): string {
  if (actor !== null) return actor.userId
  const by = isObject(facts) ? facts['by'] : undefined
  return typeof by === 'string' ? by : 'Spillway'
}
