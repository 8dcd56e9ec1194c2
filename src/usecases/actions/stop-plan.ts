import { ACTION_WORDS, titleOf } from '../../domain/action-words.ts'
import { concernedQueues, type Actor, type Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { isOver } from '../../domain/plan-states.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOfPlan } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { requireRole } from '../people/authorize.ts'

/**
 * Asks an execution to stop: the slice that runs is brought to its end, nothing is begun after it. Anybody who
 * may order the action may stop it. Throws `stale_button`, `already_done`, `not_allowed`.
 */
export async function stopPlan(
  deps: Deps,
  { planId, actor }: { readonly planId: string; readonly actor: Actor },
): Promise<Plan> {
  const plan = await deps.store.now.plans.byId(planId)
  if (plan === null)
    throw new OperatorError('stale_button', 'This is not known any more.', 'Nothing was changed.')
  const { action, incidentId } = plan
  const queues = concernedQueues(plan)
  await requireRole(deps, { actor, action, queues, incidentId, planId })
  if (plan.endsHoldId !== null) throw cannotStop(plan)
  const at = deps.clock.now()
  return deps.store.transaction(async (store) => {
    if (!(await store.plans.requestStop(planId, actor, at)))
      throw tooLate(deps, (await store.plans.byId(planId)) ?? plan)
    const when = clockTime(at, deps.settings.timeZone, at)
    const words = `already asked to stop by <@${actor.userId}> at ${when}`
    await store.buttons.spendPlan(planId, ['stop'], actor.userId, words, at)
    await store.messages.touchPlan(planId)
    await store.audit.append(auditOfPlan(at, 'stopped', plan, {}, { by: actor }))
    return plan
  })
}

/** Stopped, the queue would stay paused, or slow, and nobody would end it. */
function cannotStop({ number, action }: Plan): OperatorError {
  const { noun, verb, past } = ACTION_WORDS[action === 'unthrottle' ? 'throttle' : 'pause']
  return new OperatorError(
    'not_supported',
    `Plan ${number} is the end of a timed ${noun.toLowerCase()}; it cannot be stopped.`,
    `Nothing was changed. To keep the queue ${past} for longer, ${verb} it again.`,
  )
}

function tooLate(deps: Pick<Deps, 'settings' | 'clock'>, plan: Plan): OperatorError {
  if (plan.state === 'planned' || plan.state === 'requested') return notBegun(plan)
  const at = plan.stop?.at ?? plan.finishedAt
  const when = at === null ? '' : ` at ${clockTime(at, deps.settings.timeZone, deps.clock.now())}`
  const happened =
    plan.stop !== null && !isOver(plan.state)
      ? `<@${plan.stop.by.userId}> asked the ${titleOf(plan)} to stop${when}.`
      : `Too late: the ${titleOf(plan)} was over${when}.`
  return new OperatorError('already_done', happened, 'Nothing was changed by this click.')
}

const notBegun = (plan: Plan): OperatorError =>
  new OperatorError(
    'stale_button',
    `The ${titleOf(plan)} is not carried out yet: it waits for ${plan.state === 'planned' ? 'its confirmation' : 'approval'}.`,
    plan.state === 'planned'
      ? 'Nothing was changed. Unconfirmed, it expires by itself.'
      : `Nothing was changed, and it still waits. <@${plan.actor.userId}> can withdraw it, who may approve it can reject it.`,
  )
