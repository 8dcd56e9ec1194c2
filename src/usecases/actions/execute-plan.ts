import { OperatorError } from '../../domain/errors.ts'
import { EXECUTION_PATIENCE_MS } from '../../domain/plan.ts'
import { queueKey } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'
import { executePause } from './execute-pause.ts'
import { executeResume } from './execute-resume.ts'
import { type Effect, type Execution, words } from './execution.ts'
import { finishPlan, sayWaiting } from './finish-plan.ts'
import { frozenError } from './freeze.ts'

/**
 * After this another replica goes on with what a killed one began. Longer than an attempt takes; where one
 * takes longer, both do the same idempotent steps and one of them closes the plan.
 */
const LEASE_MS = 20_000
const RETRY_MS = 3_000

/** How an attempt ended. `forMs`: come back then. */
export type Attempt =
  | { readonly isFinished: true }
  | { readonly isFinished: false; readonly forMs: number }

/**
 * Carries out a confirmed plan. Safe at every instant: the intent is committed before the queue is
 * touched, the effect is idempotent, and only the holder of the fence closes the plan.
 */
export async function executePlan(deps: Deps, planId: string): Promise<Attempt> {
  const execution = await deps.store.now.plans.lease(planId, deps.clock.now(), LEASE_MS)
  if (execution === null) return waitOrLeave(deps, planId)
  const log = deps.log.child({ plan: planId, queue: queueKey(execution.plan.ref) })
  try {
    const effect = await attempt(deps, execution)
    if (effect === 'wait') return await waitForThaw(deps, execution)
    await finishPlan(deps, execution, effect)
    log.info(
      { event: 'plan.finished', state: effect.state, action: execution.plan.action },
      'plan finished',
    )
    return { isFinished: true }
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'system_unreachable')
      return unreachable(deps, execution, error)
    // The job is tried again in seconds; the lease must not make it wait for a minute.
    const { id } = execution.plan
    await deps.store.now.plans.release(id, execution.fence, deps.clock.now()).catch(() => false)
    throw error
  }
}

async function attempt(deps: Deps, execution: Execution): Promise<Effect | 'wait'> {
  const { plan, isRetry } = execution
  const freeze = await deps.store.now.control.frozen()
  // An attempt that was cut off must be brought to its end: a half-made pause is worse than a late one.
  if (freeze !== null && !isRetry) {
    if (plan.endsHoldId !== null) return 'wait'
    return { state: 'refused', outcome: words(frozenError(freeze, deps).message) }
  }
  return plan.action === 'pause' ? executePause(deps, execution) : executeResume(deps, execution)
}

/** Somebody else executes it, or it is over, or another plan works on the same queue: then come back. */
async function waitOrLeave(deps: Deps, planId: string): Promise<Attempt> {
  const plan = await deps.store.now.plans.byId(planId)
  const isWaiting = plan?.state === 'confirmed' || plan?.state === 'executing'
  return isWaiting ? { isFinished: false, forMs: RETRY_MS } : { isFinished: true }
}

async function waitForThaw(deps: Deps, { plan, fence }: Execution): Promise<Attempt> {
  await deps.store.now.plans.unlease(plan.id, fence)
  return { isFinished: false, forMs: 10 * RETRY_MS }
}

async function unreachable(
  deps: Deps,
  execution: Execution,
  error: OperatorError,
): Promise<Attempt> {
  const { plan, fence } = execution
  const now = deps.clock.now()
  // A timed end never gives up: nobody would be there to resume the queue.
  const isPatient = plan.endsHoldId !== null
  if (!isPatient && now.getTime() > plan.createdAt.getTime() + EXECUTION_PATIENCE_MS) {
    await finishPlan(deps, execution, {
      state: 'failed',
      outcome: words(
        `${error.message} I gave up after ${EXECUTION_PATIENCE_MS / 60_000} minutes; look at \`status ${queueKey(plan.ref)}\` to see what it is.`,
      ),
    })
    return { isFinished: true }
  }
  await sayWaiting(deps, plan, error)
  await deps.store.now.plans.release(plan.id, fence, now)
  return { isFinished: false, forMs: RETRY_MS }
}
