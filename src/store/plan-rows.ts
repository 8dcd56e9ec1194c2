import type {
  Plan,
  PlannedJobs,
  PlannedQueue,
  PlanOutcome,
  PlanPreview,
  QueueOutcome,
} from '../domain/action.ts'
import type { Lease } from '../domain/ports/plan-store.ts'
import type { QueueOverview } from '../domain/queue.ts'
import { actorOf, refOf, reviveOverview, row, rows, type Sql } from './sql.ts'

interface QueueRow {
  system: string
  queue: string
  queue_tier: PlannedQueue['tier']
  before: QueueOverview
  hold_ids: string[]
  jobs: number | null
  warnings: string[]
  state: PlannedQueue['state']
  is_touched: boolean
  outcome: QueueOutcome | null
}

interface PlanRow {
  id: string
  number: string
  action: Plan['action']
  scope: string
  incident_id: string | null
  ends_hold_id: string | null
  undoes_plan_id: string | null
  replays_plan_id: string | null
  replay_step: string | null
  team_id: string
  user_id: string
  tier: Plan['tier']
  tier_reason: string
  jobs: Plan['jobs']
  throttle: Plan['throttle']
  hold_ms: string | null
  reason: string | null
  phrase: string | null
  preview: Plan['preview']
  approvals_needed: number
  is_break_glass: boolean
  state: Plan['state']
  hash: string
  created_at: Date
  expires_at: Date
  confirmed_at: Date | null
  stop_team_id: string | null
  stop_user_id: string | null
  stop_at: Date | null
  started_at: Date | null
  progressed_at: Date | null
  outcome: PlanOutcome | null
  finished_at: Date | null
  fence: number
  attempts_base: number
  queues: QueueRow[]
}

/** A plan with its queues, in one round trip. `from` is a table, or a statement that returns plans. */
export const selectPlans = (from = 'plan'): string => `
  select plan.*, (
    select json_agg(json_build_object('system', system, 'queue', queue, 'queue_tier', queue_tier,
      'before', before, 'hold_ids', hold_ids, 'jobs', jobs, 'warnings', warnings, 'state', state,
      'is_touched', touched_at is not null, 'outcome', outcome)
      order by position)
    from plan_queue where plan_id = plan.id
  ) as queues
  from ${from} plan`

const toQueue = (from: QueueRow): PlannedQueue => ({
  ref: refOf(from),
  tier: from.queue_tier,
  before: reviveOverview(from.before),
  holdIds: from.hold_ids,
  jobs: from.jobs,
  warnings: from.warnings,
  state: from.state,
  isTouched: from.is_touched,
  outcome:
    from.outcome === null
      ? null
      : {
          ...from.outcome,
          after: from.outcome.after === null ? null : reviveOverview(from.outcome.after),
        },
})

const dateOf = (stored: Date | null): Date | null => (stored === null ? null : new Date(stored))

const reviveJobs = (stored: PlannedJobs): PlannedJobs => ({
  ...stored,
  oldestAt: dateOf(stored.oldestAt),
  newestAt: dateOf(stored.newestAt),
})

const revivePreview = (stored: PlanPreview): PlanPreview => ({
  ...stored,
  sample: stored.sample.map((job) => ({ ...job, addedAt: dateOf(job.addedAt) })),
})

const stopOf = (from: PlanRow): Plan['stop'] =>
  from.stop_at === null || from.stop_team_id === null || from.stop_user_id === null
    ? null
    : { by: { teamId: from.stop_team_id, userId: from.stop_user_id }, at: from.stop_at }

const replayOf = (from: PlanRow): Pick<Plan, 'replay'> =>
  from.replays_plan_id === null || from.replay_step === null
    ? {}
    : { replay: { planId: from.replays_plan_id, step: from.replay_step } }

const toPlan = (from: PlanRow): Plan => ({
  id: from.id,
  number: Number(from.number),
  action: from.action,
  scope: from.scope,
  queues: from.queues.map(toQueue),
  incidentId: from.incident_id === null ? null : Number(from.incident_id),
  endsHoldId: from.ends_hold_id,
  undoesPlanId: from.undoes_plan_id,
  ...replayOf(from),
  actor: actorOf(from),
  tier: from.tier,
  tierReason: from.tier_reason,
  jobs: from.jobs === null ? null : reviveJobs(from.jobs),
  throttle: from.throttle,
  holdMs: from.hold_ms === null ? null : Number(from.hold_ms),
  reason: from.reason,
  phrase: from.phrase,
  preview: from.preview === null ? null : revivePreview(from.preview),
  approvalsNeeded: from.approvals_needed,
  isBreakGlass: from.is_break_glass,
  state: from.state,
  hash: from.hash,
  createdAt: from.created_at,
  expiresAt: from.expires_at,
  confirmedAt: from.confirmed_at,
  stop: stopOf(from),
  startedAt: from.started_at,
  progressedAt: from.progressed_at,
  outcome: from.outcome,
  finishedAt: from.finished_at,
})

export async function onePlan(
  sql: Sql,
  text: string,
  values: readonly unknown[],
): Promise<Plan | null> {
  const found = await row<PlanRow>(sql, text, values)
  return found === null ? null : toPlan(found)
}

export const manyPlans = async (
  sql: Sql,
  text: string,
  values: readonly unknown[],
): Promise<readonly Plan[]> => (await rows<PlanRow>(sql, text, values)).map(toPlan)

export async function oneLease(
  sql: Sql,
  text: string,
  values: readonly unknown[],
): Promise<Lease | null> {
  const found = await row<PlanRow>(sql, text, values)
  if (found === null) return null
  return { plan: toPlan(found), fence: found.fence, attempt: found.fence - found.attempts_base }
}
