import type { Payloads } from '../domain/ports/audit-store.ts'
import { changed, rows, type Sql } from './sql.ts'

interface PayloadRow {
  id: string
  hash: string
  salt: Buffer | null
  content: Buffer | null
  erased_at: Date | null
}

export function createPayloads(sql: Sql): Payloads {
  return {
    async add({ id, salt, hash, content, at }) {
      await sql.query(
        'insert into audit_payload (id, salt, hash, content, made_at) values ($1, $2, $3, $4, $5)',
        [id, salt, hash, content, at],
      )
    },
    erase: (id, at) =>
      changed(
        sql,
        `update audit_payload set content = null, salt = null, erased_at = $2
         where id = $1 and content is not null`,
        [id, at],
      ),
    async page(afterId, limit) {
      const found = await rows<PayloadRow>(
        sql,
        'select * from audit_payload where $1::uuid is null or id > $1 order by id limit $2',
        [afterId, limit],
      )
      return found.map(({ id, hash, salt, content, erased_at: erasedAt }) => ({
        id,
        hash,
        secret: salt === null || content === null ? null : { salt, content },
        erasedAt,
      }))
    },
  }
}
