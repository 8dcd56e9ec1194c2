import { titleOf } from '../../domain/action-words.ts'
import type { Plan } from '../../domain/action.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { auditOfPlan } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { placesOf, showCard, tellPlaces, tellRequester } from './card.ts'

const AT_ONCE = 100
const JUDGING = ['approve', 'reject', 'withdraw'] as const

/** Ends previews and requests whose time is over; a request tells who asked. Run by the clock. */
export async function lapsePlans(deps: Pick<Deps, 'store' | 'clock'>): Promise<void> {
  const now = deps.clock.now()
  for (const id of await deps.store.now.plans.lapsed(now, AT_ONCE))
    await deps.store.transaction((store) => lapse(store, id, now))
}

async function lapse(store: Repositories, id: string, now: Date): Promise<void> {
  // Locked: what is confirmed at this instant has a new time.
  const before = await store.plans.locked(id)
  if (before === null || before.expiresAt > now) return
  const wasRequested = before.state === 'requested'
  const words = wasRequested
    ? 'Nobody approved it in time. Nothing was changed.'
    : 'It was not confirmed in time. Nothing was changed.'
  const plan = await store.plans.move(id, 'lapse', { now, outcome: { words } })
  if (plan === null) return
  if (wasRequested)
    await tellOver(store, plan, `The request expired: ${titleOf(plan)}. ${words}`, now)
  await store.audit.append(auditOfPlan(now, 'expired', plan, { wasRequested }, { by: null }))
}

/** A request that no longer holds: over, and whoever asked is told why. */
export async function voidPlan(
  deps: Pick<Deps, 'store' | 'clock'>,
  plan: Plan,
  drift: string,
): Promise<void> {
  const now = deps.clock.now()
  await deps.store.transaction(async (store) => {
    const words = `It no longer held: ${drift} Nothing was changed.`
    const voided = await store.plans.move(plan.id, 'void', { now, outcome: { words } })
    if (voided === null) return
    await tellOver(store, voided, `The request is void: ${titleOf(plan)}. ${words}`, now)
    await store.audit.append(auditOfPlan(now, 'voided', voided, { drift }, { by: null }))
  })
}

async function tellOver(store: Repositories, plan: Plan, words: string, now: Date): Promise<void> {
  const line = { icon: 'warning' as const, words, mention: [plan.actor.userId] }
  const places = await placesOf(store, plan)
  const said = { key: 'over', line, at: now, by: null }
  await tellPlaces(store, plan, places, said)
  await tellRequester(store, plan, said)
  await store.buttons.spendPlan(plan.id, JUDGING, null, 'this request is over', now)
  await showCard(store, plan, places)
}
