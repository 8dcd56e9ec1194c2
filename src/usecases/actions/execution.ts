import type { Plan, PlanOutcome, PlanState } from '../../domain/action.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { auditOfPlan, overviewFacts } from '../audit/audit-of.ts'

/** What an action did: the plan's next state with the words for people. */
export interface Effect {
  readonly state: Extract<PlanState, 'done' | 'refused' | 'failed' | 'expired'>
  readonly outcome: PlanOutcome
}

/** One attempt at a leased plan. */
export interface Execution {
  readonly plan: Plan
  readonly fence: number
  /** An earlier attempt may have changed the queue already. */
  readonly isRetry: boolean
}

/** An outcome that is only words. */
export const words = (text: string): PlanOutcome => ({ words: text, proof: null, after: null })

/** Commits, once per plan, that its queue is about to be touched. Last statement of its transaction. */
export async function recordIntent(
  store: Repositories,
  { plan, fence }: Execution,
  at: Date,
): Promise<void> {
  if (!(await store.plans.intend(plan.id, fence, at))) return
  await store.audit.append(auditOfPlan(at, 'intent', plan, overviewFacts(plan.before.overview)))
}
