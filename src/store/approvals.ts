import type { Approval } from '../domain/action.ts'
import type { Approvals } from '../domain/ports/plan-store.ts'
import { actorOf, changed, rows, type Sql } from './sql.ts'

interface ApprovalRow {
  plan_id: string
  team_id: string
  user_id: string
  verdict: Approval['verdict']
  role: string
  at: Date
}

/** Other people's word on plans; the table itself refuses the requester's own, a second and a late one. */
export const createApprovals = (sql: Sql): Approvals => ({
  add: ({ planId, by, verdict, role, at }, requester) =>
    changed(
      sql,
      `insert into approval
         (plan_id, requester_team_id, requester_user_id, team_id, user_id, verdict, role, at)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (plan_id, team_id, user_id, verdict) do nothing`,
      [planId, requester.teamId, requester.userId, by.teamId, by.userId, verdict, role, at],
    ),
  async ofPlan(planId) {
    const found = await rows<ApprovalRow>(
      sql,
      'select * from approval where plan_id = $1 order by at, user_id',
      [planId],
    )
    return found.map((from) => ({
      planId: from.plan_id,
      by: actorOf(from),
      verdict: from.verdict,
      role: from.role,
      at: from.at,
    }))
  },
})
