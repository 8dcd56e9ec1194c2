import {
  type Actor,
  concernedQueues,
  type EffectTier,
  isSameActor,
  type Plan,
} from '../../domain/action.ts'
import type { TierDecision } from '../../domain/effect.ts'
import { OperatorError, type ProblemCode } from '../../domain/errors.ts'
import { isSamePhrase } from '../../domain/phrase.ts'
import { isReasonRequired, MIN_JUSTIFICATION, planHash } from '../../domain/plan.ts'
import { approvalsNeeded } from '../../domain/policy.ts'
import type { Settled } from '../../domain/ports/plan-store.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { clockTime } from '../../domain/time.ts'
import type { PlanView } from '../../domain/views.ts'
import { auditOfPlan } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { requireRole } from '../people/authorize.ts'
import { approversOf } from '../people/members-with.ts'
import { announceBreakGlass, askForApproval, settledFacts } from './ask-approval.ts'
import { denied } from './deny.ts'
import { findDrift } from './drift.ts'
import { requireThawedIn } from './freeze.ts'
import { requireWithinLimits } from './limits.ts'
import { planAction } from './plan-action.ts'
import { contextOf, tierFor } from './tier.ts'

export interface Confirmation {
  readonly planId: string
  readonly actor: Actor
  readonly reason: string | null
  /** The length chosen in the modal; undefined keeps the plan's. */
  readonly holdMs?: number | null
  /** What was typed where the plan has a phrase. */
  readonly phrase?: string | null
  readonly isBreakGlass?: boolean
}

/** Confirmed, or replaced by a new preview because the first one no longer held. */
export type Confirmed =
  | { readonly kind: 'confirmed'; readonly plan: Plan }
  | { readonly kind: 'drifted'; readonly view: PlanView }

/** Whoever confirms waits for those who confirm at the same moment, so that their effects are summed. */
const CONFIRM_LOCK = 'confirm'

/**
 * Turns a previewed plan into work, or, where policy says so, into a request for approval; once. The role is
 * asked for again and the queues are looked at again: minutes may have passed. Throws `stale_button`,
 * `plan_expired`, `already_done`, `not_allowed`, `frozen`, `too_many`, `bad_input`, `system_unreachable`.
 */
export async function confirmPlan(deps: Deps, confirmation: Confirmation): Promise<Confirmed> {
  try {
    return await confirm(deps, confirmation)
  } catch (error) {
    await noteRefusal(deps, confirmation, error)
    throw error
  }
}

/** Refusals that are about the rules, not about the form or the moment. */
const NOTED: ReadonlySet<ProblemCode> = new Set(['too_many', 'frozen', 'bad_input'])

/** What was refused for another reason than a missing role, which is written down where it is asked for. */
async function noteRefusal(
  deps: Deps,
  { planId, actor }: Confirmation,
  error: unknown,
): Promise<void> {
  if (!(error instanceof OperatorError) || !NOTED.has(error.code)) return
  const plan = await deps.store.now.plans.byId(planId)
  if (plan === null) return
  await denied(deps, { plan, actor, right: 'confirm' }, error.message, error.advice)
}

async function confirm(deps: Deps, confirmation: Confirmation): Promise<Confirmed> {
  const planned = await ownPlan(deps, confirmation)
  if (planned.state !== 'planned') throw whyNot(deps, planned)
  requirePhrase(planned, confirmation.phrase ?? null)
  const isBreakGlass = confirmation.isBreakGlass === true
  const { actor, action, incidentId } = planned
  const queues = concernedQueues(planned)
  const isGrave = (await previewTier(deps, planned, confirmation)) === 'T3'
  const asked = { actor, action, queues, incidentId, planId: planned.id, fresh: isGrave }
  await requireRole(deps, asked)
  if (isBreakGlass) await requireRole(deps, { ...asked, right: 'break_glass' })
  const drift = await findDrift(deps, planned)
  if (drift !== null) return replan(deps, planned, confirmation, drift)
  const approvers = await approversOf(deps, action, queues)
  const plan = await deps.store.transaction((store) =>
    settle(deps, store, { planned, confirmation, approvers }),
  )
  return { kind: 'confirmed', plan }
}

const chosenMs = ({ holdMs }: Plan, confirmation: Confirmation): number | null =>
  confirmation.holdMs === undefined ? holdMs : confirmation.holdMs

/** As it looks before the transaction that decides; for T3 nobody is taken at Slack's word of a minute ago. */
async function previewTier(
  { store, clock }: Deps,
  planned: Plan,
  confirmation: Confirmation,
): Promise<EffectTier> {
  const context = await contextOf(store.now, planned, clock.now())
  return tierFor(planned, chosenMs(planned, confirmation), context).tier
}

interface Settling {
  readonly planned: Plan
  readonly confirmation: Confirmation
  readonly approvers: readonly string[]
}

async function settle(
  deps: Deps,
  store: Repositories,
  { planned, confirmation, approvers }: Settling,
): Promise<Plan> {
  await store.incidents.lockKey(CONFIRM_LOCK)
  const now = deps.clock.now()
  await requireThawedIn(store, deps)
  await requireWithinLimits(deps, store, planned, now)
  const holdMs = chosenMs(planned, confirmation)
  const decision = tierFor(planned, holdMs, await contextOf(store, planned, now))
  const settled = settledOf(deps, { planned, confirmation, holdMs, decision })
  const plan = await store.plans.confirm(planned.id, settled, now)
  if (plan === null) throw whyNot(deps, (await store.plans.byId(planned.id)) ?? planned)
  if (plan.state === 'requested') return askForApproval(deps, store, plan, approvers)
  await store.work.enqueue('execute_plan', { planId: plan.id }, { key: plan.id })
  if (plan.isBreakGlass) return announceBreakGlass(deps, store, plan, approvers)
  await store.audit.append(auditOfPlan(now, 'confirmed', plan, settledFacts(plan)))
  return plan
}

function settledOf(
  deps: Deps,
  about: {
    readonly planned: Plan
    readonly confirmation: Confirmation
    readonly holdMs: number | null
    readonly decision: TierDecision
  },
): Settled {
  const { planned, confirmation, holdMs, decision } = about
  const isApprovalDue = decision.tier === 'T3'
  const isBreakGlass = isApprovalDue && confirmation.isBreakGlass === true
  const reason = checkReason(decision, confirmation.reason, isBreakGlass)
  const final = { ...planned, holdMs, reason, tier: decision.tier }
  const { policy } = deps.settings
  const needed = approvalsNeeded(deps.settings, planned.action, concernedQueues(planned))
  const isRequest = isApprovalDue && !isBreakGlass
  return {
    state: isRequest ? 'requested' : 'confirmed',
    reason,
    holdMs,
    tier: decision.tier,
    tierReason: decision.reason,
    hash: planHash(final),
    approvalsNeeded: isRequest ? needed : 0,
    isBreakGlass,
    expiresAt: isRequest
      ? new Date(deps.clock.now().getTime() + policy.approvalTtlMs)
      : planned.expiresAt,
  }
}

async function ownPlan(deps: Deps, { planId, actor }: Confirmation): Promise<Plan> {
  const plan = await deps.store.now.plans.byId(planId)
  if (plan === null)
    throw new OperatorError(
      'stale_button',
      'This preview is not known any more.',
      'Nothing was changed. Ask again.',
    )
  if (!isSameActor(plan.actor, actor))
    throw await denied(
      deps,
      { plan, actor, right: 'confirm' },
      `This preview was made for <@${plan.actor.userId}>.`,
      'Nothing was changed. Make your own with the same command.',
    )
  return plan
}

function requirePhrase({ phrase }: Plan, typed: string | null): void {
  if (phrase === null || isSamePhrase(phrase, typed)) return
  throw new OperatorError(
    'bad_input',
    `To confirm this, type \`${phrase}\`.`,
    'Nothing was changed. What you typed is something else.',
  )
}

const MAX_REASON = 500

function checkReason(
  { tier, reason: because }: TierDecision,
  given: string | null,
  isBreakGlass: boolean,
): string | null {
  const reason = given?.trim() ?? ''
  if (isBreakGlass && reason.length < MIN_JUSTIFICATION)
    throw new OperatorError(
      'bad_input',
      'To break glass, say why it cannot wait for an approval.',
      'Nothing was changed. One sentence; it is announced at once and reviewed later.',
    )
  if (reason === '' && isReasonRequired(tier))
    throw new OperatorError(
      'bad_input',
      `A reason is needed for this: ${because}.`,
      'Nothing was changed. One short sentence is enough; it goes into the audit trail.',
    )
  return reason === '' ? null : reason.slice(0, MAX_REASON)
}

/** What was shown no longer holds: it is voided, and what holds now is shown in its place. */
async function replan(
  deps: Deps,
  plan: Plan,
  confirmation: Confirmation,
  drift: string,
): Promise<Confirmed> {
  const now = deps.clock.now()
  await deps.store.transaction(async (store) => {
    const voided = await store.plans.move(plan.id, 'void', {
      now,
      outcome: { words: `It no longer held: ${drift}` },
    })
    if (voided !== null) await store.audit.append(auditOfPlan(now, 'voided', voided, { drift }))
  })
  const { action, actor, scope, incidentId, undoesPlanId, jobs, throttle } = plan
  const refs = plan.queues.map(({ ref }) => ref)
  const request = { action, actor, scope, incidentId, undoesPlanId, refs, jobs, throttle }
  const view = await planAction(deps, { ...request, holdMs: chosenMs(plan, confirmation) }, drift)
  return { kind: 'drifted', view }
}

function whyNot(deps: Pick<Deps, 'settings' | 'clock'>, plan: Plan): OperatorError {
  const at = (date: Date): string => clockTime(date, deps.settings.timeZone, deps.clock.now())
  if (plan.confirmedAt === null)
    return new OperatorError(
      'plan_expired',
      plan.outcome === null || plan.expiresAt <= deps.clock.now()
        ? `This preview expired at ${at(plan.expiresAt)}.`
        : `This preview is void. ${plan.outcome.words}`,
      'Nothing was changed. Ask again to see the queue as it is now.',
    )
  return new OperatorError(
    'already_done',
    `You have confirmed this already${plan.finishedAt === null ? '' : `; it finished at ${at(plan.finishedAt)}`}.`,
    'It is carried out once, however often it is clicked.',
  )
}
