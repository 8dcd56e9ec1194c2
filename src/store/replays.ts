import type { ReplayChange, Replays, ReplayTotals } from '../domain/ports/replay-store.ts'
import type { LiveTraffic, Replay } from '../domain/replay.ts'
import { createLedger } from './replay-ledger.ts'
import { oneReplay } from './replay-rows.ts'
import { changed, rows, type Sql } from './sql.ts'

/** Nothing was seen of other jobs yet. */
const NO_TRAFFIC: LiveTraffic = { completed: 0, failed: 0, overMs: 0, oldestMs: null }

// Whatever is in the way, this plan's own replay or another one of the queue, tells by what is read afterwards.
const BEGIN = `
  with begun as (
    insert into replay (plan_id, system, queue, position, baseline, live, began_at, seen_at)
    values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict do nothing returning plan_id
  ) insert into replay_wave (plan_id, wave, size)
    select plan_id, place - 1, size from begun, unnest($8::integer[]) with ordinality as wave (size, place)`

async function begin(
  sql: Sql,
  { planId, ref, position, baseline, waves, now }: Parameters<Replays['begin']>[0],
): Promise<Replay | null> {
  await sql.query(BEGIN, [
    planId,
    ref.system,
    ref.queue,
    position,
    JSON.stringify(baseline),
    JSON.stringify(NO_TRAFFIC),
    now,
    waves,
  ])
  return oneReplay(sql, 'plan_id = $1', [planId])
}

const COLUMN_OF = {
  state: 'state',
  wave: 'wave',
  reason: 'reason',
  isHeldByPerson: 'is_held_by_person',
  position: 'position',
  live: 'live',
  gates: 'gates',
  ignored: 'ignored',
  endedAt: 'ended_at',
} as const satisfies Record<Exclude<keyof ReplayChange, 'by'>, string>

const JSON_COLUMNS: ReadonlySet<string> = new Set(['live', 'gates'])

/** Columns with their new values; who held it is two of them. */
function columnsOf({ by, ...single }: ReplayChange): readonly (readonly [string, unknown])[] {
  const keys = Object.keys(COLUMN_OF) as (keyof typeof COLUMN_OF)[]
  const columns = keys
    .filter((key) => single[key] !== undefined)
    .map((key) => {
      const value = single[key]
      return [COLUMN_OF[key], JSON_COLUMNS.has(key) ? JSON.stringify(value) : value] as const
    })
  if (by === undefined) return columns
  return [...columns, ['by_team_id', by?.teamId ?? null], ['by_user_id', by?.userId ?? null]]
}

async function change(sql: Sql, planId: string, to: ReplayChange, now: Date): Promise<void> {
  const columns = columnsOf(to)
  const sets = columns.map(([name], index) => `, ${name} = $${index + 3}`).join('')
  const values = [planId, now, ...columns.map(([, value]) => value)]
  await sql.query(`update replay set seen_at = $2${sets} where plan_id = $1`, values)
}

const JUDGE = `
  update replay_wave set verdict = $3, judged_by_team_id = $4, judged_by_user_id = $5, words = $6, judged_at = $7
  where plan_id = $1 and wave = $2 and (verdict is null or verdict = 'hold')`

const ACTIVE = `replay.system = $1 and replay.queue = $2 and replay.state not in ('halted', 'done')`

const RECENT = `
  replay.system = $1 and replay.queue = $2 and exists (
    select from replay_wave where plan_id = replay.plan_id and put_at >= $3
  ) order by replay.began_at desc`

// A row per wave, which the database keeps counted: no job is looked at.
const JOBS = `
  select coalesce(sum(completed), 0) as completed, coalesce(sum(known), 0) as failed,
    coalesce(sum(fresh), 0) as failed_anew, coalesce(sum(unseen), 0) as unseen,
    coalesce(sum(returned), 0) as returned
  from replay_wave`

const UNDER_WAY = `
  select count(*) filter (where state = 'running') as running, count(*) filter (where state = 'held') as held,
    count(*) filter (where state = 'halting') as halting
  from replay where state not in ('halted', 'done')`

/** Sums come as text. */
const numbersOf = <Name extends string>(row: Readonly<Record<Name, string>>) =>
  Object.fromEntries(Object.entries(row).map(([name, sum]) => [name, Number(sum)])) as Readonly<
    Record<Name, number>
  >

async function totals(sql: Sql): Promise<ReplayTotals> {
  const [underWay] = await rows<Record<keyof ReplayTotals['underWay'], string>>(sql, UNDER_WAY, [])
  const [jobs] = await rows<Record<keyof ReplayTotals['jobs'], string>>(sql, JOBS, [])
  if (underWay === undefined || jobs === undefined) throw new Error('sums of replays have no row')
  return { underWay: numbersOf(underWay), jobs: numbersOf(jobs) }
}

const GIVEN_UP = `
  select replay.plan_id as id from replay join plan on plan.id = replay.plan_id
  where replay.state = 'halting' and plan.finished_at is not null order by plan.finished_at limit $1`

type Reading = Pick<
  Replays,
  'givenUp' | 'byPlan' | 'active' | 'recent' | 'locked' | 'returns' | 'totals'
>

function reading(sql: Sql): Reading {
  return {
    byPlan: (planId) => oneReplay(sql, 'plan_id = $1', [planId]),
    active: ({ system, queue }) => oneReplay(sql, ACTIVE, [system, queue]),
    recent: ({ system, queue }, since) => oneReplay(sql, RECENT, [system, queue, since]),
    async locked(planId) {
      await sql.query('select from replay where plan_id = $1 for update', [planId])
      return oneReplay(sql, 'plan_id = $1', [planId])
    },
    async givenUp(limit) {
      return (await rows<{ id: string }>(sql, GIVEN_UP, [limit])).map(({ id }) => id)
    },
    async returns(planId) {
      const found = await rows<{ id: string }>(
        sql,
        'select id from plan where replays_plan_id = $1 order by number',
        [planId],
      )
      return found.map(({ id }) => id)
    },
    totals: () => totals(sql),
  }
}

/** Replays and their waves: rows of `replay` and `replay_wave`. What became of the jobs is in `replay-ledger.ts`. */
export function createReplays(sql: Sql): Replays {
  return {
    ...createLedger(sql),
    ...reading(sql),
    begin: (replay) => begin(sql, replay),
    change: (planId, to, now) => change(sql, planId, to, now),
    async beginWave(planId, wave, now) {
      await sql.query(
        'update replay_wave set began_at = $3 where plan_id = $1 and wave = $2 and began_at is null',
        [planId, wave, now],
      )
    },
    async fedWave(planId, wave, now) {
      await sql.query(
        'update replay_wave set fed_at = $3 where plan_id = $1 and wave = $2 and fed_at is null',
        [planId, wave, now],
      )
    },
    judge: (planId, wave, { verdict, by, words, now }) =>
      changed(sql, JUDGE, [
        planId,
        wave,
        verdict,
        by?.teamId ?? null,
        by?.userId ?? null,
        words,
        now,
      ]),
  }
}
