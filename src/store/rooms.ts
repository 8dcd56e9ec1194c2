import { ROOM_STEPS, type RoomStep } from '../domain/incident.ts'
import type { Rooms } from '../domain/ports/store.ts'
import { rows, type Sql } from './sql.ts'

interface StepRow {
  incident_id: string
  step: RoomStep['step']
  state: RoomStep['state']
  attempts: number
  problem: string | null
}

const toStep = (from: StepRow): RoomStep => ({
  incidentId: Number(from.incident_id),
  step: from.step,
  state: from.state,
  attempts: from.attempts,
  problem: from.problem,
})

export function createRooms(sql: Sql): Rooms {
  return {
    async plan(incidentId, steps, at) {
      await sql.query(
        `insert into room_step (incident_id, step, position, planned_at)
         select $1, step, position, $4 from unnest($2::text[], $3::int[]) as s (step, position)
         on conflict do nothing`,
        [incidentId, steps, steps.map((step) => ROOM_STEPS.indexOf(step)), at],
      )
    },
    async steps(incidentId) {
      const found = await rows<StepRow>(
        sql,
        'select * from room_step where incident_id = $1 order by position',
        [incidentId],
      )
      return found.map(toStep)
    },
    async attempt(incidentId, step) {
      await sql.query(
        'update room_step set attempts = attempts + 1 where incident_id = $1 and step = $2',
        [incidentId, step],
      )
    },
    async settle(incidentId, step, state, problem) {
      await sql.query(
        'update room_step set state = $3, problem = $4 where incident_id = $1 and step = $2',
        [incidentId, step, state, problem],
      )
    },
    async unfinished(limit) {
      const found = await rows<{ incident_id: string }>(
        sql,
        `select distinct incident_id from room_step where state <> 'done' limit $1`,
        [limit],
      )
      return found.map((step) => Number(step.incident_id))
    },
  }
}
