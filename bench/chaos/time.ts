import type pg from 'pg'

import { CRITICAL } from './queues.ts'

/** The others are only ever stopped for moments. */
const AGEING = CRITICAL.filter((queue) => queue !== 'pay-fee')

/** Timed pauses end as if their time had passed. */
export async function letHoldsEnd(client: pg.Pool): Promise<void> {
  await client.query(
    `with due as (update hold set ends_at = now() where ended_at is null returning id)
     select graphile_worker.add_job('end_hold', json_build_object('holdId', id),
       job_key => 'end_hold:' || id) from due`,
  )
}

/**
 * Critical queues have been stopped for twenty minutes, so that one person's word no longer starts them. Not
 * while somebody confirms, nor where something is under way: what was decided was decided by the old times.
 */
export async function letHoldsAge(client: pg.Pool): Promise<void> {
  // A block, for its second statement must see what was committed while the first one waited.
  await client.query(`do $$ begin
    perform pg_advisory_xact_lock(hashtextextended('confirm', 7));
    update hold set started_at = started_at - interval '20 minutes'
    where ended_at is null and queue in (${AGEING.map((queue) => `'${queue}'`).join(', ')})
      and not exists (
        select from plan join plan_queue on plan_queue.plan_id = plan.id
        where plan_queue.queue = hold.queue and plan.state in ('confirmed', 'executing'));
  end $$`)
}

/** As if the lease of whoever was killed had run out. */
export async function letLeasesEnd(client: pg.Pool): Promise<void> {
  await client.query(`update plan set leased_until = now() where state = 'executing'`)
}

/** Nobody confirms or approves any more what waits for it. */
export async function letPlansLapse(client: pg.Pool): Promise<void> {
  await client.query(`update plan set expires_at = now() where state in ('planned', 'requested')`)
}
