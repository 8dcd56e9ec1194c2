import type { TimelineEntry } from '../domain/incident.ts'
import type { Timeline } from '../domain/ports/store.ts'
import { rows, type Sql } from './sql.ts'

interface TimelineRow {
  incident_id: string
  at: Date
  kind: TimelineEntry['kind']
  actor: string | null
  words: string
}

export function createTimeline(sql: Sql): Timeline {
  return {
    async add(entry) {
      await sql.query(
        'insert into timeline (incident_id, at, kind, actor, words) values ($1, $2, $3, $4, $5)',
        [entry.incidentId, entry.at, entry.kind, entry.actor, entry.words],
      )
    },
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
