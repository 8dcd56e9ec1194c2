import type { Button, ButtonPurpose } from '../domain/message.ts'
import type { Buttons } from '../domain/ports/store.ts'
import { row, type Sql } from './sql.ts'

interface ButtonRow {
  token: string
  purpose: ButtonPurpose
  spent_at: Date | null
  spent_by: string | null
  spent_words: string | null
}

const toButton = (from: ButtonRow): Button => ({
  token: from.token,
  purpose: from.purpose,
  spentAt: from.spent_at,
  spentBy: from.spent_by,
  spentWords: from.spent_words,
})

const SAME = 'md5(purpose::text) = md5($1::jsonb::text)'

async function ensure(sql: Sql, purpose: ButtonPurpose, token: string, at: Date): Promise<Button> {
  const stored = JSON.stringify(purpose)
  const found =
    (await row<ButtonRow>(sql, `select * from button where ${SAME} and spent_at is null`, [
      stored,
    ])) ??
    (await row<ButtonRow>(
      sql,
      `insert into button (token, purpose, made_at) values ($1, $2, $3)
       on conflict (md5(purpose::text)) where spent_at is null do nothing returning *`,
      [token, stored, at],
    ))
  // Another replica made it, or somebody spent it, between the two statements.
  return found === null ? ensure(sql, purpose, token, at) : toButton(found)
}

export function createButtons(sql: Sql): Buttons {
  return {
    ensure: (purpose, token, at) => ensure(sql, purpose, token, at),
    async byToken(token) {
      const found = await row<ButtonRow>(sql, 'select * from button where token = $1', [token])
      return found === null ? null : toButton(found)
    },
    async spendPlans(ref, action, by, words, at) {
      await sql.query(
        `update button set spent_at = $5, spent_by = $3, spent_words = $4
         where spent_at is null and purpose @> $1 and jsonb_array_length(purpose -> 'refs') = 1
           and purpose ->> 'action' = $2`,
        [
          JSON.stringify({ kind: 'plan', refs: [{ system: ref.system, queue: ref.queue }] }),
          action,
          by,
          words,
          at,
        ],
      )
    },
    async spendPlan(planId, kinds, by, words, at) {
      await sql.query(
        `update button set spent_at = $5, spent_by = $3, spent_words = $4
         where spent_at is null and purpose ->> 'planId' = $1 and purpose ->> 'kind' = any ($2)`,
        [planId, kinds, by, words, at],
      )
    },
    async spendKind(kind, by, words, at) {
      await sql.query(
        `update button set spent_at = $4, spent_by = $2, spent_words = $3
         where spent_at is null and purpose ->> 'kind' = $1`,
        [kind, by, words, at],
      )
    },
    async spendIncident(incidentId, kinds, by, words, at) {
      await sql.query(
        `update button set spent_at = $5, spent_by = $3, spent_words = $4
         where spent_at is null and (purpose ->> 'incidentId')::bigint = $1
           and purpose ->> 'kind' = any ($2)
           -- What a replay left is there whether or not its incident is.
           and purpose #> '{jobs,options,continues}' is null`,
        [incidentId, kinds, by, words, at],
      )
    },
  }
}
