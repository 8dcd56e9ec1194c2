import type { Control } from '../domain/ports/store.ts'
import { actorOf, changed, row, type Sql } from './sql.ts'

interface FreezeRow {
  team_id: string
  user_id: string
  reason: string | null
  at: Date
}

export function createControl(sql: Sql): Control {
  return {
    async frozen() {
      const found = await row<FreezeRow>(sql, `select * from control where name = 'freeze'`)
      return found === null ? null : { by: actorOf(found), at: found.at, reason: found.reason }
    },
    freeze: (freeze) =>
      changed(
        sql,
        `insert into control (name, team_id, user_id, reason, at) values ('freeze', $1, $2, $3, $4)
         on conflict do nothing`,
        [freeze.by.teamId, freeze.by.userId, freeze.reason, freeze.at],
      ),
    unfreeze: () => changed(sql, `delete from control where name = 'freeze'`, []),
    claim: (key, at) =>
      changed(sql, 'insert into timer_claim (key, at) values ($1, $2) on conflict do nothing', [
        key,
        at,
      ]),
    async forgetClaims(before) {
      await sql.query('delete from timer_claim where at < $1', [before])
    },
  }
}
