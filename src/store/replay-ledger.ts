import type { Replays, SeenJob } from '../domain/ports/replay-store.ts'
import { type ReplayJobRow, toReplayJob } from './replay-rows.ts'
import { row, rows, type Sql } from './sql.ts'
import { textArray } from './text-array.ts'

type Ledger = Pick<Replays, 'addJobs' | 'note' | 'endOpen' | 'ofReplay' | 'jobs' | 'failures'>

// Where it is known whether there is one of them, a conflict costs as much as half of the rows.
const ADD = `
  insert into replay_job (plan_id, wave, job_id, key, stratum, put_at)
  select $1, $2, id, coalesce(key, id), stratum, $6
  from unnest($3::text[], $4::text[], $5::integer[]) with ordinality as job (id, key, stratum, place)
  order by place`

// A job of the vault may be there twice; the ledger follows the one that was put in line first.
const ADD_FIRST = `${ADD} on conflict (plan_id, job_digest) do nothing`

const SKIP = 'update replay_wave set skipped = skipped + $3 where plan_id = $1 and wave = $2'

/** Gives how many were added: one that is there already is not. */
async function add(
  sql: Sql,
  statement: string,
  { planId, wave, now }: { readonly planId: string; readonly wave: number; readonly now: Date },
  jobs: Parameters<Replays['addJobs']>[2],
): Promise<number> {
  if (jobs.length === 0) return 0
  const ids = textArray(jobs.map(({ id }) => id))
  // Most have neither a key of their own nor a stratum: what is missing is null in each row.
  const keys = jobs.some(({ id, key }) => id !== key) ? jobs.map(({ key }) => key) : null
  const strata = jobs.some(({ stratum }) => stratum !== null)
    ? jobs.map(({ stratum }) => stratum)
    : null
  const values = [planId, wave, ids, keys === null ? null : textArray(keys), strata, now]
  return (await sql.query(statement, values)).rowCount ?? 0
}

const NOTE = 'select replay_note($1, $2::text[], $3::text[], $4::text[], $5, $6) as ours'

/** An end is told once a statement: the first counts, unless it was none. */
function endsOf(seen: readonly SeenJob[]): readonly SeenJob[] {
  const ends = new Map<string, SeenJob>()
  for (const job of seen)
    if ((ends.get(job.id)?.outcome ?? 'unseen') === 'unseen') ends.set(job.id, job)
  return [...ends.values()]
}

const END_OPEN = `
  update replay_job set outcome = 'unseen', ended_at = $2 where plan_id = $1 and outcome = 'open'`

async function note(sql: Sql, planId: string, seen: readonly SeenJob[]): Promise<number> {
  if (seen.length === 0) return 0
  const ends = endsOf(seen)
  const failed = ({ outcome }: SeenJob): boolean => outcome === 'failed'
  const found = await row<{ ours: string }>(sql, NOTE, [
    planId,
    textArray(ends.map(({ id }) => id)),
    textArray(ends.map(({ outcome }) => outcome)),
    textArray(ends.map((job) => (failed(job) ? job.shape : null))),
    // What nobody recognised is not known.
    ends.map((job) => (failed(job) ? (job.isKnown ?? false) : null)),
    ends.map(({ at }) => at),
  ])
  return Number(found?.ours ?? 0)
}

// The offset keeps it a look-up for each: without statistics the planner would read all jobs of the replay.
const OF_REPLAY = `
  select id from unnest($2::text[]) as asked (id), lateral (
    select from replay_job where plan_id = $1 and job_digest = md5(asked.id)::uuid offset 0
  ) job`

// One look into the index for each wave and outcome: however long the ledger, a page is some rows of it.
const JOBS = `
  with of_wave as (
    select w.wave, wanted.outcome from replay_wave w, unnest($3::text[]) as wanted (outcome)
    where w.plan_id = $1 and ($2::integer is null or w.wave = $2)
  ), behind as materialized (
    select case
      when $4::text is not null then
        coalesce((select seq from replay_job where plan_id = $1 and job_digest = md5($4)::uuid), 0)
      when $6::float8 > 0 then (
        select min(first) + floor($6 * (max(last) - min(first) + 1))::bigint - 1 from (
          select
            (select seq from replay_job where plan_id = $1 and wave = of_wave.wave and outcome = of_wave.outcome
              order by seq limit 1) as first,
            (select seq from replay_job where plan_id = $1 and wave = of_wave.wave and outcome = of_wave.outcome
              order by seq desc limit 1) as last
          from of_wave
        ) ends)
      else 0 end as seq
  )
  select job.* from of_wave, lateral (
    select * from replay_job
    where plan_id = $1 and wave = of_wave.wave and outcome = of_wave.outcome
      and seq > coalesce((select seq from behind), 0)
    order by seq limit $5
  ) job
  order by job.seq limit $5`

const OUTCOMES = ['open', 'completed', 'failed', 'unseen', 'returned'] as const

const FAILURES = `
  select coalesce(job.shape, '') as shape, job.is_known, count(*)::integer as jobs
  from replay_wave w, lateral (
    select shape, is_known from replay_job
    where plan_id = $1 and wave = w.wave and outcome = 'failed' offset 0
  ) job
  where w.plan_id = $1 and ($2::integer is null or w.wave = $2) and w.known + w.fresh > 0
  group by 1, 2 order by jobs desc, is_known, shape limit $3`

/** What became of every job of a replay: rows of `replay_job`. The database counts them by itself. */
export function createLedger(sql: Sql): Ledger {
  return {
    async addJobs(planId, wave, jobs, skipped, now, areApart = false) {
      const added = await add(sql, areApart ? ADD : ADD_FIRST, { planId, wave, now }, jobs)
      const left = skipped + jobs.length - added
      if (left > 0) await sql.query(SKIP, [planId, wave, left])
    },
    note: (planId, seen) => note(sql, planId, seen),
    async endOpen(planId, at) {
      await sql.query(END_OPEN, [planId, at])
    },
    async ofReplay(planId, ids) {
      const found = await rows<{ id: string }>(sql, OF_REPLAY, [planId, textArray(ids)])
      return new Set(found.map(({ id }) => id))
    },
    async jobs(planId, { wave, outcome, limit, after, along = 0 }) {
      const outcomes = outcome === undefined ? OUTCOMES : [outcome]
      const values = [planId, wave ?? null, outcomes, after ?? null, limit, along]
      return (await rows<ReplayJobRow>(sql, JOBS, values)).map(toReplayJob)
    },
    async failures(planId, wave, limit) {
      const found = await rows<{ shape: string; is_known: boolean; jobs: number }>(sql, FAILURES, [
        planId,
        wave,
        limit,
      ])
      return found.map(({ shape, is_known: isKnown, jobs }) => ({ shape, isKnown, jobs }))
    },
  }
}
