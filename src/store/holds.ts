import type { Hold, ThrottleHold } from '../domain/action.ts'
import type { Holds, Throttles } from '../domain/ports/plan-store.ts'
import type { Throttle } from '../domain/throttle.ts'
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
  wanted: Throttle | null
  former: Throttle | null
  share: number | null
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

function toThrottle(from: HoldRow): ThrottleHold {
  const { wanted, former } = from
  if (wanted === null || former === null) throw new Error(`hold ${from.id} is no throttle`)
  return { ...toHold(from), throttle: { wanted, former }, share: from.share }
}

/** Which of the two kinds a repository is about; no statement of it sees the other. */
interface Kind<H extends Hold> {
  readonly kind: 'pause' | 'throttle'
  readonly read: (from: HoldRow) => H
  /** What the kind adds to a new row: the limits asked for, those of before, and the share that is left. */
  readonly more: (hold: H) => readonly [string | null, string | null, number | null]
}

const PAUSE: Kind<Hold> = { kind: 'pause', read: toHold, more: () => [null, null, null] }

const THROTTLE: Kind<ThrottleHold> = {
  kind: 'throttle',
  read: toThrottle,
  more: ({ throttle, share }) => [
    JSON.stringify(throttle.wanted),
    JSON.stringify(throttle.former),
    share,
  ],
}

// A second start finds the first one's row: the constraint makes it once per plan, queue and kind.
const START = `
  with started as (
    insert into hold (id, plan_id, system, queue, incident_id, team_id, user_id, reason, started_at, ends_at,
      kind, wanted, former, share)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    on conflict (plan_id, system, queue, kind) do nothing returning *
  )
  select * from started
  union all select * from hold where plan_id = $2 and system = $3 and queue = $4 and kind = $11`

type Reading<H extends Hold> = Pick<Holds<H>, 'active' | 'recent' | 'byId' | 'ofPlans' | 'due'>

function reading<H extends Hold>(sql: Sql, { kind, read }: Kind<H>): Reading<H> {
  const all = async (text: string, values: readonly unknown[]): Promise<readonly H[]> =>
    (await rows<HoldRow>(sql, text, [kind, ...values])).map(read)
  return {
    active: (ref) =>
      all(
        `select * from hold where kind = $1 and ended_at is null
           and ($2::text is null or (system = $2 and queue = $3))
         order by started_at, id`,
        [ref?.system ?? null, ref?.queue ?? null],
      ),
    recent: (refs, since) =>
      all(
        `select hold.* from hold join jsonb_to_recordset($2) as ref (system text, queue text)
           on hold.system = ref.system and hold.queue = ref.queue
         where kind = $1 and (ended_at is null or ended_at > $3) order by started_at, id`,
        [JSON.stringify(refs), since],
      ),
    async byId(id) {
      const [found] = await all('select * from hold where kind = $1 and id = $2', [id])
      return found ?? null
    },
    ofPlans: (planIds) =>
      all('select * from hold where kind = $1 and plan_id = any ($2)', [planIds]),
    async due(now, limit) {
      const found = await rows<{ id: string }>(
        sql,
        // At random: many of a system that is away must not keep the sweep from the others.
        `select id from hold where kind = $1 and ended_at is null and ends_at <= $2
         order by random() limit $3`,
        [kind, now, limit],
      )
      return found.map(({ id }) => id)
    },
  }
}

function holdsOf<H extends Hold>(sql: Sql, about: Kind<H>): Holds<H> {
  const { kind, read, more } = about
  return {
    ...reading(sql, about),
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
        kind,
        ...more(hold),
      ])
      if (found === null) throw new Error(`the hold of plan ${hold.planId} was not stored`)
      return read(found)
    },
    async setProof(id, proof) {
      await sql.query('update hold set proof = $3 where kind = $1 and id = $2', [kind, id, proof])
    },
    end: (id, at, by) =>
      changed(
        sql,
        `update hold set ended_at = $3, ended_by = $4 where kind = $1 and id = $2 and ended_at is null`,
        [kind, id, at, by],
      ),
    async remind(before, now) {
      const found = await rows<HoldRow>(
        sql,
        `update hold set reminded_at = $3
         where kind = $1 and ended_at is null and coalesce(reminded_at, ends_at, started_at) <= $2
         returning *`,
        [kind, before, now],
      )
      return found.map(read)
    },
  }
}

/** Why queues are stopped, by whom, until when. */
export const createHolds = (sql: Sql): Holds => holdsOf(sql, PAUSE)

/** Why queues are slowed, to what, by whom, until when. */
export const createThrottles = (sql: Sql): Throttles => ({
  ...holdsOf(sql, THROTTLE),
  async rebase({ system, queue }, former) {
    await sql.query(
      `update hold set former = $3
       where kind = 'throttle' and system = $1 and queue = $2 and ended_at is null`,
      [system, queue, JSON.stringify(former)],
    )
  },
  prolong: (id, until) =>
    changed(
      sql,
      `update hold set ends_at = $2
       where kind = 'throttle' and id = $1 and ended_at is null and ends_at < $2`,
      [id, until],
    ),
})
