import type { Plans } from '../domain/ports/plan-store.ts'
import { oneLease, onePlan, selectPlans } from './plan-rows.ts'
import { changed, refOf, row, rows, type Sql } from './sql.ts'

type Executions = Pick<
  Plans,
  | 'lease'
  | 'release'
  | 'putOff'
  | 'later'
  | 'beginQueue'
  | 'isWanted'
  | 'intend'
  | 'touch'
  | 'wasTouched'
  | 'endQueue'
  | 'returnQueues'
  | 'finish'
  | 'unfinished'
>

const LEASE = `
  with moved as (
    update plan set state = 'executing', fence = fence + 1, leased_until = $3,
      started_at = coalesce(started_at, $2)
    where id = $1 and (state = 'confirmed' or (state = 'executing' and leased_until <= $2)) returning *
  ) ${selectPlans('moved')}`

const RELEASE = `
  update plan set leased_until = $3 where id = $1 and fence = $2 and state = 'executing'`

const putOff = (changes: string): string => `
  with plan as (
    update plan set state = 'confirmed', leased_until = null, ${changes}
    where id = $1 and fence = $2 and state = 'executing' returning id
  ), freed as (
    update plan_queue set state = 'pending'
    where plan_id = (select id from plan) and state = 'executing'
  ) select id from plan`

// An attempt that found nothing to do yet ended by itself, and so did all of them once one made progress.
const PUT_OFF = putOff('attempts_base = attempts_base + 1')
const LATER = putOff('attempts_base = fence, progressed_at = $3')

const OURS = `exists (select from plan where id = plan_id and fence = $2 and state = 'executing')`

const FINISH = `
  with moved as (
    update plan set state = $3, outcome = $4, finished_at = $5, leased_until = null
    where id = $1 and fence = $2 and state = 'executing' returning *
  ) ${selectPlans('moved')}`

const UNIQUE_VIOLATION = '23505'

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION

/** Two plans of one queue at once: the unique index lets one of them through. */
const BEGIN_QUEUE = `
  update plan_queue q set state = 'executing'
  where plan_id = $1 and system = $3 and queue = $4 and state in ('pending', 'executing') and ${OURS}
    and not exists (
      select from plan_queue other where other.system = q.system and other.queue = q.queue
        and other.state = 'executing' and other.plan_id <> q.plan_id
    )`

const IS_WANTED = `
  select from plan_queue q join plan p on p.id = q.plan_id
  where q.system = $1 and q.queue = $2 and q.state = 'pending' and p.id <> $3 and p.action <> 'replay'
    and p.state in ('confirmed', 'executing') limit 1`

const IS_OURS = `select from plan where id = $1 and fence = $2 and state = 'executing'`

/** What an attempt writes of one queue. */
function ofQueues(
  sql: Sql,
): Pick<Executions, 'beginQueue' | 'intend' | 'touch' | 'wasTouched' | 'endQueue'> {
  const ofQueue = (change: string, condition: string, values: readonly unknown[]) =>
    changed(
      sql,
      `update plan_queue set ${change}
       where plan_id = $1 and system = $3 and queue = $4 and ${condition} and ${OURS}`,
      values,
    )
  return {
    async beginQueue(id, fence, { system, queue }) {
      try {
        if (await changed(sql, BEGIN_QUEUE, [id, fence, system, queue])) return 'begun'
      } catch (error) {
        if (!isTaken(error)) throw error
      }
      return (await row(sql, IS_OURS, [id, fence])) === null ? 'lost' : 'busy'
    },
    intend: (id, fence, { system, queue }, now) =>
      ofQueue('intended_at = $5', 'intended_at is null', [id, fence, system, queue, now]),
    async touch(id, fence, { system, queue }, now, leaseMs) {
      const until = new Date(now.getTime() + leaseMs)
      const renewed = `with renewed as (
        update plan set leased_until = $6 where id = $1 and fence = $2 and state = 'executing' returning id
      ) update plan_queue set touched_at = coalesce(touched_at, $5)
        where plan_id = (select id from renewed) and system = $3 and queue = $4 and state = 'executing'`
      return changed(sql, renewed, [id, fence, system, queue, now, until])
    },
    async wasTouched(id, { system, queue }) {
      const found = await row(
        sql,
        `select from plan_queue where plan_id = $1 and system = $2 and queue = $3
           and touched_at is not null`,
        [id, system, queue],
      )
      return found !== null
    },
    endQueue: (id, fence, { system, queue }, state, outcome) =>
      ofQueue('state = $5, outcome = $6', `state in ('pending', 'executing')`, [
        id,
        fence,
        system,
        queue,
        state,
        JSON.stringify(outcome),
      ]),
  }
}

/** The part of plans that an attempt at one writes: every statement demands its fence. */
export function createExecutions(sql: Sql): Executions {
  return {
    ...ofQueues(sql),
    isWanted: async ({ system, queue }, besidesPlanId) =>
      (await row(sql, IS_WANTED, [system, queue, besidesPlanId])) !== null,
    lease: (id, now, leaseMs) => oneLease(sql, LEASE, [id, now, new Date(now.getTime() + leaseMs)]),
    release: (id, fence, now) => changed(sql, RELEASE, [id, fence, now]),
    putOff: (id, fence) => changed(sql, PUT_OFF, [id, fence]),
    later: (id, fence, now) => changed(sql, LATER, [id, fence, now]),
    async returnQueues(id, fence, words) {
      const failed = JSON.stringify({ words, proof: null, after: null, accounting: null })
      const ended = await rows<{ system: string; queue: string; state: 'returned' | 'failed' }>(
        sql,
        `update plan_queue set
           state = case when touched_at is null then 'returned' else 'failed' end,
           outcome = case when touched_at is null then null else $3::jsonb end
         where plan_id = $1 and state in ('pending', 'executing') and ${OURS}
         returning system, queue, state`,
        [id, fence, failed],
      )
      return ended.map((from) => ({ ref: refOf(from), state: from.state }))
    },
    finish: (id, fence, state, outcome, now) =>
      onePlan(sql, FINISH, [id, fence, state, JSON.stringify(outcome), now]),
    async unfinished(now, limit) {
      const found = await rows<{ id: string; is_timed_end: boolean }>(
        sql,
        `select id, ends_hold_id is not null as is_timed_end from plan where state = 'confirmed' or (state = 'executing' and leased_until <= $1)
         order by state = 'executing' desc, ends_hold_id is not null, created_at limit $2`,
        [now, limit],
      )
      return found.map((from) => ({ id: from.id, isTimedEnd: from.is_timed_end }))
    },
  }
}
