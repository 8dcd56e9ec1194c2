import type { Actor, Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { checkHold, effectTier, isReasonRequired } from '../../domain/plan.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOfPlan } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { requireRole } from '../people/authorize.ts'
import { frozenError } from './freeze.ts'

export interface Confirmation {
  readonly planId: string
  readonly actor: Actor
  readonly reason: string | null
  /** The length chosen in the modal; undefined keeps the plan's. */
  readonly holdMs?: number | null
}

/**
 * Turns a previewed plan into work, once. The role is asked for again: minutes may have passed.
 * Throws `stale_button`, `plan_expired`, `already_done`, `not_allowed`, `frozen`, `bad_input`, `bad_duration`.
 */
export async function confirmPlan(deps: Deps, confirmation: Confirmation): Promise<Plan> {
  const planned = await ownPlan(deps, confirmation)
  const holdMs = confirmation.holdMs === undefined ? planned.holdMs : confirmation.holdMs
  if (planned.action === 'pause') checkHold(planned.queueTier, holdMs)
  const reason = checkReason(planned, holdMs, confirmation.reason)
  await requireRole(deps, { ...planned, actor: confirmation.actor })
  const now = deps.clock.now()
  return deps.store.transaction(async (store) => {
    const freeze = await store.control.frozen()
    if (freeze !== null) throw frozenError(freeze, deps)
    const plan = await store.plans.confirm(planned.id, reason, holdMs, now)
    if (plan === null) throw await whyNot(deps, store, planned)
    await store.work.enqueue('execute_plan', { planId: plan.id }, { key: plan.id })
    await store.audit.append(auditOfPlan(now, 'confirmed', plan, { holdMs }))
    return plan
  })
}

async function ownPlan(deps: Deps, { planId, actor }: Confirmation): Promise<Plan> {
  const plan = await deps.store.now.plans.byId(planId)
  if (plan === null)
    throw new OperatorError(
      'stale_button',
      'This preview is not known any more.',
      'Nothing was changed. Ask again.',
    )
  if (plan.actor.userId !== actor.userId || plan.actor.teamId !== actor.teamId)
    throw new OperatorError(
      'not_allowed',
      `This preview was made for <@${plan.actor.userId}>.`,
      'Nothing was changed. Make your own with the same command.',
    )
  return plan
}

function checkReason(plan: Plan, holdMs: number | null, given: string | null): string | null {
  const reason = given?.trim() ?? ''
  const tier = effectTier(plan.action, plan.queueTier, holdMs)
  if (reason === '' && isReasonRequired(tier))
    throw new OperatorError(
      'bad_input',
      'A reason is needed for this.',
      'One short sentence is enough; it goes into the audit trail.',
    )
  return reason === '' ? null : reason.slice(0, 500)
}

async function whyNot(deps: Deps, store: Repositories, planned: Plan): Promise<OperatorError> {
  const current = (await store.plans.byId(planned.id)) ?? planned
  const at = (date: Date): string => clockTime(date, deps.settings.timeZone, deps.clock.now())
  if (current.state === 'planned')
    return new OperatorError(
      'plan_expired',
      `This preview expired at ${at(current.expiresAt)}.`,
      'Nothing was changed. Ask again to see the queue as it is now.',
    )
  return new OperatorError(
    'already_done',
    `You have confirmed this already${current.finishedAt === null ? '' : `; it finished at ${at(current.finishedAt)}`}.`,
    'It is carried out once, however often it is clicked.',
  )
}
