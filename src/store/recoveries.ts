import type { Recoveries } from '../domain/ports/recovery-store.ts'
import type { QueueRef } from '../domain/queue.ts'
import {
  newTrack,
  type Check,
  type ProbeRun,
  type Recovery,
  type Track,
} from '../domain/recovery.ts'
import { actorOf, changed, row, rows, type Sql } from './sql.ts'

/** JSON has no dates: what was one reads back as a text. */
type Stored<T> = { readonly [K in keyof T]: T[K] extends Date | null ? string | null : T[K] }

interface RecoveryRow {
  id: string
  incident_id: string
  plan_id: string | null
  refs: readonly QueueRef[]
  team_id: string | null
  user_id: string | null
  state: Recovery['state']
  for_ms: string
  began_at: Date
  looks: number
  seen_at: Date | null
  good_ms: number
  since: Date
  setback: { readonly at: string; readonly words: string } | null
  is_late: boolean
  checks: readonly (Omit<Check, 'since'> & { readonly since: string })[]
  tracks: readonly Stored<Track>[]
  ended_at: Date | null
  ended_team_id: string | null
  ended_user_id: string | null
}

const whoOf = (teamId: string | null, userId: string | null): Recovery['by'] =>
  teamId === null || userId === null ? null : { teamId, userId }

/** One that was stored before there was such a time has none. */
const dateOf = (text: string | null | undefined): Date | null =>
  text === null || text === undefined ? null : new Date(text)

const toTrack = (from: Stored<Track>): Track => ({
  ...from,
  completedAt: dateOf(from.completedAt),
  joinedAt: dateOf(from.joinedAt),
})

const toRecovery = (from: RecoveryRow): Recovery => ({
  id: from.id,
  incidentId: Number(from.incident_id),
  refs: from.refs,
  planId: from.plan_id,
  by: whoOf(from.team_id, from.user_id),
  state: from.state,
  forMs: Number(from.for_ms),
  beganAt: from.began_at,
  looks: from.looks,
  seenAt: from.seen_at,
  goodMs: from.good_ms,
  since: from.since,
  setback: from.setback === null ? null : { ...from.setback, at: new Date(from.setback.at) },
  isLate: from.is_late,
  checks: from.checks.map((check) => ({ ...check, since: new Date(check.since) })),
  tracks: from.tracks.map(toTrack),
  endedAt: from.ended_at,
  endedBy: whoOf(from.ended_team_id, from.ended_user_id),
})

interface RunRow {
  recovery_id: string
  probe: string
  run: number
  team_id: string
  user_id: string
  began_at: Date
  state: NonNullable<ProbeRun['reading']>['state'] | null
  words: string | null
  ended_at: Date | null
}

const toRun = (from: RunRow): ProbeRun => ({
  recoveryId: from.recovery_id,
  probe: from.probe,
  run: from.run,
  by: actorOf(from),
  beganAt: from.began_at,
  reading:
    from.state === null || from.words === null || from.ended_at === null
      ? null
      : { state: from.state, words: from.words, at: from.ended_at },
})

async function one(sql: Sql, where: string, values: readonly unknown[]): Promise<Recovery | null> {
  const found = await row<RecoveryRow>(sql, `select * from recovery where ${where}`, values)
  return found === null ? null : toRecovery(found)
}

const ACTIVE = 'incident_id = $1 and ended_at is null'

const active = (sql: Sql, incidentId: number): Promise<Recovery | null> =>
  one(sql, ACTIVE, [incidentId])

async function begin(
  sql: Sql,
  wanted: Parameters<Recoveries['begin']>[0],
): ReturnType<Recoveries['begin']> {
  const { id, incidentId, refs, planId, by, forMs, now } = wanted
  const tracks = refs.map((ref) => newTrack(ref, null))
  const inserted = await row<RecoveryRow>(
    sql,
    `insert into recovery (id, incident_id, refs, plan_id, team_id, user_id, for_ms, began_at, since, tracks)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)
     on conflict (incident_id) where ended_at is null do nothing returning *`,
    [
      id,
      incidentId,
      JSON.stringify(refs),
      planId,
      by?.teamId ?? null,
      by?.userId ?? null,
      forMs,
      now,
      JSON.stringify(tracks),
    ],
  )
  if (inserted !== null) return { recovery: toRecovery(inserted), began: true }
  const found = await active(sql, incidentId)
  // It ended between the two statements.
  return found === null ? begin(sql, wanted) : { recovery: found, began: false }
}

const look = (sql: Sql, recovery: Recovery): Promise<boolean> =>
  changed(
    sql,
    `update recovery set looks = looks + 1, seen_at = $3, good_ms = $4, since = $5, setback = $6,
       is_late = $7, checks = $8, tracks = $9
     where id = $1 and looks = $2 and ended_at is null`,
    [
      recovery.id,
      recovery.looks,
      recovery.seenAt,
      recovery.goodMs,
      recovery.since,
      recovery.setback === null ? null : JSON.stringify(recovery.setback),
      recovery.isLate,
      JSON.stringify(recovery.checks),
      JSON.stringify(recovery.tracks),
    ],
  )

type Runs = Pick<Recoveries, 'beginRun' | 'endRun' | 'runs'>

const probeRuns = (sql: Sql): Runs => ({
  beginRun: ({ recoveryId, probe, run, by, beganAt }) =>
    changed(
      sql,
      `insert into recovery_run (recovery_id, probe, run, team_id, user_id, began_at)
       values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
      [recoveryId, probe, run, by.teamId, by.userId, beganAt],
    ),
  async endRun({ recoveryId, probe, run }, { state, words, at }) {
    await sql.query(
      `update recovery_run set state = $4, words = $5, ended_at = $6
       where recovery_id = $1 and probe = $2 and run = $3 and ended_at is null`,
      [recoveryId, probe, run, state, words, at],
    )
  },
  runs: async (recoveryId) =>
    (
      await rows<RunRow>(
        sql,
        'select * from recovery_run where recovery_id = $1 order by probe, run',
        [recoveryId],
      )
    ).map(toRun),
})

/** Checklists of recovery, and the probes that people ran for them. */
export const createRecoveries = (sql: Sql): Recoveries => ({
  ...probeRuns(sql),
  begin: (recovery) => begin(sql, recovery),
  byId: (id) => one(sql, 'id = $1', [id]),
  locked: (id) => one(sql, 'id = $1 for update', [id]),
  latest: (incidentId) =>
    one(sql, 'incident_id = $1 order by began_at desc, id desc limit 1', [incidentId]),
  active: (incidentId) => active(sql, incidentId),
  look: (recovery) => look(sql, recovery),
  async join({ id, refs, tracks, goodMs, since, setback }) {
    await sql.query(
      `update recovery set looks = looks + 1, refs = $2, tracks = $3, good_ms = $4, since = $5, setback = $6
       where id = $1 and ended_at is null`,
      [
        id,
        JSON.stringify(refs),
        JSON.stringify(tracks),
        goodMs,
        since,
        setback === null ? null : JSON.stringify(setback),
      ],
    )
  },
  async setTime(id, forMs) {
    await sql.query(
      `update recovery set for_ms = $2::bigint, is_late = false, good_ms = least(good_ms, $2::bigint)
       where id = $1 and ended_at is null`,
      [id, forMs],
    )
  },
  end: (id, state, by, now) =>
    changed(
      sql,
      `update recovery set state = $2, ended_team_id = $3, ended_user_id = $4, ended_at = $5
       where id = $1 and ended_at is null`,
      [id, state, by?.teamId ?? null, by?.userId ?? null, now],
    ),
  unfinished: async (limit) =>
    (
      await rows<{ id: string }>(
        sql,
        'select id from recovery where ended_at is null order by seen_at nulls first limit $1',
        [limit],
      )
    ).map(({ id }) => id),
})
