import { namesFrom, type Evidence, type Partly } from './ledgers.ts'

/** Jobs of a plan that a slice counts as done: all of it that are not skipped. */
const DONE = `(
  select plan.id as plan, plan.action, slice.position, job
  from plan join plan_slice slice on slice.plan_id = plan.id, unnest(slice.job_ids) job
  where slice.state = 'done' and not exists (
    select from jsonb_each(slice.skipped) one (reason, ids) where ids ? job)
) done`

const TAKES = `('quarantine', 'clean', 'drain')`
const GIVES = `('release', 'replay')`

/** Each query gives what to call what is wrong. */
const QUERIES = {
  lost: [
    // What left its queue is in the vault.
    `select 'vault job ' || job || ' of ' || plan as name from ${DONE}
     where action in ${TAKES} and not exists (
       select from vault_job join vault_set on vault_set.id = set_id
       where vault_set.plan_id = plan and job_id = job and state <> 'copied')`,
    `select 'content of vault job ' || job_id as name from vault_job
     where state in ('held', 'releasing') and not exists (
       select from vault_content where vault_job_id = vault_job.id)`,
  ],
  repeated: [
    `select 'job ' || job_id || ' of ' || queue || ' in the vault' as name
     from vault_job join vault_set on vault_set.id = set_id
     where state in ('copied', 'held', 'releasing') group by queue, job_id having count(*) > 1`,
    `select 'job ' || job || ' within ' || plan as name from ${DONE} group by plan, job having count(*) > 1`,
    `select 'release of vault row ' || job as name from ${DONE}
     where action in ${GIVES} group by job having count(*) > 1`,
  ],
  unaudited: [
    // Nothing is in the vault, or left it, that no slice tells of.
    `select 'vault job ' || job_id as name from vault_job join vault_set on vault_set.id = set_id
     where state <> 'copied' and not exists (
       select from ${DONE} where plan = vault_set.plan_id and job = job_id)`,
    `select 'release of vault row ' || vault_job.id as name from vault_job
     where state = 'released' and not exists (
       select from ${DONE} where plan = out_plan_id and job = vault_job.id::text)`,
  ],
  unapproved: [
    `select plan.action || ' of many by plan ' || plan.id as name from plan
     where action in ${TAKES} and (jobs ->> 'count')::integer > 1000 and not is_break_glass
       and exists (select from plan_slice where plan_id = plan.id and begun_at is not null)
       and not exists (
         select from approval where plan_id = plan.id and verdict = 'approved'
           and (team_id, user_id) <> (plan.team_id, plan.user_id))`,
  ],
  stuck: [
    `select 'vault job ' || job_id || ' ' || state as name from vault_job
     where state in ('copied', 'releasing')`,
    `select 'numbers of vault ' || number as name from vault_set, lateral (
       select count(*) filter (where state = 'copied') as copied,
         count(*) filter (where state = 'held') as held,
         count(*) filter (where state = 'releasing') as releasing,
         count(*) filter (where state = 'released') as released
       from vault_job where set_id = vault_set.id) counted
     where (vault_set.copied, vault_set.held, vault_set.releasing, vault_set.released)
       is distinct from (counted.copied, counted.held, counted.releasing, counted.released)`,
    `select 'slice ' || position || ' of ' || plan_id as name
     from plan_slice join plan on plan.id = plan_id
     where plan_slice.state = 'open' and started_at is not null`,
    `select 'release of vault row ' || job as name from ${DONE}
     where action in ${GIVES} and not exists (
       select from vault_job where id::text = job and state = 'released' and out_plan_id = plan)`,
    // Every planned job is in a slice, and counted once.
    `select 'jobs of ' || plan.id as name from plan where started_at is not null and jobs is not null
       and (jobs ->> 'count')::integer is distinct from (
         select sum(cardinality(job_ids)) from plan_slice where plan_id = plan.id)`,
    `select 'skipped of slice ' || position || ' of ' || plan_id as name from plan_slice
     where skipped_count is distinct from (
       select coalesce(sum(jsonb_array_length(ids)), 0) from jsonb_each(skipped) one (reason, ids))`,
  ],
} as const

/**
 * What left a queue is in the vault, what left the vault is out of it, each told of by exactly one slice of one plan;
 * planned = done + skipped + returned, with nothing left in between.
 */
export async function checkVault({ client }: Evidence): Promise<Partly> {
  const found: Partial<Record<keyof typeof QUERIES, readonly string[]>> = {}
  for (const kind of Object.keys(QUERIES) as (keyof typeof QUERIES)[]) {
    const names: string[] = []
    for (const query of QUERIES[kind]) names.push(...(await namesFrom(client, query)))
    found[kind] = names
  }
  return found
}
