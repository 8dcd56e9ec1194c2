import type { Plan, PlanOutcome, PlanPreview } from '../domain/action.ts'
import type { Plans } from '../domain/ports/store.ts'
import { actorOf, changed, refOf, reviveOverview, row, rows, type Sql } from './sql.ts'

interface PlanRow {
  id: string
  action: Plan['action']
  system: string
  queue: string
  incident_id: string | null
  ends_hold_id: string | null
  team_id: string
  user_id: string
  tier: Plan['tier']
  queue_tier: Plan['queueTier']
  before: PlanPreview
  hold_ms: string | null
  reason: string | null
  state: Plan['state']
  hash: string
  created_at: Date
  expires_at: Date
  confirmed_at: Date | null
  outcome: PlanOutcome | null
  finished_at: Date | null
}

const reviveOutcome = (stored: PlanOutcome | null): PlanOutcome | null =>
  stored === null || stored.after === null
    ? stored
    : { ...stored, after: reviveOverview(stored.after) }

const toPlan = (from: PlanRow): Plan => ({
  id: from.id,
  action: from.action,
  ref: refOf(from),
  incidentId: from.incident_id === null ? null : Number(from.incident_id),
  endsHoldId: from.ends_hold_id,
  actor: actorOf(from),
  tier: from.tier,
  queueTier: from.queue_tier,
  before: { ...from.before, overview: reviveOverview(from.before.overview) },
  holdMs: from.hold_ms === null ? null : Number(from.hold_ms),
  reason: from.reason,
  state: from.state,
  hash: from.hash,
  createdAt: from.created_at,
  expiresAt: from.expires_at,
  confirmedAt: from.confirmed_at,
  outcome: reviveOutcome(from.outcome),
  finishedAt: from.finished_at,
})

const add = (sql: Sql, plan: Plan): Promise<boolean> =>
  changed(
    sql,
    `insert into plan (id, action, system, queue, incident_id, team_id, user_id, tier, queue_tier,
       before, hold_ms, reason, state, hash, created_at, expires_at, ends_hold_id, confirmed_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
     on conflict (ends_hold_id) do nothing`,
    [
      plan.id,
      plan.action,
      plan.ref.system,
      plan.ref.queue,
      plan.incidentId,
      plan.actor.teamId,
      plan.actor.userId,
      plan.tier,
      plan.queueTier,
      JSON.stringify(plan.before),
      plan.holdMs,
      plan.reason,
      plan.state,
      plan.hash,
      plan.createdAt,
      plan.expiresAt,
      plan.endsHoldId,
      plan.confirmedAt,
    ],
  )

const CONFIRM = `
  update plan set state = 'confirmed', reason = $2, hold_ms = $3, confirmed_at = $4
  where id = $1 and state = 'planned' and expires_at > $4 returning *`

const LEASE = `
  update plan set state = 'executing', fence = fence + 1, leased_until = $3
  where id = $1 and (state = 'confirmed' or (state = 'executing' and leased_until <= $2))
    and not exists (
      select 1 from plan other where other.system = plan.system and other.queue = plan.queue
        and other.state = 'executing' and other.id <> plan.id
    )
  returning *`

const FINISH = `
  update plan set state = $3, outcome = $4, finished_at = $5, leased_until = null
  where id = $1 and fence = $2 and state = 'executing' returning touched_at`

const LAST_DONE = `
  select * from plan where system = $1 and queue = $2 and action = $3 and state = 'done'
  order by finished_at desc limit 1`

const UNIQUE_VIOLATION = '23505'

/** Two replicas that lease two plans of one queue at once: the index lets one of them through. */
async function lease(sql: Sql, id: string, now: Date, leaseMs: number): ReturnType<Plans['lease']> {
  try {
    const until = new Date(now.getTime() + leaseMs)
    const found = await row<PlanRow & { fence: number; touched_at: Date | null }>(sql, LEASE, [
      id,
      now,
      until,
    ])
    if (found === null) return null
    return { plan: toPlan(found), fence: found.fence, wasTouched: found.touched_at !== null }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION) return null
    throw error
  }
}

type Executing = Pick<
  Plans,
  'lease' | 'intend' | 'touch' | 'unlease' | 'release' | 'finish' | 'unfinished'
>

function executing(sql: Sql): Executing {
  const ours = (change: string, values: readonly unknown[]): Promise<boolean> =>
    changed(
      sql,
      `update plan set ${change} where id = $1 and fence = $2 and state = 'executing'`,
      values,
    )
  return {
    lease: (id, now, leaseMs) => lease(sql, id, now, leaseMs),
    intend: (id, fence, now) =>
      changed(
        sql,
        `update plan set intended_at = $3
         where id = $1 and fence = $2 and state = 'executing' and intended_at is null`,
        [id, fence, now],
      ),
    touch: (id, fence, now, leaseMs) =>
      ours('touched_at = coalesce(touched_at, $3), leased_until = $4', [
        id,
        fence,
        now,
        new Date(now.getTime() + leaseMs),
      ]),
    unlease: (id, fence) => ours(`state = 'confirmed', leased_until = null`, [id, fence]),
    release: (id, fence, now) => ours('leased_until = $3', [id, fence, now]),
    async finish(id, fence, state, outcome, now) {
      const values = [id, fence, state, JSON.stringify(outcome), now]
      const found = await row<{ touched_at: Date | null }>(sql, FINISH, values)
      return found === null ? null : { wasTouched: found.touched_at !== null }
    },
    async unfinished(now, limit) {
      const found = await rows<{ id: string }>(
        sql,
        `select id from plan where state = 'confirmed' or (state = 'executing' and leased_until <= $1)
         order by created_at limit $2`,
        [now, limit],
      )
      return found.map(({ id }) => id)
    },
  }
}

export function createPlans(sql: Sql): Plans {
  const one = async (text: string, values: readonly unknown[]): Promise<Plan | null> => {
    const found = await row<PlanRow>(sql, text, values)
    return found === null ? null : toPlan(found)
  }
  return {
    ...executing(sql),
    add: (plan) => add(sql, plan),
    byId: (id) => one('select * from plan where id = $1', [id]),
    confirm: (id, reason, holdMs, now) => one(CONFIRM, [id, reason, holdMs, now]),
    lastDone: (ref, action) => one(LAST_DONE, [ref.system, ref.queue, action]),
    async forgetPreviews(before) {
      await sql.query(`delete from plan where state = 'planned' and expires_at < $1`, [before])
    },
  }
}
