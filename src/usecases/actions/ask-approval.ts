import { titleOf } from '../../domain/action-words.ts'
import type { Plan } from '../../domain/action.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { quote } from '../../domain/quote.ts'
import { auditOfPlan } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { noteInTimelines, placesOf, sendCard, showCard, tellPlaces } from './card.ts'

/** More direct messages than this would be a storm of their own; the room shows the card to all. */
const SENT_TO = 10

/** Posts the request in the room and sends it to those who may approve it. Last in its transaction. */
export async function askForApproval(
  deps: Pick<Deps, 'settings' | 'clock'>,
  store: Repositories,
  plan: Plan,
  approvers: readonly string[],
): Promise<Plan> {
  const at = deps.clock.now()
  const others = approvers.filter((id) => id !== plan.actor.userId)
  const places = await placesOf(store, plan)
  await showCard(store, plan, places)
  await sendCard(store, plan, others.slice(0, SENT_TO))
  const words = `<@${plan.actor.userId}> asked for approval: ${titleOf(plan)}, because ${plan.tierReason}.`
  await noteInTimelines(store, places.incidents, {
    line: { words },
    at,
    by: plan.actor.userId,
  })
  await store.audit.append(
    auditOfPlan(at, 'requested', plan, {
      ...settledFacts(plan),
      approvalsNeeded: plan.approvalsNeeded,
      askedPeople: others,
    }),
  )
  return plan
}

/** One person acts alone: said everywhere at once, and kept for review. Last in its transaction. */
export async function announceBreakGlass(
  deps: Pick<Deps, 'settings' | 'clock'>,
  store: Repositories,
  plan: Plan,
  approvers: readonly string[],
): Promise<Plan> {
  const at = deps.clock.now()
  const others = approvers.filter((id) => id !== plan.actor.userId)
  await store.reviews.open(plan, at)
  const places = await placesOf(store, plan)
  await showCard(store, plan, places)
  const words = `<@${plan.actor.userId}> broke glass: ${titleOf(plan)} without approval, because ${plan.tierReason}. Justification: ${quote(plan.reason ?? 'none')}. Somebody else must sign it off.`
  const line = { icon: 'warning' as const, words, mention: others.slice(0, SENT_TO) }
  const everywhere = places.targets.some(({ kind }) => kind === 'ops')
    ? places
    : { ...places, targets: [...places.targets, { kind: 'ops' as const }] }
  await tellPlaces(store, plan, everywhere, {
    key: 'broke-glass',
    line,
    at,
    by: plan.actor.userId,
  })
  await store.audit.append(auditOfPlan(at, 'break_glass', plan, settledFacts(plan)))
  return plan
}

/** What a confirmation settles, as audit facts. */
export const settledFacts = (plan: Plan) => ({
  holdMs: plan.holdMs,
  tier: plan.tier,
  because: plan.tierReason,
})
