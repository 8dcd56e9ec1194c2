import { AUDIT_VERSION, type AuditEntry, auditText } from '../domain/audit.ts'
import type { Audit } from '../domain/ports/store.ts'
import { rows, type Sql } from './sql.ts'

interface EntryRow {
  seq: string
  version: number
  instance: string
  text: string
  previous_hash: string
  hash: string
}

const toEntry = (from: EntryRow): AuditEntry => ({
  seq: Number(from.seq),
  version: from.version,
  instance: from.instance,
  text: from.text,
  previousHash: from.previous_hash,
  hash: from.hash,
})

export function createAudit(sql: Sql, instance: string): Audit {
  return {
    async append(body) {
      await sql.query('select audit_append($1, $2, $3)', [AUDIT_VERSION, instance, auditText(body)])
    },
    async entries(afterSeq, limit) {
      const found = await rows<EntryRow>(
        sql,
        'select * from audit_entry where seq > $1 order by seq limit $2',
        [afterSeq, limit],
      )
      return found.map(toEntry)
    },
  }
}
