import type { Actor, Plan } from '../domain/action.ts'
import { edgeOf } from '../domain/plan-states.ts'
import type { Plans } from '../domain/ports/plan-store.ts'
import type { QueueRef } from '../domain/queue.ts'
import { createExecutions } from './executions.ts'
import { manyPlans, onePlan, selectPlans } from './plan-rows.ts'
import { changed, row, rows, type Sql } from './sql.ts'

// One statement, so that a plan is never without its queues.
const ADD = `
  with added as (
    insert into plan (id, number, action, scope, incident_id, ends_hold_id, undoes_plan_id, team_id, user_id,
      tier, tier_reason, hold_ms, reason, phrase, state, hash, created_at, expires_at, confirmed_at, preview,
      jobs, throttle, replays_plan_id, replay_step)
    select $1, nextval('plan_number'), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $20,
      $21, $22, $23, $24
    -- A number is not used up for an end, or a step of a replay, that is planned already.
    where ($5::uuid is null or not exists (select from plan where ends_hold_id = $5))
      and ($23::uuid is null or not exists (select from plan where replays_plan_id = $23 and replay_step = $24))
    on conflict do nothing returning id, number
  ), queues as (
    insert into plan_queue (plan_id, position, system, queue, queue_tier, before, hold_ids, jobs, warnings)
    select added.id, q.position, q.system, q.queue, q.queue_tier, q.before, q.hold_ids, q.jobs, q.warnings
    from added, jsonb_to_recordset($19) as q (position integer, system text, queue text, queue_tier text,
      before jsonb, hold_ids uuid[], jobs integer, warnings jsonb)
  )
  select number from added`

const queueRows = (plan: Omit<Plan, 'number'>): string =>
  JSON.stringify(
    plan.queues.map((queue, position) => ({
      position,
      system: queue.ref.system,
      queue: queue.ref.queue,
      queue_tier: queue.tier,
      before: queue.before,
      hold_ids: queue.holdIds,
      jobs: queue.jobs,
      warnings: queue.warnings,
    })),
  )

async function add(sql: Sql, plan: Omit<Plan, 'number'>): Promise<Plan | null> {
  const added = await row<{ number: string }>(sql, ADD, [
    plan.id,
    plan.action,
    plan.scope,
    plan.incidentId,
    plan.endsHoldId,
    plan.undoesPlanId,
    plan.actor.teamId,
    plan.actor.userId,
    plan.tier,
    plan.tierReason,
    plan.holdMs,
    plan.reason,
    plan.phrase,
    plan.state,
    plan.hash,
    plan.createdAt,
    plan.expiresAt,
    plan.confirmedAt,
    queueRows(plan),
    plan.preview === null ? null : JSON.stringify(plan.preview),
    plan.jobs === null ? null : JSON.stringify(plan.jobs),
    plan.throttle === null ? null : JSON.stringify(plan.throttle),
    plan.replay?.planId ?? null,
    plan.replay?.step ?? null,
  ])
  return added === null ? null : { ...plan, number: Number(added.number) }
}

const CONFIRM = `
  with moved as (
    update plan set state = $2, reason = $3, hold_ms = $4, tier = $5, tier_reason = $6, hash = $7,
      approvals_needed = $8, is_break_glass = $9, expires_at = $10, confirmed_at = $11, reminded_at = $11
    where id = $1 and state = 'planned' and expires_at > $11 returning *
  ) ${selectPlans('moved')}`

const MOVE = `
  with moved as (
    update plan set state = $3, outcome = coalesce($4, outcome),
      finished_at = case when $4::jsonb is null then finished_at else $5 end
    where id = $1 and state = any ($2) returning *
  ) ${selectPlans('moved')}`

const LAST_DONE = `
  ${selectPlans()} where action = $3 and state = 'done' and id in (
    select plan_id from plan_queue where system = $1 and queue = $2 and state = 'done'
  ) order by finished_at desc limit 1`

const REMIND = `
  with moved as (
    update plan set reminded_at = $2 where state = 'requested' and reminded_at <= $1 returning *
  ) ${selectPlans('moved')} order by created_at`

const ON_ONE_OF = `id in (
  select plan_id from plan_queue q join jsonb_to_recordset($2) as ref (system text, queue text)
    on q.system = ref.system and q.queue = ref.queue)`

/** What moves jobs there acts there as well. */
const TO_ONE_OF = `exists (
  select from jsonb_array_elements($2::jsonb) ref where ref = jsonb_build_object(
    'system', jobs #>> '{options,target,system}', 'queue', jobs #>> '{options,target,queue}'))`

/** A replay may put jobs in line long after it was confirmed. */
const PUT_SINCE = `id in (select plan_id from replay_wave where put_at > $1)`

const ACTING_SINCE = `
  ${selectPlans()}
  where (confirmed_at > $1 or state in ('confirmed', 'executing') or ${PUT_SINCE}) and ends_hold_id is null
    and (state in ('confirmed', 'executing', 'done') or (started_at is not null and state in ('failed', 'cancelled')))
    and (${ON_ONE_OF} or ${TO_ONE_OF} or incident_id = $3)
  order by confirmed_at`

const forPeople = (
  by: { readonly actor: Actor } | { readonly refs: readonly QueueRef[] },
): readonly [string, readonly unknown[]] =>
  'actor' in by
    ? ['team_id = $2 and user_id = $3', [by.actor.teamId, by.actor.userId]]
    : [ON_ONE_OF, [JSON.stringify(by.refs)]]

const asDates = (found: readonly { confirmed_at: Date }[]): readonly Date[] =>
  found.map(({ confirmed_at: at }) => at)

type Reading = Pick<
  Plans,
  | 'byId'
  | 'locked'
  | 'byNumber'
  | 'lapsed'
  | 'requested'
  | 'lastDone'
  | 'actingSince'
  | 'ordersSince'
>

function reading(sql: Sql): Reading {
  return {
    byId: (id) => onePlan(sql, `${selectPlans()} where id = $1`, [id]),
    async locked(id) {
      await sql.query('select from plan where id = $1 for update', [id])
      return onePlan(sql, `${selectPlans()} where id = $1`, [id])
    },
    byNumber: (number) => onePlan(sql, `${selectPlans()} where number = $1`, [number]),
    async lapsed(now, limit) {
      const found = await rows<{ id: string }>(
        sql,
        `select id from plan where state in ('planned', 'requested') and expires_at <= $1
         order by expires_at limit $2`,
        [now, limit],
      )
      return found.map(({ id }) => id)
    },
    requested: () =>
      manyPlans(
        sql,
        `${selectPlans()} where state = 'requested' order by confirmed_at, number`,
        [],
      ),
    lastDone: (ref, action) => onePlan(sql, LAST_DONE, [ref.system, ref.queue, action]),
    actingSince: (since, { refs, incidentId }) =>
      manyPlans(sql, ACTING_SINCE, [since, JSON.stringify(refs), incidentId]),
    async ordersSince(since, by) {
      const [condition, values] = forPeople(by)
      return asDates(
        await rows<{ confirmed_at: Date }>(
          sql,
          `select confirmed_at from plan where confirmed_at > $1 and ends_hold_id is null and ${condition}
           order by confirmed_at`,
          [since, ...values],
        ),
      )
    },
  }
}

/** Plans as rows of `plan` and `plan_queue`. What carries them out is in `executions.ts`. */
export function createPlans(sql: Sql): Plans {
  return {
    ...createExecutions(sql),
    ...reading(sql),
    add: (plan) => add(sql, plan),
    confirm: (id, to, now) =>
      onePlan(sql, CONFIRM, [
        id,
        to.state,
        to.reason,
        to.holdMs,
        to.tier,
        to.tierReason,
        to.hash,
        to.approvalsNeeded,
        to.isBreakGlass,
        to.expiresAt,
        now,
      ]),
    move: (id, event, { now, outcome }) => {
      const { from, to } = edgeOf(event)
      const ending = outcome === undefined ? null : JSON.stringify(outcome)
      return onePlan(sql, MOVE, [id, from, to, ending, now])
    },
    requestStop: (id, by, now) =>
      changed(
        sql,
        `update plan set stop_team_id = $2, stop_user_id = $3, stop_at = $4
         where id = $1 and state in ('confirmed', 'executing') and stop_at is null and ends_hold_id is null`,
        [id, by.teamId, by.userId, now],
      ),
    async forgetPreviews(before) {
      await sql.query(
        `delete from plan where state = 'expired' and confirmed_at is null and expires_at < $1`,
        [before],
      )
    },
    remind: (before, now) => manyPlans(sql, REMIND, [before, now]),
  }
}
