import { createHash } from 'node:crypto'

import type { Actor } from './action.ts'

/** What an entry tells of. `intent` comes before an effect, `step` and `outcome` after it; the rest stand alone. */
export const AUDIT_KINDS = [
  'denied',
  'planned',
  'confirmed',
  'requested',
  'approved',
  'rejected',
  'withdrawn',
  'voided',
  'break_glass',
  'signed_off',
  'expired',
  'cancelled',
  'stopped',
  'intent',
  'step',
  'outcome',
  'frozen',
  'unfrozen',
  'acknowledged',
  'resolved',
  'vault_expired',
  'watched',
  'judged',
  // The trail's own: what was taken out of it, what was lost of it in a restore, who took a copy.
  'erased',
  'resealed',
  'exported',
] as const
export type AuditKind = (typeof AUDIT_KINDS)[number]

export interface AuditBody {
  readonly at: Date
  readonly kind: AuditKind
  /** Null for what Spillway does by itself. */
  readonly actor: Actor | null
  readonly action: string
  /** `system/queue`, `incident 7`, or what else the action is about. */
  readonly subject: string
  readonly incidentId: number | null
  readonly planId: string | null
  readonly planHash: string | null
  readonly reason: string | null
  /** Counts, flags, holds before and after: facts without payloads. */
  readonly facts: Json
}

/** A link of the chain, as stored. */
export interface AuditEntry {
  readonly seq: number
  readonly version: number
  readonly instance: string
  /** Canonical JSON of the body. */
  readonly text: string
  readonly previousHash: string
  readonly hash: string
}

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json }

export const AUDIT_VERSION = 1
/** What the first entry names as its predecessor. */
export const AUDIT_GENESIS = '0'.repeat(64)

/** JSON with sorted keys and no blanks: one text per value. Keys sort by UTF-16 units, as RFC 8785 has it. */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.keys(value)
    .toSorted(compareUnits)
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`)
  return `{${members.join(',')}}`
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)
const compareUnits = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

export const auditText = (body: AuditBody): string =>
  canonicalJson({
    at: body.at.toISOString(),
    kind: body.kind,
    actor: body.actor === null ? null : { team: body.actor.teamId, user: body.actor.userId },
    action: body.action,
    subject: body.subject,
    incident: body.incidentId,
    plan: body.planId,
    planHash: body.planHash,
    reason: body.reason,
    facts: body.facts,
  })

/** SHA-256, hex, over predecessor, sequence, version, instance and the stored text, a line each. */
export const auditHash = (entry: Omit<AuditEntry, 'hash'>): string =>
  createHash('sha256')
    .update(
      [entry.previousHash, entry.seq, entry.version, entry.instance, entry.text].join('\n'),
      'utf8',
    )
    .digest('hex')

export type ChainFault = { readonly seq: number; readonly words: string }

/** The first fault of a chain that starts at `after`, or null. Entries come in the order of `seq`. */
export function findChainFault(
  entries: readonly AuditEntry[],
  after: { readonly seq: number; readonly hash: string } = { seq: 0, hash: AUDIT_GENESIS },
): ChainFault | null {
  let last = after
  for (const entry of entries) {
    if (entry.seq !== last.seq + 1)
      return { seq: entry.seq, words: `entry ${last.seq + 1} is missing` }
    if (entry.previousHash !== last.hash)
      return { seq: entry.seq, words: 'does not follow from the entry before it' }
    if (entry.hash !== auditHash(entry))
      return { seq: entry.seq, words: 'its content does not match its hash' }
    last = entry
  }
  return null
}
