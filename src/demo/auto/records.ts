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

const PlanShape = z.object({
  id: z.string(),
  number: z.coerce.number(),
  state: z.string(),
  tier: z.string(),
  reason: z.string().nullable(),
  by: z.string(),
  /** Ids, with commas between them. */
  approvedBy: z.string(),
  /** How many queues, and how many of them are done. */
  queues: z.number(),
  done: z.number(),
})
export type PlanRecord = z.infer<typeof PlanShape>
const HoldShape = z.object({
  proof: z.string(),
  isActive: z.boolean(),
  minutes: z.number().nullable(),
})
const LastShape = z.object({ seq: z.number().nullable() })
const HoldsShape = z.object({ active: z.number(), proven: z.number() })
const CountShape = z.object({ count: z.number() })
const NumberShape = z.object({ number: z.coerce.number() })
const ReplayedShape = z.object({ fed: z.number(), completed: z.number() })
const ChecksShape = z.object({ all: z.number(), good: z.number(), bad: z.number() })
const StepShape = z.object({ step: z.string(), state: z.string(), problem: z.string().nullable() })
/** An entry of the trail, as the database and a copy have it. */
export const EntryShape = z.object({
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
  /** The latest plan of this action that is about a queue, or null. */
  plan(
    queue: string,
    action: 'pause' | 'resume' | 'quarantine' | 'release' | 'replay',
  ): Promise<PlanRecord | null>
  /** The latest hold, or null. */
  hold(queue: string): Promise<z.infer<typeof HoldShape> | null>
  /** Holds of a plan that are active: all of them, and those that were seen to hold. */
  activeHolds(planId: string): Promise<z.infer<typeof HoldsShape>>
  /** Jobs of a quarantine that the vault has, content and all. */
  held(planId: string): Promise<number>
  /** The number of the vault set that a plan made. */
  vaultOf(planId: string): Promise<number>
  /** Jobs of a set that the vault has, by its number. */
  heldIn(vault: number): Promise<number>
  /** Jobs of a replay: put in line, and seen to complete. */
  replayed(planId: string): Promise<z.infer<typeof ReplayedShape>>
  /** The checks of the latest recovery that held, or null. */
  recovery(incidentId: string): Promise<z.infer<typeof ChecksShape> | null>
  /** The latest entry of this kind about a plan, or null. */
  lastEntry(planId: string, kind: string): Promise<number | null>
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
  select plan.id::text, number, state, tier, reason, user_id as by,
    (select coalesce(string_agg(user_id, ', ' order by user_id), '') from spillway.approval
      where plan_id = plan.id and verdict = 'approved') as "approvedBy",
    (select count(*)::int from spillway.plan_queue where plan_id = plan.id) as queues,
    (select count(*)::int from spillway.plan_queue
      where plan_id = plan.id and state = 'done') as done
  from spillway.plan
  where action = $2
    and exists (select from spillway.plan_queue where plan_id = plan.id and queue = $1)
  order by number desc limit 1`
const HOLD = `
  select proof, ended_at is null as "isActive",
    round(extract(epoch from ends_at - started_at) / 60)::int as minutes
  from spillway.hold where queue = $1 order by started_at desc limit 1`
const HOLDS = `
  select count(*)::int as active, count(*) filter (where proof = 'held')::int as proven
  from spillway.hold where plan_id = $1 and ended_at is null`
const HELD = `
  select count(*)::int as count from spillway.vault_set
    join spillway.vault_job on set_id = vault_set.id
    join spillway.vault_content on vault_job_id = vault_job.id
  where plan_id = $1 and vault_job.state = 'held'`
const VAULT = `select number from spillway.vault_set where plan_id = $1`
const HELD_IN = `
  select count(*)::int as count from spillway.vault_job
  where state = 'held' and set_id = (select id from spillway.vault_set where number = $1)`
const REPLAYED = `
  select count(*)::int as fed, count(*) filter (where outcome = 'completed')::int as completed
  from spillway.replay_job where plan_id = $1`
const CHECKS = `
  select count(*)::int as all, count(*) filter (where item ->> 'state' = 'good')::int as good,
    count(*) filter (where item ->> 'state' = 'bad')::int as bad
  from jsonb_array_elements((
    select checks from spillway.recovery where incident_id = $1 and state = 'recovered'
    order by began_at desc limit 1
  )) item`
const LAST_ENTRY = `
  select max(seq)::int as seq from spillway.audit_entry
  where text::jsonb ->> 'plan' = $1 and text::jsonb ->> 'kind' = $2`
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
    activeHolds: async (planId) => HoldsShape.parse((await query(HOLDS, [planId]))[0]),
    held: async (planId) => CountShape.parse((await query(HELD, [planId]))[0]).count,
    vaultOf: async (planId) => NumberShape.parse((await query(VAULT, [planId]))[0]).number,
    heldIn: async (vault) => CountShape.parse((await query(HELD_IN, [vault]))[0]).count,
    replayed: async (planId) => ReplayedShape.parse((await query(REPLAYED, [planId]))[0]),
    recovery: (incidentId) => first(ChecksShape, CHECKS, [incidentId]),
    lastEntry: async (planId, kind) =>
      LastShape.parse((await query(LAST_ENTRY, [planId, kind]))[0]).seq,
    async auditTrail() {
      const entries = z.array(EntryShape).parse(await query(AUDIT))
      const fault = findChainFault(entries)
      if (fault !== null)
        throw new Error(`The audit trail is broken at ${fault.seq}: ${fault.words}`)
      return entries.length
    },
  }
}
