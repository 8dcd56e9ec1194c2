import type { TrailFilter } from '../domain/audit-filter.ts'
import type { AuditFault } from '../domain/audit-report.ts'
import { AUDIT_VERSION, type AuditEntry, auditText } from '../domain/audit.ts'
import type { Audit, AuditCheck } from '../domain/ports/audit-store.ts'
import { guardGaps } from './audit-guards.ts'
import { row, rows, type Sql } from './sql.ts'

interface EntryRow {
  seq: string
  version: number
  instance: string
  text: string
  previous_hash: string
  hash: string
}

const COLUMNS = 'seq, version, instance, text, previous_hash, hash'

const toEntry = (from: EntryRow): AuditEntry => ({
  seq: Number(from.seq),
  version: from.version,
  instance: from.instance,
  text: from.text,
  previousHash: from.previous_hash,
  hash: from.hash,
})

interface Condition {
  readonly sql: string
  readonly values: readonly unknown[]
}

const literal = (text: string): string => text.replace(/[\\%_]/g, String.raw`\$&`)

/** A name without a system is meant in every system; globs become patterns of SQL. */
function queueCondition(queue: string): readonly [string, string] {
  const name = queue.includes('/') ? queue : `*/${queue}`
  const isGlob = /[*?]/.test(name)
  const pattern = literal(name).replaceAll('*', '%').replaceAll('?', '_')
  return isGlob ? [`about ->> 'subject' like ?`, pattern] : [`about ->> 'subject' = ?`, name]
}

/** What a filter asks for, as a condition on `audit_entry` whose parameters begin at $1. */
function conditionOf(filter: TrailFilter): Condition {
  const parts: (readonly [string, unknown] | null)[] = [
    filter.queue === null ? null : queueCondition(filter.queue),
    filter.incidentId === null ? null : [`about ->> 'incident' = ?`, String(filter.incidentId)],
    filter.person === null ? null : [`about ->> 'user' = ?`, filter.person],
    filter.plan === null ? null : [`about ->> 'plan' like ?`, `${literal(filter.plan)}%`],
    filter.kind === null ? null : [`about ->> 'kind' = ?`, filter.kind],
    filter.since === null ? null : [`about ->> 'at' >= ?`, filter.since.toISOString()],
    filter.until === null ? null : [`about ->> 'at' < ?`, filter.until.toISOString()],
    filter.beforeSeq === null ? null : ['seq < ?', filter.beforeSeq],
    filter.fromSeq === null ? null : ['seq >= ?', filter.fromSeq],
  ]
  const given = parts.filter((part) => part !== null)
  return {
    sql: ['true', ...given.map(([sql], index) => sql.replace('?', `$${index + 1}`))].join(' and '),
    values: given.map(([, value]) => value),
  }
}

/** An incident, else a plan, gathers its entries; what is about neither stays together at the end. */
const GROUP = `coalesce('incident ' || (about ->> 'incident'), 'plan ' || (about ->> 'plan'))`

const ORDERS = {
  seq: 'seq',
  group: `${GROUP} is null, min(seq) over (partition by ${GROUP}), ${GROUP}, seq`,
} as const

const PAGE = 500

/** One cursor is one snapshot, and finds what keys would skip: two entries at one place. */
async function scan(
  sql: Sql,
  filter: TrailFilter,
  each: (page: readonly AuditEntry[]) => Promise<void> | void,
  order: keyof typeof ORDERS,
): Promise<void> {
  const condition = conditionOf(filter)
  await sql.query(
    `declare audit_scan no scroll cursor for
     select ${COLUMNS} from audit_entry where ${condition.sql} order by ${ORDERS[order]}`,
    condition.values,
  )
  for (;;) {
    const found = await rows<EntryRow>(sql, `fetch ${PAGE} from audit_scan`)
    if (found.length > 0) await each(found.map(toEntry))
    if (found.length < PAGE) break
  }
  await sql.query('close audit_scan')
}

async function search(
  sql: Sql,
  filter: TrailFilter,
  limit: number,
): Promise<readonly AuditEntry[]> {
  const { sql: condition, values } = conditionOf(filter)
  const found = await rows<EntryRow>(
    sql,
    `select ${COLUMNS} from audit_entry where ${condition} order by seq desc limit ${limit}`,
    values,
  )
  return found.map(toEntry)
}

interface CheckRow {
  seq: string
  hash: string
  at: Date
  full_at: Date
  faults: readonly AuditFault[]
}

async function lastCheck(sql: Sql): Promise<AuditCheck | null> {
  const found = await row<CheckRow>(sql, 'select * from audit_check')
  return found === null
    ? null
    : {
        seq: Number(found.seq),
        hash: found.hash,
        at: found.at,
        fullAt: found.full_at,
        faults: found.faults,
      }
}

export function createAudit(sql: Sql, instance: string): Audit {
  return {
    async append(body) {
      await sql.query('select audit_append($1, $2, $3)', [AUDIT_VERSION, instance, auditText(body)])
    },
    async entries(afterSeq, limit) {
      const found = await rows<EntryRow>(
        sql,
        `select ${COLUMNS} from audit_entry where seq > $1 order by seq limit $2`,
        [afterSeq, limit],
      )
      return found.map(toEntry)
    },
    search: (filter, limit) => search(sql, filter, limit),
    scan: (filter, each, order = 'seq') => scan(sql, filter, each, order),
    async head() {
      const found = await row<{ seq: string; hash: string }>(
        sql,
        'select seq, hash from audit_entry order by seq desc limit 1',
      )
      return found === null ? null : { seq: Number(found.seq), hash: found.hash }
    },
    gaps: () => guardGaps(sql),
    lastCheck: () => lastCheck(sql),
    async setCheck({ seq, hash, at, fullAt, faults }) {
      await sql.query(
        `insert into audit_check (name, seq, hash, at, full_at, faults)
         values ('scheduled', $1, $2, $3, $4, $5)
         on conflict (name) do update set seq = excluded.seq, hash = excluded.hash, at = excluded.at,
           full_at = excluded.full_at, faults = excluded.faults`,
        [seq, hash, at, fullAt, JSON.stringify(faults)],
      )
    },
  }
}
