import type { PoolClient } from 'pg'

import type { PlanState } from '../../src/domain/action.ts'

/** How a plan comes to each state. */
const ROADS: Readonly<Record<PlanState, readonly PlanState[]>> = {
  planned: [],
  requested: ['requested'],
  confirmed: ['confirmed'],
  executing: ['confirmed', 'executing'],
  done: ['confirmed', 'executing', 'done'],
  refused: ['confirmed', 'executing', 'refused'],
  failed: ['confirmed', 'executing', 'failed'],
  expired: ['expired'],
  cancelled: ['confirmed', 'executing', 'cancelled'],
}
export const PLAN_STATES = Object.keys(ROADS) as PlanState[]

interface Row {
  readonly state?: PlanState
  readonly tier?: string
  readonly approvals?: number
  readonly isBreakGlass?: boolean
  readonly endsHoldId?: string | null
  readonly queue?: string
}

/** Plans as whoever holds the application's login could write them, past all of our code, in one transaction. */
export function rawPlans(client: PoolClient) {
  /** What fails leaves nothing behind. */
  async function run(text: string, values: readonly unknown[] = []): Promise<void> {
    await client.query('savepoint attempt')
    try {
      await client.query(text, [...values])
    } catch (error) {
      await client.query('rollback to attempt')
      throw error
    }
  }

  /** A plan of Ana's for one queue, as raw rows; gives its id. */
  async function aPlan({
    state = 'planned',
    tier = 'T2',
    approvals = 0,
    isBreakGlass = false,
    endsHoldId = null,
    queue = 'email',
  }: Row = {}): Promise<string> {
    const id = crypto.randomUUID()
    await run(
      `insert into plan (id, number, action, scope, team_id, user_id, tier, state, hash, created_at, expires_at,
       approvals_needed, is_break_glass, ends_hold_id)
     values ($1, nextval('plan_number'), 'pause', $2, 'T0', 'U0ANA', $3, $4, '', now(), now() + interval '1 hour',
       $5, $6, $7)`,
      [id, `sales/${queue}`, tier, state, approvals, isBreakGlass, endsHoldId],
    )
    await run(
      `insert into plan_queue (plan_id, position, system, queue, queue_tier, before, hold_ids, warnings)
     values ($1, 0, 'sales', $2, 'critical', '{}', '{}', '[]')`,
      [id, queue],
    )
    return id
  }

  const move = (id: string, to: PlanState): Promise<void> =>
    run('update plan set state = $2 where id = $1', [id, to])

  /** A plan that went all the way to a state. */
  async function planIn(state: PlanState, row: Row = {}): Promise<string> {
    const id = await aPlan(row)
    for (const step of ROADS[state]) await move(id, step)
    return id
  }

  const approve = (
    planId: string,
    userId: string,
    { requester = 'U0ANA', verdict = 'approved', at = 'now()' } = {},
  ): Promise<void> =>
    run(
      `insert into approval (plan_id, requester_team_id, requester_user_id, team_id, user_id, verdict, role, at)
     values ($1, 'T0', $2, 'T0', $3, $4, 'lead', ${at})`,
      [planId, requester, userId, verdict],
    )

  async function aHold(planId: string): Promise<string> {
    const id = crypto.randomUUID()
    await run(
      `insert into hold (id, plan_id, system, queue, team_id, user_id, started_at)
     values ($1, $2, 'sales', 'email', 'T0', 'U0ANA', now())`,
      [id, planId],
    )
    return id
  }
  return { run, aPlan, move, planIn, approve, aHold }
}

export type RawPlans = ReturnType<typeof rawPlans>
