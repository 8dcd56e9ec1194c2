import type { Hold } from '../domain/action.ts'
import type { Holds } from '../domain/ports/plan-store.ts'
import { actorOf, changed, refOf, row, rows, type Sql } from './sql.ts'

interface HoldRow {
  id: string
  plan_id: string
  system: string
  queue: string
  incident_id: string | null
  team_id: string
  user_id: string
  reason: string | null
  started_at: Date
  ends_at: Date | null
  ended_at: Date | null
  ended_by: string | null
  proof: Hold['proof']
}

const toHold = (from: HoldRow): Hold => ({
  id: from.id,
  ref: refOf(from),
  planId: from.plan_id,
  incidentId: from.incident_id === null ? null : Number(from.incident_id),
  owner: actorOf(from),
  reason: from.reason,
  startedAt: from.started_at,
  endsAt: from.ends_at,
  endedAt: from.ended_at,
  endedBy: from.ended_by,
  proof: from.proof,
})

// A second start finds the first one's row: the constraint makes it once per plan and queue.
const START = `
  with started as (
    insert into hold (id, plan_id, system, queue, incident_id, team_id, user_id, reason, started_at, ends_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict (plan_id, system, queue) do nothing returning *
  )
  select * from started
  union all select * from hold where plan_id = $2 and system = $3 and queue = $4`

type Reading = Pick<Holds, 'active' | 'recent' | 'byId' | 'ofPlans' | 'due'>

function reading(sql: Sql): Reading {
  return {
    async active(ref) {
      const found = await rows<HoldRow>(
        sql,
        `select * from hold where ended_at is null and ($1::text is null or (system = $1 and queue = $2))
         order by started_at, id`,
        [ref?.system ?? null, ref?.queue ?? null],
      )
      return found.map(toHold)
    },
    async recent(refs, since) {
      const found = await rows<HoldRow>(
        sql,
        `select hold.* from hold join jsonb_to_recordset($1) as ref (system text, queue text)
           on hold.system = ref.system and hold.queue = ref.queue
         where ended_at is null or ended_at > $2 order by started_at, id`,
        [JSON.stringify(refs), since],
      )
      return found.map(toHold)
    },
    async byId(id) {
      const found = await row<HoldRow>(sql, 'select * from hold where id = $1', [id])
      return found === null ? null : toHold(found)
    },
    async ofPlans(planIds) {
      const found = await rows<HoldRow>(sql, 'select * from hold where plan_id = any ($1)', [
        planIds,
      ])
      return found.map(toHold)
    },
    async due(now, limit) {
      const found = await rows<{ id: string }>(
        sql,
        // At random: many of a system that is away must not keep the sweep from the others.
        'select id from hold where ended_at is null and ends_at <= $1 order by random() limit $2',
        [now, limit],
      )
      return found.map(({ id }) => id)
    },
  }
}

/** Why queues are stopped, by whom, until when. */
export function createHolds(sql: Sql): Holds {
  return {
    ...reading(sql),
    async start(hold) {
      const found = await row<HoldRow>(sql, START, [
        hold.id,
        hold.planId,
        hold.ref.system,
        hold.ref.queue,
        hold.incidentId,
        hold.owner.teamId,
        hold.owner.userId,
        hold.reason,
        hold.startedAt,
        hold.endsAt,
      ])
      if (found === null) throw new Error(`the hold of plan ${hold.planId} was not stored`)
      return toHold(found)
    },
    async setProof(id, proof) {
      await sql.query('update hold set proof = $2 where id = $1', [id, proof])
    },
    end: (id, at, by) =>
      changed(
        sql,
        'update hold set ended_at = $2, ended_by = $3 where id = $1 and ended_at is null',
        [id, at, by],
      ),
    async remind(before, now) {
      const found = await rows<HoldRow>(
        sql,
        `update hold set reminded_at = $2
         where ended_at is null and coalesce(reminded_at, ends_at, started_at) <= $1
         returning *`,
        [before, now],
      )
      return found.map(toHold)
    },
  }
}
