import type { JobState } from '../domain/job.ts'
import type { Vault } from '../domain/ports/vault-store.ts'
import { refOf, row, rows, type Sql } from './sql.ts'
import { textArray } from './text-array.ts'

// In the order of ids, so that two plans that want the same rows wait for each other rather than for ever.
const WANTED = `
  ours as (
    select id from plan where id = $1 and fence = $2 and state = 'executing' for no key update
  ), wanted as (
    select id from vault_job
    where id = any ($3::bigint[]) and state = 'held' and exists (select from ours) order by id for update
  )`

// Read apart: only a new statement sees what this one claimed, in the order that was asked for.
const CLAIM = `
  with ${WANTED}, claimed as (
    update vault_job set state = 'releasing', out_plan_id = $1 from wanted where vault_job.id = wanted.id
  )
  select from ours`

const CLAIMED = `
  select vault_job.id, job_id, from_state, system, queue, content
  from unnest($2::bigint[]) with ordinality as asked (id, place)
    join vault_job on vault_job.id = asked.id and vault_job.state = 'releasing' and out_plan_id = $1
    join vault_content on vault_job_id = vault_job.id
    join vault_set on vault_set.id = set_id
  order by place`

interface ClaimedRow {
  id: string
  job_id: string
  from_state: JobState
  system: string
  queue: string
  content: string
}

// By their ids alone: joined with a list of ends the planner would walk that list once for every row.
const RELEASED = `
  update vault_job set state = 'released', out_at = $2
  where id = any ($3::bigint[]) and state = 'releasing' and out_plan_id = $1`

const KEPT = `
  update vault_job set state = 'held', out_plan_id = null
  where id = any ($2::bigint[]) and state = 'releasing' and out_plan_id = $1`

const RENAMED = `
  update vault_job set new_id = ($3::text[])[array_position($2::bigint[], id)]
  where id = any ($2::bigint[]) and state = 'released' and out_plan_id = $1`

// Also those that an earlier attempt discarded, so that whoever comes back finds its work done.
const DISCARD = `
  with ${WANTED}, gone as (
    update vault_job set state = 'discarded', out_plan_id = $1, out_at = $4, kept_bytes = 0
    from wanted where vault_job.id = wanted.id returning vault_job.id
  ), emptied as (
    delete from vault_content where vault_job_id in (select id from gone)
  )
  select array(
    select id from gone
    union all
    select id from vault_job where id = any ($3::bigint[]) and state = 'discarded' and out_plan_id = $1
  ) as ids
  from ours`

/** The part of the vault that jobs leave by. */
export function createExits(sql: Sql): Pick<Vault, 'claim' | 'settleReleases' | 'discard'> {
  return {
    async claim(planId, fence, rowIds) {
      if ((await row(sql, CLAIM, [planId, fence, rowIds])) === null) return null
      const found = await rows<ClaimedRow>(sql, CLAIMED, [planId, rowIds])
      return found.map((from) => ({
        key: from.id,
        id: from.job_id,
        content: from.content,
        ref: refOf(from),
        from: from.from_state,
      }))
    },
    async settleReleases(planId, ends, now) {
      const released = ends.filter(({ skipped }) => skipped === null)
      const kept = ends.filter(({ skipped }) => skipped !== null)
      await sql.query(RELEASED, [planId, now, released.map(({ id }) => id)])
      if (kept.length > 0) await sql.query(KEPT, [planId, kept.map(({ id }) => id)])
      const renamed = released.filter(({ newId }) => newId !== undefined)
      const names = renamed.map(({ newId }) => newId ?? null)
      if (renamed.length > 0)
        await sql.query(RENAMED, [planId, renamed.map(({ id }) => id), textArray(names)])
    },
    async discard(planId, fence, rowIds, now) {
      const found = await row<{ ids: string[] }>(sql, DISCARD, [planId, fence, rowIds, now])
      return found?.ids.map(Number) ?? null
    },
  }
}
