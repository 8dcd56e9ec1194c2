import type {
  ActionKind,
  Actor,
  Plan,
  PlannedJobs,
  PlannedQueue,
  PlanPreview,
} from '../../domain/action.ts'
import type { TierDecision } from '../../domain/effect.ts'
import { planHash } from '../../domain/plan.ts'
import type { PlannedThrottle } from '../../domain/throttle.ts'
import type { Deps } from '../deps.ts'

/** What a new plan is made of; the rest is the same for all. */
interface Draft {
  readonly action: ActionKind
  readonly scope: string
  readonly queues: readonly PlannedQueue[]
  readonly actor: Actor
  readonly incidentId: number | null
  readonly holdMs: number | null
  readonly decision: TierDecision
  readonly endsHoldId?: string
  readonly undoesPlanId?: string | null
  readonly phrase?: string | null
  readonly preview?: PlanPreview | null
  readonly jobs?: PlannedJobs | null
  readonly throttle?: PlannedThrottle | null
}

/** What a timed end is the end of. */
const ENDED: Readonly<Partial<Record<ActionKind, string>>> = {
  resume: 'pause',
  unthrottle: 'throttle',
}

/** A preview; one that ends a hold is confirmed from the beginning, for setting the hold pre-authorised it. */
export function draftPlan(
  { ids, clock, settings }: Pick<Deps, 'ids' | 'clock' | 'settings'>,
  draft: Draft,
): Omit<Plan, 'number'> {
  const at = clock.now()
  const isTimedEnd = draft.endsHoldId !== undefined
  const plan = {
    id: ids.uuid(),
    action: draft.action,
    scope: draft.scope,
    queues: draft.queues,
    incidentId: draft.incidentId,
    endsHoldId: draft.endsHoldId ?? null,
    undoesPlanId: draft.undoesPlanId ?? null,
    actor: draft.actor,
    tier: draft.decision.tier,
    tierReason: draft.decision.reason,
    holdMs: draft.holdMs,
    jobs: draft.jobs ?? null,
    throttle: draft.throttle ?? null,
    reason: isTimedEnd ? `the ${ENDED[draft.action] ?? 'hold'} was set for this long` : null,
  }
  return {
    ...plan,
    phrase: draft.phrase ?? null,
    preview: draft.preview ?? null,
    approvalsNeeded: 0,
    isBreakGlass: false,
    state: isTimedEnd ? 'confirmed' : 'planned',
    hash: planHash(plan),
    createdAt: at,
    expiresAt: isTimedEnd ? at : new Date(at.getTime() + settings.policy.planTtlMs),
    confirmedAt: isTimedEnd ? at : null,
    stop: null,
    startedAt: null,
    progressedAt: null,
    outcome: null,
    finishedAt: null,
  }
}
