import type { Plan, PlanOutcome, PlanState } from '../../domain/action.ts'
import type { Freeze, Repositories } from '../../domain/ports/store.ts'
import { auditOfPlan, overviewFacts } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'

/** What an action did: the plan's next state with the words for people. */
export interface Effect {
  readonly state: Extract<PlanState, 'done' | 'refused' | 'failed' | 'expired'>
  readonly outcome: PlanOutcome
  /** Nothing happened that anybody must read about. */
  readonly isQuiet?: true
}

/** One attempt at a leased plan. */
export interface Execution {
  readonly plan: Plan
  readonly fence: number
  /** An earlier attempt may have changed the queue, wholly or by half. */
  readonly wasTouched: boolean
}

/** Actions were frozen before this one touched its queue. */
export class Frozen extends Error {
  override readonly name = 'Frozen'
  readonly freeze: Freeze
  constructor(freeze: Freeze) {
    super('actions are frozen')
    this.freeze = freeze
  }
}

/** Another worker has this plan by now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** Held by whoever freezes and by whoever is about to act, so that one of them is first. */
export const FREEZE_LOCK = 'freeze'

/**
 * After this another replica goes on with what a killed one began. Longer than an attempt takes; where one
 * takes longer, both do the same idempotent steps and one of them closes the plan.
 */
export const LEASE_MS = 20_000

/** An outcome that is only words. */
export const words = (text: string): PlanOutcome => ({ words: text, proof: null, after: null })

/**
 * Commits, once per plan, that its queue is about to be touched. Last statement of its transaction. Throws
 * `Frozen` if a freeze was first; what may be half done already is brought to its end nevertheless.
 */
export async function recordIntent(
  store: Repositories,
  { plan, fence, wasTouched }: Execution,
  at: Date,
): Promise<void> {
  await store.incidents.lockKey(FREEZE_LOCK)
  const freeze = await store.control.frozen()
  if (freeze !== null && !wasTouched) throw new Frozen(freeze)
  if (!(await store.plans.intend(plan.id, fence, at))) return
  await store.audit.append(auditOfPlan(at, 'intent', plan, overviewFacts(plan.before.overview)))
}

/** Changes the queue, with a fresh lease taken right before. Throws `LeaseLost` instead of changing it late. */
export async function touchQueue(
  deps: Pick<Deps, 'store' | 'clock'>,
  { plan, fence }: Execution,
  change: () => Promise<unknown>,
): Promise<void> {
  const now = deps.clock.now()
  if (!(await deps.store.now.plans.touch(plan.id, fence, now, LEASE_MS))) throw new LeaseLost()
  await change()
}
