import { namesFrom, type Evidence, type Partly } from './ledgers.ts'

/** Every job that a slice counts as done, which is all of it that are not skipped; and every row of the vault. */
const PREPARE = `
  create temp table done as
    select plan.id as plan, plan.action, job
    from plan join plan_slice slice on slice.plan_id = plan.id, unnest(slice.job_ids) job
    where slice.state = 'done' and not exists (
      select from jsonb_each(slice.skipped) one (reason, ids) where ids ? job);
  create temp table kept as
    select vault_job.id::text as row, plan_id as plan, queue, job_id as job, state, out_plan_id as out_plan,
      exists (select from vault_content where vault_job_id = vault_job.id) as has_content
    from vault_job join vault_set on vault_set.id = set_id;
  analyze done, kept`

const TAKES = `('quarantine', 'clean', 'drain')`
const GIVES = `('release', 'replay')`

/** Each query gives what to call what is wrong. */
const QUERIES = {
  lost: [
    // What left its queue is in the vault.
    `select 'vault job ' || job || ' of ' || plan as name from done
     where action in ${TAKES} and not exists (
       select from kept where kept.plan = done.plan and kept.job = done.job and state <> 'copied')`,
    `select 'content of vault job ' || job as name from kept
     where state in ('held', 'releasing') and not has_content`,
  ],
  repeated: [
    `select 'job ' || job || ' of ' || queue || ' in the vault' as name from kept
     where state in ('copied', 'held', 'releasing') group by queue, job having count(*) > 1`,
    `select 'job ' || job || ' within ' || plan as name from done
     group by plan, job having count(*) > 1`,
    `select 'release of vault row ' || job as name from done
     where action in ${GIVES} group by job having count(*) > 1`,
  ],
  unaudited: [
    // Nothing is in the vault, or left it, that no slice tells of.
    `select 'vault job ' || job as name from kept
     where state <> 'copied' and not exists (
       select from done where done.plan = kept.plan and done.job = kept.job)`,
    `select 'release of vault row ' || row as name from kept
     where state = 'released' and not exists (
       select from done where done.plan = out_plan and done.job = row)`,
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
    `select 'vault job ' || job || ' ' || state as name from kept
     where state in ('copied', 'releasing')`,
    `select 'numbers of vault ' || number as name from vault_set, lateral (
       select count(*) filter (where state = 'copied') as copied,
         count(*) filter (where state = 'held') as held,
         count(*) filter (where state = 'releasing') as releasing,
         count(*) filter (where state = 'released') as released
       from kept where plan = plan_id and kept.queue = vault_set.queue) counted
     where (vault_set.copied, vault_set.held, vault_set.releasing, vault_set.released)
       is distinct from (counted.copied, counted.held, counted.releasing, counted.released)`,
    `select 'slice ' || position || ' of ' || plan_id as name
     from plan_slice join plan on plan.id = plan_id
     where plan_slice.state = 'open' and started_at is not null`,
    `select 'release of vault row ' || job as name from done
     where action in ${GIVES} and not exists (
       select from kept where row = done.job and state = 'released' and out_plan = done.plan)`,
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
  await client.query(PREPARE)
  const found: Partial<Record<keyof typeof QUERIES, readonly string[]>> = {}
  for (const kind of Object.keys(QUERIES) as (keyof typeof QUERIES)[]) {
    const names: string[] = []
    for (const query of QUERIES[kind]) names.push(...(await namesFrom(client, query)))
    found[kind] = names
  }
  return found
}
