import { type Alert, alertName, type TrackedAlert } from '../domain/alert.ts'
import type { Alerts } from '../domain/ports/alert-store.ts'
import { row, rows, type Sql } from './sql.ts'

interface AlertRow {
  id: string
  source: string
  fingerprint: string
  starts_at: Date
  ends_at: Date | null
  status: Alert['status']
  labels: Record<string, string>
  annotations: Record<string, string>
  source_url: string | null
  incident_id: string | null
  first_seen_at: Date
  last_seen_at: Date
  repeats: number
  replay_plan: string | null
  replay_wave: number | null
}

const replayOf = ({ replay_plan: plan, replay_wave: wave }: AlertRow): TrackedAlert['replay'] =>
  plan === null || wave === null ? null : { planNumber: Number(plan), wave }

const toAlert = (from: AlertRow): TrackedAlert => ({
  id: Number(from.id),
  source: from.source,
  fingerprint: from.fingerprint,
  startsAt: from.starts_at,
  endsAt: from.ends_at,
  status: from.status,
  labels: from.labels,
  annotations: from.annotations,
  sourceUrl: from.source_url,
  incidentId: from.incident_id === null ? null : Number(from.incident_id),
  firstSeenAt: from.first_seen_at,
  lastSeenAt: from.last_seen_at,
  repeats: from.repeats,
  replay: replayOf(from),
})

// Without a start an alert is the one that still fires, or the one whose end overtook it; an end is that of
// the latest. A resolve that overtakes its alert is final: the same (fingerprint, startsAt) never fires again.
// Whatever the sender forgot to end is over once the same alert starts anew, or a later one ends.
const TRACK = `
  with start as (
    select coalesce($3::timestamptz, (
      select starts_at from alert
      where source = $1 and fingerprint = $2
        and (status = 'firing' or last_seen_at >= $9 or $5 = 'resolved')
      order by status = 'firing' desc, starts_at desc limit 1
    ), $9) as at
  ), before as (
    select status from alert, start where source = $1 and fingerprint = $2 and starts_at = start.at
  ), newer as (
    select exists (
      select from alert, start where source = $1 and fingerprint = $2 and starts_at > start.at
    ) as is_there
  ), closed as (
    update alert set status = 'resolved', ends_at = coalesce(ends_at, $9) from start
    where source = $1 and fingerprint = $2 and status = 'firing' and starts_at < start.at
  ), tracked as (
    insert into alert (source, fingerprint, starts_at, ends_at, status, labels, annotations,
      source_url, first_seen_at, last_seen_at, system, queue)
    select $1, $2, start.at, $4, case when newer.is_there then 'resolved' else $5 end, $6, $7, $8, $9, $9, $10, $11
    from start, newer
    on conflict (source, fingerprint, starts_at) do update set
      status = case when alert.status = 'resolved' then 'resolved' else excluded.status end,
      ends_at = coalesce(excluded.ends_at, alert.ends_at),
      labels = excluded.labels,
      annotations = excluded.annotations,
      source_url = coalesce(excluded.source_url, alert.source_url),
      last_seen_at = greatest(alert.last_seen_at, excluded.last_seen_at),
      repeats = alert.repeats + 1,
      system = excluded.system,
      queue = excluded.queue
    returning *
  )
  select tracked.*, coalesce((select status from before), 'new') as was from tracked`

// A body that comes again says something only if something else was heard of its alert meanwhile.
const IS_NEWS = `
  select status from alert
  where source = $1 and fingerprint = $2 and ($3::timestamptz is null or starts_at = $3)
  order by starts_at desc limit 1`

// The alerts of a storm hang on its lines.
const OF_INCIDENT = `incident_id in (select $1::bigint union all select id from incident where storm_id = $1)`

type Reading = Pick<Alerts, 'isNews' | 'beganSince' | 'firing' | 'ofIncident'>

function reading(sql: Sql): Reading {
  return {
    async isNews(alert, source) {
      const last = await row<Pick<AlertRow, 'status'>>(sql, IS_NEWS, [
        source,
        alert.fingerprint,
        alert.startsAt,
      ])
      if (last === null) return true
      if (alert.status === 'resolved') return last.status === 'firing'
      return last.status === 'resolved' && alert.startsAt === null
    },
    async beganSince({ system, queue }, since) {
      const found = await rows<Pick<AlertRow, 'labels'>>(
        sql,
        `select labels from alert
         where system = $1 and queue = $2 and status = 'firing' and starts_at >= $3 order by starts_at, id`,
        [system, queue, since],
      )
      return [...new Set(found.map(alertName))]
    },
    async firing(incidentId) {
      const found = await row<{ count: string }>(
        sql,
        `select count(*) from alert where ${OF_INCIDENT} and status = 'firing'`,
        [incidentId],
      )
      return Number(found?.count ?? 0)
    },
    async ofIncident(incidentId, limit) {
      const found = await rows<AlertRow>(
        sql,
        `select * from alert where ${OF_INCIDENT}
         order by status = 'firing' desc, last_seen_at desc, id desc limit $2`,
        [incidentId, limit],
      )
      return found.map(toAlert)
    },
  }
}

export function createAlerts(sql: Sql): Alerts {
  return {
    ...reading(sql),
    async track(alert, source, at, ref) {
      const found = await row<AlertRow & { was: 'new' | 'firing' | 'resolved' }>(sql, TRACK, [
        source,
        alert.fingerprint,
        alert.startsAt,
        alert.endsAt,
        alert.status,
        JSON.stringify(alert.labels),
        JSON.stringify(alert.annotations),
        alert.sourceUrl,
        at,
        ref?.system ?? null,
        ref?.queue ?? null,
      ])
      if (found === null) throw new Error('an upsert returned no row')
      return { alert: toAlert(found), was: found.was }
    },
    async attach(alertId, incidentId) {
      await sql.query('update alert set incident_id = $2 where id = $1', [alertId, incidentId])
    },
    async label(alertId, { planNumber, wave }) {
      await sql.query('update alert set replay_plan = $2, replay_wave = $3 where id = $1', [
        alertId,
        planNumber,
        wave,
      ])
    },
  }
}
