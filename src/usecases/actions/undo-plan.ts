import { ACTION_WORDS, titleOf } from '../../domain/action-words.ts'
import type { Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { isJobAction } from '../../domain/job-actions.ts'
import type { Deps } from '../deps.ts'
import type { PlanRequest } from './plan-action.ts'

type Wanted = Omit<PlanRequest, 'actor'>

/** What takes a plan back: the opposite, for the queues that it changed, or the jobs that the vault has of it. */
export async function undoing(deps: Pick<Deps, 'store'>, planId: string): Promise<Wanted> {
  const plan = await knownPlan(deps, planId)
  const { undo } = ACTION_WORDS[plan.action]
  const refs = plan.queues.flatMap(({ ref, state }) => (state === 'done' ? [ref] : []))
  if (undo === null || refs.length === 0) throw cannotBeUndone(plan)
  const { scope, incidentId } = plan
  const wanted = { action: undo.action, incidentId, holdMs: null, undoesPlanId: planId }
  if (!isJobAction(undo.action)) return { ...wanted, scope, refs }
  const [set] = await deps.store.now.vault.setsOfPlan(planId)
  if (set === undefined) throw cannotBeUndone(plan)
  const jobs = { filter: '', options: { vault: set.number, asItWas: true } }
  return { ...wanted, scope: `v${set.number}`, refs: [set.ref], jobs }
}

/** The same once more, as things are now. */
export async function repeating(deps: Pick<Deps, 'store'>, planId: string): Promise<Wanted> {
  const plan = await knownPlan(deps, planId)
  const { action, scope, queues, incidentId, holdMs, undoesPlanId, jobs, throttle } = plan
  const refs = queues.map(({ ref }) => ref)
  return { action, scope, refs, incidentId, holdMs, undoesPlanId, jobs, throttle }
}

const cannotBeUndone = (plan: Plan): OperatorError =>
  new OperatorError(
    'not_supported',
    `The ${titleOf(plan)} cannot be taken back.`,
    'Nothing was changed.',
  )

async function knownPlan({ store }: Pick<Deps, 'store'>, planId: string): Promise<Plan> {
  const plan = await store.now.plans.byId(planId)
  if (plan !== null) return plan
  throw new OperatorError('stale_button', 'This is not known any more.', 'Nothing was changed.')
}
