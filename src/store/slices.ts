import type { JobState } from '../domain/job.ts'
import type { JobAccounts, Slice, SliceEnd, Slices } from '../domain/ports/vault-store.ts'
import { changed, refOf, row, rows, type Sql } from './sql.ts'

interface SliceRow {
  plan_id: string
  position: number
  system: string
  queue: string
  job_state: JobState
  job_ids: string[]
  wave: number | null
  in_vault: boolean
  begun_at: Date | null
  state: 'open' | SliceEnd['state']
  skipped: SliceEnd['skipped']
  renamed: SliceEnd['renamed']
}

const toSlice = (from: SliceRow): Slice => ({
  position: from.position,
  ref: refOf(from),
  state: from.job_state,
  ids: from.job_ids,
  ...(from.wave === null ? {} : { wave: from.wave }),
  ...(from.in_vault ? { isInVault: true } : {}),
  end:
    from.state === 'open'
      ? null
      : { state: from.state, skipped: from.skipped, renamed: from.renamed },
  isBegun: from.begun_at !== null,
})

/** Some 4 MB of ids at the usual 36 characters each. */
const SLICES_PER_INSERT = 100

const ADD = `
  insert into plan_slice (plan_id, position, system, queue, job_state, job_ids, wave, in_vault)
  select $1, * from json_to_recordset($2)
    as slice (position integer, system text, queue text, job_state text, job_ids text[], wave integer,
      in_vault boolean)`

const rowsOf = (slices: Parameters<Slices['add']>[1]): string =>
  JSON.stringify(
    slices.map(({ position, ref, state, ids, wave, isInVault }) => ({
      position,
      system: ref.system,
      queue: ref.queue,
      job_state: state,
      job_ids: ids,
      wave: wave ?? null,
      in_vault: isInVault ?? false,
    })),
  )

async function add(sql: Sql, planId: string, slices: Parameters<Slices['add']>[1]): Promise<void> {
  for (let from = 0; from < slices.length; from += SLICES_PER_INSERT)
    await sql.query(ADD, [planId, rowsOf(slices.slice(from, from + SLICES_PER_INSERT))])
}

const BEGIN = `
  with ours as (
    update plan set leased_until = $5 where id = $1 and fence = $2 and state = 'executing' returning id
  ) update plan_slice set begun_at = coalesce(begun_at, $4)
    where plan_id = (select id from ours) and position = $3 and state = 'open'`

// A plan that is over has an open slice only where it left it in doubt: whoever has its fence settles it.
const END = `
  with ours as (
    update plan set progressed_at = $7
    where id = $1 and fence = $2
      and exists (select from plan_slice where plan_id = $1 and position = $3 and state = 'open')
    returning id
  ) update plan_slice set state = $4, skipped = $5, renamed = $6, ended_at = $7,
      skipped_count = (select coalesce(sum(jsonb_array_length(value)), 0) from jsonb_each($5))
    where plan_id = (select id from ours) and position = $3 and state = 'open'`

const RETURN_ALL = `
  with ours as (
    select id from plan where id = $1 and fence = $2 and state = 'executing' for no key update
  ) update plan_slice set state = 'returned', ended_at = $5
    where plan_id = (select id from ours) and system = $3 and queue = $4
      and state = 'open' and begun_at is null`

const OVER = `state in ('done', 'refused', 'failed', 'expired', 'cancelled')`

const IN_DOUBT = `
  select * from plan_slice
  where state = 'open' and begun_at is not null and plan_id in (select id from plan where ${OVER})
  order by begun_at limit $1`

const ACCOUNTS = `
  with slice as (
    select * from plan_slice where plan_id = $1 and ($2::text is null or (system = $2 and queue = $3))
  )
  select
    coalesce(sum(cardinality(job_ids)), 0)::integer as planned,
    coalesce(sum(cardinality(job_ids) - skipped_count) filter (where state = 'done'), 0)::integer as done,
    coalesce(sum(skipped_count), 0)::integer as skipped,
    coalesce(sum(cardinality(job_ids)) filter (where state = 'returned'), 0)::integer as returned,
    coalesce(sum(cardinality(job_ids)) filter (where state = 'open'), 0)::integer as open,
    (select coalesce(json_object_agg(reason, jobs), '{}') from (
      select key as reason, sum(jsonb_array_length(value)) as jobs from slice, jsonb_each(skipped) group by key
    ) by_reason) as reasons
  from slice`

// The first of so many equal stretches each; the ids of the others are never read.
const SPREAD = `
  with place as (
    select position, row_number() over (order by position) as nth, count(*) over () as total
    from plan_slice where plan_id = $1 and not in_vault
  )
  select plan_slice.* from place join plan_slice using (position)
  where plan_id = $1
    and (total <= $2 or nth = 1 or (nth - 1) * $2::bigint / total > (nth - 2) * $2::bigint / total)
  order by position`

const NO_ACCOUNTS: JobAccounts = {
  planned: 0,
  done: 0,
  skipped: 0,
  returned: 0,
  open: 0,
  reasons: {},
}

type Writing = Pick<Slices, 'add' | 'begin' | 'end' | 'returnAll' | 'refence'>

function writing(sql: Sql): Writing {
  return {
    add: (planId, slices) => add(sql, planId, slices),
    begin: (planId, fence, position, now, leaseMs) =>
      changed(sql, BEGIN, [planId, fence, position, now, new Date(now.getTime() + leaseMs)]),
    end: (planId, fence, position, { state, skipped, renamed }, now) =>
      changed(sql, END, [
        planId,
        fence,
        position,
        state,
        JSON.stringify(skipped),
        JSON.stringify(renamed),
        now,
      ]),
    async returnAll(planId, fence, { system, queue }, now) {
      await sql.query(RETURN_ALL, [planId, fence, system, queue, now])
    },
    async refence(planId) {
      const found = await row<{ fence: number }>(
        sql,
        `update plan set fence = fence + 1 where id = $1 and ${OVER} returning fence`,
        [planId],
      )
      return found?.fence ?? null
    },
  }
}

/** A plan's jobs, in rows of `plan_slice`. Every write of an attempt demands the plan's fence. */
export function createSlices(sql: Sql): Slices {
  return {
    ...writing(sql),
    async open(planId, { system, queue }, limit) {
      const found = await rows<SliceRow>(
        sql,
        `select * from plan_slice where plan_id = $1 and system = $2 and queue = $3 and state = 'open'
         order by position limit $4`,
        [planId, system, queue, limit],
      )
      return found.map(toSlice)
    },
    async inDoubt(limit) {
      const found = await rows<SliceRow>(sql, IN_DOUBT, [limit])
      return found.map((from) => ({ planId: from.plan_id, slice: toSlice(from) }))
    },
    async accounts(planId, ref) {
      const about = [planId, ref?.system ?? null, ref?.queue ?? null]
      return (await row<JobAccounts & { reasons: object }>(sql, ACCOUNTS, about)) ?? NO_ACCOUNTS
    },
    async page(planId, after, limit) {
      const found = await rows<SliceRow>(
        sql,
        'select * from plan_slice where plan_id = $1 and position > $2 order by position limit $3',
        [planId, after, limit],
      )
      return found.map(toSlice)
    },
    async spread(planId, limit) {
      return (await rows<SliceRow>(sql, SPREAD, [planId, limit])).map(toSlice)
    },
  }
}
