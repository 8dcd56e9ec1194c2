import { z } from 'zod'

import { findChainFault } from '../../domain/audit.ts'

/** Runs one statement on Spillway's database and gives its rows. */
export type Query = (
  sql: string,
  values?: readonly unknown[],
) => Promise<readonly Readonly<Record<string, unknown>>[]>

const IncidentShape = z.object({
  id: z.string(),
  state: z.string(),
  lead: z.string().nullable(),
  channelId: z.string().nullable(),
  channelName: z.string().nullable(),
  isAcknowledged: z.boolean(),
  firing: z.number(),
})
export type IncidentRecord = z.infer<typeof IncidentShape>

const PlanShape = z.object({ state: z.string(), reason: z.string().nullable(), by: z.string() })
const HoldShape = z.object({ proof: z.string(), isActive: z.boolean() })
const StepShape = z.object({ step: z.string(), state: z.string(), problem: z.string().nullable() })
const EntryShape = z.object({
  seq: z.coerce.number(),
  version: z.number(),
  instance: z.string(),
  text: z.string(),
  previousHash: z.string(),
  hash: z.string(),
})

/** What the database says, read past Spillway's own code. */
export interface Records {
  /** The latest incident of a queue, or null. */
  incident(queue: string): Promise<IncidentRecord | null>
  roomSteps(incidentId: string): Promise<readonly z.infer<typeof StepShape>[]>
  /** The latest plan of this action, or null. */
  plan(queue: string, action: 'pause' | 'resume'): Promise<z.infer<typeof PlanShape> | null>
  /** The latest hold, or null. */
  hold(queue: string): Promise<z.infer<typeof HoldShape> | null>
  /** Entries of the audit trail; throws if its chain is broken. */
  auditTrail(): Promise<number>
}

const INCIDENT = `
  select incident.id::text as id, state, lead, channel_id as "channelId", channel_name as "channelName",
    acked_at is not null as "isAcknowledged",
    (select count(*)::int from spillway.alert
      where incident_id = incident.id and status = 'firing') as firing
  from spillway.incident where queue = $1 order by incident.id desc limit 1`
const STEPS = `
  select step, state, problem from spillway.room_step where incident_id = $1 order by position`
const PLAN = `
  select state, reason, user_id as by from spillway.plan
  where queue = $1 and action = $2 order by created_at desc limit 1`
const HOLD = `
  select proof, ended_at is null as "isActive" from spillway.hold
  where queue = $1 order by started_at desc limit 1`
const AUDIT = `
  select seq, version, instance, text, previous_hash as "previousHash", hash
  from spillway.audit_entry order by seq`

export function recordsOf(query: Query): Records {
  const first = async <T>(shape: z.ZodType<T>, sql: string, values: readonly unknown[]) => {
    const [row] = await query(sql, values)
    return row === undefined ? null : shape.parse(row)
  }
  return {
    incident: (queue) => first(IncidentShape, INCIDENT, [queue]),
    roomSteps: async (id) => z.array(StepShape).parse(await query(STEPS, [id])),
    plan: (queue, action) => first(PlanShape, PLAN, [queue, action]),
    hold: (queue) => first(HoldShape, HOLD, [queue]),
    async auditTrail() {
      const entries = z.array(EntryShape).parse(await query(AUDIT))
      const fault = findChainFault(entries)
      if (fault !== null)
        throw new Error(`The audit trail is broken at ${fault.seq}: ${fault.words}`)
      return entries.length
    },
  }
}
