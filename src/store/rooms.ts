import { ROOM_STEPS, type RoomStep } from '../domain/incident.ts'
import type { Rooms } from '../domain/ports/incident-store.ts'
import { changed, rows, type Sql } from './sql.ts'

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

type Trying = Pick<Rooms, 'attempt' | 'renew' | 'release' | 'settle'>

const trying = (sql: Sql): Trying => ({
  attempt: ({ incidentId, step, attempts }, at, until) =>
    changed(
      sql,
      `update room_step set attempts = attempts + 1, leased_until = $5
       where incident_id = $1 and step = $2 and attempts = $3 and state <> 'done'
         and (leased_until is null or leased_until <= $4)`,
      [incidentId, step, attempts, at, until],
    ),
  renew: ({ incidentId, step, attempts }, until) =>
    changed(
      sql,
      `update room_step set leased_until = $4
       where incident_id = $1 and step = $2 and attempts = $3 + 1 and leased_until is not null`,
      [incidentId, step, attempts, until],
    ),
  async release(incidentId, step) {
    await sql.query(
      'update room_step set leased_until = null where incident_id = $1 and step = $2',
      [incidentId, step],
    )
  },
  async settle(incidentId, step, state, problem) {
    await sql.query(
      `update room_step set state = $3, problem = $4, leased_until = null
       where incident_id = $1 and step = $2`,
      [incidentId, step, state, problem],
    )
  },
})

const FORGET_STEPS = `
  update room_step set state = 'pending', attempts = 0, problem = null, leased_until = null
  where incident_id = $1`

// What the lost room never took goes to the next one, and the headline is posted there anew.
const FORGET_PLACES = `
  update message set is_buried = false, attempts = 0, attempted_at = null, due_at = to_timestamp(0),
    ts = null, channel_id = null, rendered_hash = null, wanted_version = wanted_version + 1
  where key = $1 or (channel = 'room:' || $2::bigint and is_buried and ts is null)`

export function createRooms(sql: Sql): Rooms {
  return {
    ...trying(sql),
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
    async redo(incidentId, step) {
      await sql.query(
        `update room_step set state = 'pending' where incident_id = $1 and step = $2`,
        [incidentId, step],
      )
    },
    async replace(incidentId, headlineKey) {
      await sql.query('update incident set channel_id = null, channel_name = null where id = $1', [
        incidentId,
      ])
      await sql.query(FORGET_STEPS, [incidentId])
      await sql.query(FORGET_PLACES, [headlineKey, incidentId])
    },
    async unfinished(now, limit) {
      const found = await rows<{ incident_id: string }>(
        sql,
        `select incident_id from room_step join incident on incident.id = incident_id
         where room_step.state <> 'done' and incident.state <> 'resolved'
           and (leased_until is null or leased_until <= $1)
         group by incident_id order by min(planned_at), incident_id limit $2`,
        [now, limit],
      )
      return found.map((step) => Number(step.incident_id))
    },
  }
}
