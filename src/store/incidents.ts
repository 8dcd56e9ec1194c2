import type { Incident } from '../domain/incident.ts'
import type { Incidents } from '../domain/ports/incident-store.ts'
import { row, rows, type Sql } from './sql.ts'

interface IncidentRow {
  id: string
  kind: Incident['kind']
  key: string
  system: string | null
  queue: string | null
  title: string
  severity: Incident['severity']
  state: Incident['state']
  opened_at: Date
  last_alert_at: Date
  acked_at: Date | null
  lead: string | null
  resolved_at: Date | null
  resolved_by: string | null
  reopened: number
  storm_id: string | null
  channel_id: string | null
  channel_name: string | null
  correlation_id: string | null
}

const toIncident = (from: IncidentRow): Incident => ({
  id: Number(from.id),
  kind: from.kind,
  key: from.key,
  ref:
    from.system === null || from.queue === null ? null : { system: from.system, queue: from.queue },
  title: from.title,
  severity: from.severity,
  state: from.state,
  openedAt: from.opened_at,
  lastAlertAt: from.last_alert_at,
  ackedAt: from.acked_at,
  lead: from.lead,
  resolvedAt: from.resolved_at,
  resolvedBy: from.resolved_by,
  reopened: from.reopened,
  stormId: from.storm_id === null ? null : Number(from.storm_id),
  channelId: from.channel_id,
  channelName: from.channel_name,
  correlationId: from.correlation_id,
})

const COLUMN_OF = {
  state: 'state',
  severity: 'severity',
  title: 'title',
  lastAlertAt: 'last_alert_at',
  ackedAt: 'acked_at',
  lead: 'lead',
  resolvedAt: 'resolved_at',
  resolvedBy: 'resolved_by',
  reopened: 'reopened',
  stormId: 'storm_id',
  channelId: 'channel_id',
  channelName: 'channel_name',
} as const satisfies Record<keyof Parameters<Incidents['update']>[1], string>

const WORST_FIRST = `order by severity, opened_at desc, id desc`

async function many(sql: Sql, where: string, values: readonly unknown[]): Promise<Incident[]> {
  return (await rows<IncidentRow>(sql, `select * from incident ${where}`, values)).map(toIncident)
}

async function one(sql: Sql, where: string, values: readonly unknown[]): Promise<Incident | null> {
  return (await many(sql, where, values))[0] ?? null
}

async function open(
  sql: Sql,
  incident: Parameters<Incidents['open']>[0],
): ReturnType<Incidents['open']> {
  const inserted = await row<IncidentRow>(
    sql,
    `insert into incident (kind, key, system, queue, title, severity, opened_at, last_alert_at, correlation_id)
     values ($1, $2, $3, $4, $5, $6, $7, $7, $8)
     on conflict (key) where state <> 'resolved' do nothing returning *`,
    [
      incident.kind,
      incident.key,
      incident.ref?.system ?? null,
      incident.ref?.queue ?? null,
      incident.title,
      incident.severity,
      incident.at,
      incident.correlationId,
    ],
  )
  if (inserted !== null) return { incident: toIncident(inserted), created: true }
  const existing = await one(sql, `where key = $1 and state <> 'resolved' for update`, [
    incident.key,
  ])
  // The one in the way was resolved between the two statements: now there is room.
  return existing === null ? open(sql, incident) : { incident: existing, created: false }
}

// What is quiet and holds nothing changes by itself no more. A storm's queues are those of its lines.
const REFRESH = `
  update incident set refreshed_at = $1 where id in (
    select i.id from incident i
    where i.state <> 'resolved' and i.channel_id is not null
      and (i.state <> 'mitigated' or exists (
        select from hold h, incident line
        where h.ended_at is null and (line.id = i.id or line.storm_id = i.id)
          and h.system = line.system and h.queue = line.queue))
    order by i.refreshed_at nulls first, i.id limit $2
  ) returning *`

export function createIncidents(sql: Sql): Incidents {
  return {
    async lockKey(key) {
      await sql.query('select pg_advisory_xact_lock(hashtextextended($1, 7))', [key])
    },
    open: (incident) => open(sql, incident),
    byId: (id) => one(sql, 'where id = $1', [id]),
    unresolvedByKey: (key) => one(sql, `where key = $1 and state <> 'resolved'`, [key]),
    lockUnresolved: (key) => one(sql, `where key = $1 and state <> 'resolved' for update`, [key]),
    byChannel: (channelId) => one(sql, 'where channel_id = $1', [channelId]),
    resolvedSince: (key, since) =>
      one(
        sql,
        `where key = $1 and state = 'resolved' and resolved_at > $2
         order by resolved_at desc limit 1 for update`,
        [key, since],
      ),
    unresolved: () => many(sql, `where state <> 'resolved' ${WORST_FIRST}`, []),
    async dueForRefresh(at, limit) {
      const found = await rows<IncidentRow>(sql, REFRESH, [at, limit])
      return found.map(toIncident)
    },
    recent: (limit) => many(sql, 'order by opened_at desc, id desc limit $1', [limit]),
    linesOf: (stormId) => many(sql, `where storm_id = $1 ${WORST_FIRST}`, [stormId]),
    async update(id, change) {
      const keys = Object.keys(COLUMN_OF).filter((key) => key in change) as (keyof typeof change)[]
      const sets = keys.map((key, index) => `${COLUMN_OF[key]} = $${index + 2}`)
      const found = await row<IncidentRow>(
        sql,
        `update incident set ${sets.join(', ')} where id = $1 returning *`,
        [id, ...keys.map((key) => change[key])],
      )
      if (found === null) throw new Error(`incident ${id} does not exist`)
      return toIncident(found)
    },
    async automaticRoomsSince(since) {
      const found = await row<{ count: string }>(
        sql,
        `select count(*) from room_step where step = 'create' and planned_at > $1`,
        [since],
      )
      return Number(found?.count ?? 0)
    },
  }
}
