import type { Anchor, AnchorPlace, PlacedAnchor } from '../domain/audit-anchor.ts'
import type { Anchors } from '../domain/ports/audit-store.ts'
import { row, rows, type Sql } from './sql.ts'

interface AnchorRow {
  instance: string
  seq: string
  hash: string
  at: Date
  place: AnchorPlace
  reference: string | null
  problem: string | null
}

const toAnchor = ({ instance, seq, hash, at }: AnchorRow): Anchor => ({
  instance,
  seq: Number(seq),
  hash,
  at,
})

const toPlaced = (from: AnchorRow): PlacedAnchor => ({
  ...toAnchor(from),
  place: from.place,
  reference: from.reference,
  problem: from.problem,
})

const PENDING = 'reference is null'
const THIS = `place = $1 and seq = $2 and hash = $3 and ${PENDING}`

/** Slack's answer stands in the outbox; the key is `anchorKey`. */
const SETTLE = `
  update audit_anchor a set
    reference = m.channel_id || '/' || m.ts,
    placed_at = case when m.ts is null then null else $1::timestamptz end,
    problem = case when m.ts is null then m.problem end
  from message m
  where a.place = 'slack' and a.${PENDING} and m.key = 'anchor:' || a.seq || ':' || a.hash
    and (m.ts is not null or m.problem is distinct from a.problem)`

export function createAnchors(sql: Sql): Anchors {
  const one = async (which: string): Promise<Anchor | null> => {
    const found = await row<AnchorRow>(sql, `select * from audit_anchor ${which} limit 1`)
    return found === null ? null : toAnchor(found)
  }
  return {
    last: () => one('order by at desc, seq desc'),
    lastPlaced: () => one('where reference is not null order by seq desc'),
    async add({ instance, seq, hash, at }, places) {
      await sql.query(
        `insert into audit_anchor (instance, seq, hash, at, place)
         select $1, $2, $3, $4, unnest($5::text[]) on conflict do nothing`,
        [instance, seq, hash, at, places],
      )
    },
    async pending(place, limit) {
      const found = await rows<AnchorRow>(
        sql,
        `select * from audit_anchor where place = $1 and ${PENDING} order by seq limit $2`,
        [place, limit],
      )
      return found.map(toAnchor)
    },
    async placed({ seq, hash }, place, reference, at) {
      await sql.query(
        `update audit_anchor set reference = $4, placed_at = $5, problem = null where ${THIS}`,
        [place, seq, hash, reference, at],
      )
    },
    async failed({ seq, hash }, place, problem) {
      await sql.query(`update audit_anchor set problem = $4 where ${THIS}`, [
        place,
        seq,
        hash,
        problem.slice(0, 500),
      ])
    },
    async settle(at) {
      await sql.query(SETTLE, [at])
    },
    async all() {
      return (await rows<AnchorRow>(sql, 'select * from audit_anchor order by seq, at, place')).map(
        toPlaced,
      )
    },
  }
}
