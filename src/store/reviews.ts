import type { Review } from '../domain/action.ts'
import type { Reviews } from '../domain/ports/plan-store.ts'
import { changed, row, rows, type Sql } from './sql.ts'

interface ReviewRow {
  plan_id: string
  opened_at: Date
  signed_team_id: string | null
  signed_user_id: string | null
  signed_at: Date | null
}

const toReview = (from: ReviewRow): Review => ({
  planId: from.plan_id,
  openedAt: from.opened_at,
  signedBy:
    from.signed_team_id === null || from.signed_user_id === null
      ? null
      : { teamId: from.signed_team_id, userId: from.signed_user_id },
  signedAt: from.signed_at,
})

/** What was done under break-glass, until somebody else has signed it off. */
export const createReviews = (sql: Sql): Reviews => ({
  async open({ id, actor }, at) {
    await sql.query(
      `insert into review (plan_id, requester_team_id, requester_user_id, opened_at, reminded_at)
       values ($1, $2, $3, $4, $4)`,
      [id, actor.teamId, actor.userId, at],
    )
  },
  sign: (planId, by, at) =>
    changed(
      sql,
      `update review set signed_team_id = $2, signed_user_id = $3, signed_at = $4
       where plan_id = $1 and signed_at is null and (requester_team_id, requester_user_id) <> ($2, $3)`,
      [planId, by.teamId, by.userId, at],
    ),
  async ofPlan(planId) {
    const found = await row<ReviewRow>(sql, 'select * from review where plan_id = $1', [planId])
    return found === null ? null : toReview(found)
  },
  async unsigned() {
    const found = await rows<ReviewRow>(
      sql,
      'select * from review where signed_at is null order by opened_at',
    )
    return found.map(toReview)
  },
  async remind(before, now) {
    const found = await rows<ReviewRow>(
      sql,
      `update review set reminded_at = $2 where signed_at is null and reminded_at <= $1 returning *`,
      [before, now],
    )
    return found.map(toReview)
  },
})
