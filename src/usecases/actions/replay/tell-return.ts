import type { Plan } from '../../../domain/action.ts'
import { endedWell } from '../../../domain/plan-outcome.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import { returnedLine } from '../../../domain/replay-lines.ts'
import { placesOf, tellPlaces } from '../card.ts'

/** Says in the places of a replay which of its jobs went into the vault, or that they could not. */
export async function tellReturn(
  store: Repositories,
  made: Plan,
  { planId, step }: NonNullable<Plan['replay']>,
  at: Date,
): Promise<void> {
  const plan = await store.plans.byId(planId)
  if (plan === null) return
  const [set] = await store.vault.setsOfPlan(made.id)
  const jobs = made.queues.reduce((sum, { outcome }) => sum + (outcome?.jobs?.done ?? 0), 0)
  const why = step.startsWith('failed') ? 'failed' : 'unstarted'
  const returned = returnedLine(plan, { why, jobs, vault: set?.number ?? null })
  const rest = endedWell(made) ? '' : ` ${made.outcome?.words ?? ''}`
  const line = { ...returned, words: `${returned.words}${rest}` }
  await tellPlaces(store, plan, await placesOf(store, plan), {
    key: `returned:${step}`,
    line,
    at,
    by: null,
  })
  await store.messages.touchPlan(planId)
}
