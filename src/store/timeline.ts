import type { TimelineEntry } from '../domain/incident.ts'
import type { Timeline } from '../domain/ports/incident-store.ts'
import { rows, type Sql } from './sql.ts'

interface TimelineRow {
  incident_id: string
  at: Date
  kind: TimelineEntry['kind']
  actor: string | null
  words: string
}

async function addAll(sql: Sql, entries: readonly TimelineEntry[]): Promise<void> {
  if (entries.length === 0) return
  await sql.query(
    `insert into timeline (incident_id, at, kind, actor, words)
     select * from unnest($1::bigint[], $2::timestamptz[], $3::text[], $4::text[], $5::text[])`,
    [
      entries.map(({ incidentId }) => incidentId),
      entries.map(({ at }) => at),
      entries.map(({ kind }) => kind),
      entries.map(({ actor }) => actor),
      entries.map(({ words }) => words),
    ],
  )
}

export function createTimeline(sql: Sql): Timeline {
  return {
    add: (entry) => addAll(sql, [entry]),
    addAll: (entries) => addAll(sql, entries),
    async ofIncident(incidentId, limit) {
      const found = await rows<TimelineRow>(
        sql,
        `select * from (
           select * from timeline where incident_id = $1 order by id desc limit $2
         ) latest order by id`,
        [incidentId, limit],
      )
      return found.map(({ incident_id, ...entry }) => ({
        incidentId: Number(incident_id),
        ...entry,
      }))
    },
  }
}
