import { titleOf } from '../../domain/action-words.ts'
import { concernedQueues, type Actor, isSameActor, type Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOfPlan } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { requireRole } from '../people/authorize.ts'
import { placesOf, showCard, tellPlaces } from './card.ts'
import { denied } from './deny.ts'

/**
 * Somebody who could have approved it has looked at what one person did alone. Throws `stale_button`,
 * `already_done`, `not_allowed` (never by that person).
 */
export async function signOff(
  deps: Deps,
  { planId, actor }: { readonly planId: string; readonly actor: Actor },
): Promise<Plan> {
  const plan = await deps.store.now.plans.byId(planId)
  const review = await deps.store.now.reviews.ofPlan(planId)
  if (plan === null || review === null)
    throw new OperatorError(
      'stale_button',
      'There is nothing to sign off here.',
      'Nothing was changed.',
    )
  if (isSameActor(plan.actor, actor))
    throw await denied(
      deps,
      { plan, actor, right: 'sign_off' },
      'You did this yourself; another person has to sign it off.',
      'Nothing was changed.',
    )
  const { action, incidentId } = plan
  const queues = concernedQueues(plan)
  const asked = { actor, action, queues, incidentId, planId }
  const role = await requireRole(deps, { ...asked, right: 'approve', fresh: true })
  const at = deps.clock.now()
  await deps.store.transaction(async (store) => {
    if (!(await store.reviews.sign(planId, actor, at))) throw await signedBefore(deps, planId)
    const when = clockTime(at, deps.settings.timeZone, at)
    const words = `already signed off by <@${actor.userId}> at ${when}`
    await store.buttons.spendPlan(planId, ['sign_off'], actor.userId, words, at)
    const places = await placesOf(store, plan)
    const line = {
      icon: 'check' as const,
      words: `<@${actor.userId}> signed off what <@${plan.actor.userId}> did under break-glass: ${titleOf(plan)}.`,
      mention: [],
    }
    await tellPlaces(store, plan, places, { key: 'signed-off', line, at, by: actor.userId })
    await showCard(store, plan, places)
    await store.audit.append(auditOfPlan(at, 'signed_off', plan, { role }, { by: actor }))
  })
  return plan
}

async function signedBefore(deps: Deps, planId: string): Promise<OperatorError> {
  const review = await deps.store.now.reviews.ofPlan(planId)
  const signer = review?.signedBy ?? null
  const who = signer === null ? 'Somebody' : `<@${signer.userId}>`
  return new OperatorError(
    'already_done',
    `${who} has signed this off already.`,
    'Nothing was changed by this click.',
  )
}
