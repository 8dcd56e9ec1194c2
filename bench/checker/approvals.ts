import { namesFrom, type Evidence, type Partly } from './ledgers.ts'
import type { Entry } from './trail.ts'

/** On one person's word a critical queue may be stopped for so long, and be started again. */
const ALONE_MS = 15 * 60_000
/** Stops of this long are added up. */
const SUM_MS = 60 * 60_000

/** Somebody else said yes before the queue was touched, or the glass was broken, which waits for review. */
const IS_ALLOWED = `(
  exists (
    select from approval where plan_id = plan.id and verdict = 'approved' and at <= touched_at
      and (team_id, user_id) <> (plan.team_id, plan.user_id))
  or (is_break_glass and exists (select from review where plan_id = plan.id)))`

const EFFECTS = `
  from plan_queue join plan on plan.id = plan_id
  where touched_at is not null and ends_hold_id is null and plan_queue.queue = any ($1)
    and not ${IS_ALLOWED}`

/** What waited for approval was ordered with the last word on it. */
const ORDERED_BEFORE = `coalesce(
  (select max(at) + interval '1 second' from approval
    where plan_id = before.id and verdict = 'approved'), before.confirmed_at) < plan.confirmed_at`

/**
 * What others stopped before counts, too: for as long as it lasted, or still might last when this was confirmed.
 * A second is left for what was approved or ended at that very moment.
 */
const STOPPED_BEFORE = `(
  select coalesce(sum(case
    when hold.ended_at <= plan.confirmed_at + interval '1 second'
      then extract(epoch from hold.ended_at - hold.started_at) * 1000
    else before.hold_ms end), 0)
  from plan before
  join plan_queue at on at.plan_id = before.id and at.state in ('done', 'failed')
  join hold on hold.plan_id = before.id and hold.queue = at.queue and hold.system = at.system
  where before.id <> plan.id and before.action = 'pause'
    and (at.system, at.queue) = (plan_queue.system, plan_queue.queue)
    and ${ORDERED_BEFORE}
    and before.confirmed_at > plan.confirmed_at - make_interval(secs => ${SUM_MS / 1000}))`

const LONG_STOPS = `
  select 'pause of ' || plan_queue.queue || ' by plan ' || plan.id as name ${EFFECTS}
    and plan.action = 'pause' and (hold_ms is null or hold_ms + ${STOPPED_BEFORE} > ${ALONE_MS})`

const LATE_STARTS = `
  select 'resume of ' || plan_queue.queue || ' by plan ' || plan.id as name ${EFFECTS}
    and plan.action = 'resume' and coalesce(
      (select min(started_at) from hold where id = any (plan_queue.hold_ids)), '-infinity'
    ) < plan.confirmed_at - make_interval(secs => ${ALONE_MS / 1000})`

/** Where two people decide, two did; and nothing was begun while actions were frozen. */
export async function checkApprovals({ client, critical, entries }: Evidence): Promise<Partly> {
  return {
    unapproved: [
      ...(await namesFrom(client, LONG_STOPS, [critical])),
      ...(await namesFrom(client, LATE_STARTS, [critical])),
      ...whileFrozen(entries),
    ],
  }
}

function whileFrozen(entries: readonly Entry[]): readonly string[] {
  let isFrozen = false
  return entries.flatMap(({ kind, seq, subject }) => {
    if (kind === 'frozen') isFrozen = true
    if (kind === 'unfrozen') isFrozen = false
    return isFrozen && kind === 'intent' ? [`${subject} in entry ${seq}, while frozen`] : []
  })
}
