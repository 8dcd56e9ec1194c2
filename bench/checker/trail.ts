import { createHash } from 'node:crypto'

import type pg from 'pg'

import type { Partly } from './ledgers.ts'

/** What an entry of the audit trail says, as far as it is judged here. */
export interface Entry {
  readonly seq: number
  /** ISO 8601. */
  readonly at: string
  readonly kind: string
  readonly action: string
  /** `system/queue`, or what else the entry is about. */
  readonly subject: string
  readonly plan: string | null
  readonly reason: string | null
  readonly facts: { readonly accounts?: Readonly<Record<string, number>> }
}

/** A row of the audit trail. */
interface Link {
  readonly seq: number
  readonly version: number
  readonly instance: string
  readonly text: string
  readonly previous_hash: string
  readonly hash: string
}

export const readTrail = async (client: pg.Client): Promise<readonly Link[]> =>
  (
    await client.query<Link>(
      'select seq::int, version, instance, text, previous_hash, hash from audit_entry order by seq',
    )
  ).rows

/** Nothing is missing from the trail, nothing in it was changed: the documented rule, worked out once more. */
export function checkTrail(links: readonly Link[]): Partly {
  let previous = { seq: 0, hash: '0'.repeat(64) }
  for (const link of links) {
    const { seq, version, instance, text } = link
    const content = [previous.hash, seq, version, instance, text].join('\n')
    const hash = createHash('sha256').update(content).digest('hex')
    if (seq !== previous.seq + 1 || link.previous_hash !== previous.hash || link.hash !== hash)
      return { unaudited: [`trail broken at entry ${seq}`] }
    previous = { seq, hash }
  }
  return {}
}
