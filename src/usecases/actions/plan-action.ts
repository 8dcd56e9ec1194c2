import type { ActionKind, Actor, Hold, Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import {
  checkHold,
  effectTier,
  holdChoices,
  isReasonRequired,
  PLAN_TTL_MS,
  planHash,
} from '../../domain/plan.ts'
import type { PauseState } from '../../domain/ports/queue-system.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
import { ruleFor } from '../../domain/settings.ts'
import { clockTime } from '../../domain/time.ts'
import type { PlanView } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { requireRole } from '../people/authorize.ts'
import { requireThawed } from './freeze.ts'

export interface PlanRequest {
  readonly actor: Actor
  readonly action: ActionKind
  readonly ref: QueueRef
  readonly incidentId: number | null
  /** What was asked for; the person may still choose another in the modal. */
  readonly holdMs: number | null
}

/**
 * The frozen preview of a pause or resume, stored and ready to be confirmed by the same person.
 * Throws `not_allowed`, `frozen`, `already_done`, `bad_duration`, `not_supported`, `system_unreachable`,
 * `unknown_queue`.
 */
export async function planAction(deps: Deps, request: PlanRequest): Promise<PlanView> {
  const { ref, action, actor } = request
  const system = deps.systems.get(ref.system)
  if (!system.capabilities.pause) throw notSupported(ref)
  await requireRole(deps, request)
  await requireThawed(deps)
  const [state, holds] = await Promise.all([
    system.pauseState(ref.queue),
    deps.store.now.holds.active(ref),
  ])
  // Pausing what does not exist would make it up in the user's Redis.
  if (!state.overview.isKnown) throw neverSeen(ref)
  await refuseWhatIsDone(deps, request, state, holds)
  const queueTier = ruleFor(deps.settings, ref).tier
  if (action === 'pause' && request.holdMs !== null) checkHold(queueTier, request.holdMs)
  const plan = draftPlan(deps, request, state, holds)
  await deps.store.now.plans.add(plan)
  deps.log.info(
    { event: 'plan.made', plan: plan.id, action, queue: queueKey(ref), actor: actor.userId },
    'planned',
  )
  return {
    plan,
    holds,
    hazards: state.hazards,
    choices: action === 'pause' ? holdChoices(queueTier, request.holdMs) : [],
    isReasonRequired: isReasonRequired(plan.tier),
    at: plan.createdAt,
  }
}

function draftPlan(
  deps: Deps,
  request: PlanRequest,
  state: PauseState,
  holds: readonly Hold[],
): Plan {
  const at = deps.clock.now()
  const queueTier = ruleFor(deps.settings, request.ref).tier
  const asked = request.action === 'pause' ? holdChoices(queueTier, request.holdMs) : []
  const holdMs = asked.find((choice) => choice.isDefault)?.holdMs ?? null
  const draft = {
    id: deps.ids.uuid(),
    action: request.action,
    ref: request.ref,
    incidentId: request.incidentId,
    endsHoldId: null,
    actor: request.actor,
    tier: effectTier(request.action, queueTier, holdMs),
    queueTier,
    before: {
      overview: state.overview,
      holdIds: holds.map((hold) => hold.id),
      warnings: state.hazards.map((hazard) => hazard.explanation),
    },
  }
  return {
    ...draft,
    holdMs,
    reason: null,
    state: 'planned',
    hash: planHash(draft),
    createdAt: at,
    expiresAt: new Date(at.getTime() + PLAN_TTL_MS),
    confirmedAt: null,
    outcome: null,
    finishedAt: null,
  }
}

async function refuseWhatIsDone(
  deps: Deps,
  { action, ref }: PlanRequest,
  { overview }: PauseState,
  holds: readonly Hold[],
): Promise<void> {
  const isStopped = overview.isPaused || holds.length > 0
  if (action === 'pause' && overview.isPaused) throw alreadyPaused(deps, ref, holds)
  if (action === 'resume' && !isStopped && overview.stranded === 0) throw await notPaused(deps, ref)
}

function alreadyPaused(deps: Deps, ref: QueueRef, holds: readonly Hold[]): OperatorError {
  const hold = holds[0]
  const who =
    hold === undefined
      ? 'paused already, by somebody or something other than Spillway'
      : `already paused by <@${hold.owner.userId}> at ${clockTime(hold.startedAt, deps.settings.timeZone, deps.clock.now())}`
  return new OperatorError(
    'already_done',
    `\`${queueKey(ref)}\` is ${who}.`,
    'Nothing was changed.',
  )
}

async function notPaused(deps: Deps, ref: QueueRef): Promise<OperatorError> {
  const last = await deps.store.now.plans.lastDone(ref, 'resume')
  const when = last?.finishedAt ?? null
  const who =
    last === null || when === null
      ? ''
      : `; <@${last.actor.userId}> resumed it at ${clockTime(when, deps.settings.timeZone, deps.clock.now())}`
  return new OperatorError(
    'already_done',
    `\`${queueKey(ref)}\` is not paused${who}.`,
    'Nothing was changed.',
  )
}

const neverSeen = (ref: QueueRef): OperatorError =>
  new OperatorError(
    'unknown_queue',
    `\`${queueKey(ref)}\` has no trace in its system: no job was ever added to it, or it was renamed.`,
    'Nothing was changed. `list` shows the queues that are known.',
  )

const notSupported = (ref: QueueRef): OperatorError =>
  new OperatorError(
    'not_supported',
    `Queues of \`${ref.system}\` cannot be paused.`,
    'Nothing was changed.',
  )
