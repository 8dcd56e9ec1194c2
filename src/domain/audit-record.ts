import type { Actor } from './action.ts'
import { type AuditBody, type AuditEntry, canonicalJson, type Json } from './audit.ts'

/** What an entry says, read back. Its kind may be one that only a newer version knows. */
export interface AuditRecord extends Omit<AuditBody, 'kind'> {
  readonly seq: number
  readonly kind: string
}

type JsonObject = { readonly [key: string]: Json }

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const textOf = (value: Json | undefined): string | null =>
  typeof value === 'string' ? value : null

/** The value of a text, or undefined where it is no JSON. */
export function parseText(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** Whether the text is the one that its value has. */
export const isCanonical = (text: string, value: Json | undefined): boolean =>
  value !== undefined && canonicalJson(value) === text

const actorOf = (value: Json | undefined): Actor | null => {
  if (!isObject(value)) return null
  const [teamId, userId] = [textOf(value['team']), textOf(value['user'])]
  return teamId === null || userId === null ? null : { teamId, userId }
}

/** Null where the text is not what Spillway writes. */
export function recordOf({ seq, text }: Pick<AuditEntry, 'seq' | 'text'>): AuditRecord | null {
  const body = parseText(text)
  if (!isObject(body)) return null
  const at = new Date(textOf(body['at']) ?? Number.NaN)
  const kind = textOf(body['kind'])
  if (kind === null || Number.isNaN(at.getTime())) return null
  const incident = body['incident']
  return {
    seq,
    at,
    kind,
    actor: actorOf(body['actor']),
    action: textOf(body['action']) ?? '',
    subject: textOf(body['subject']) ?? '',
    incidentId: typeof incident === 'number' ? incident : null,
    planId: textOf(body['plan']),
    planHash: textOf(body['planHash']),
    reason: textOf(body['reason']),
    facts: body['facts'] ?? null,
  }
}
