import { OperatorError } from '../../domain/errors.ts'
import { EXECUTION_PATIENCE_MS } from '../../domain/plan.ts'
import { queueKey } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'
import { executePause } from './execute-pause.ts'
import { executeResume } from './execute-resume.ts'
import { type Execution, Frozen, LEASE_MS, LeaseLost, words } from './execution.ts'
import { finishPlan } from './finish-plan.ts'
import { frozenError } from './freeze.ts'
import { sayMismatch, sayWaiting } from './say.ts'

const RETRY_MS = 3_000
const THAW_MS = 30_000
/** After this many attempts, whatever they met, a fault of ours ends the plan and frees the queue for others. */
const MAX_ATTEMPTS = 5

/** How an attempt ended. `forMs`: come back then. */
export type Attempt =
  | { readonly isFinished: true }
  | { readonly isFinished: false; readonly forMs: number }

const FINISHED: Attempt = { isFinished: true }
const comeBack = (forMs: number): Attempt => ({ isFinished: false, forMs })

/**
 * Carries out a confirmed plan. Safe at every instant: the intent is committed before the queue is
 * touched, the effect is idempotent, and only the holder of the fence closes the plan. Every plan ends:
 * what cannot be done is said, and the queue is free for the next.
 */
export async function executePlan(deps: Deps, planId: string): Promise<Attempt> {
  const execution = await deps.store.now.plans.lease(planId, deps.clock.now(), LEASE_MS)
  if (execution === null) return waitOrLeave(deps, planId)
  const { plan } = execution
  try {
    const effect = await (plan.action === 'pause' ? executePause : executeResume)(deps, execution)
    if (!(await finishPlan(deps, execution, effect))) await sayMismatch(deps, plan)
    return FINISHED
  } catch (error) {
    return afterFailure(deps, execution, error)
  }
}

/** Somebody else executes it, or it is over, or another plan works on the same queue: then come back. */
async function waitOrLeave(deps: Deps, planId: string): Promise<Attempt> {
  const plan = await deps.store.now.plans.byId(planId)
  const isWaiting = plan?.state === 'confirmed' || plan?.state === 'executing'
  return isWaiting ? comeBack(RETRY_MS) : FINISHED
}

async function afterFailure(deps: Deps, execution: Execution, error: unknown): Promise<Attempt> {
  if (error instanceof LeaseLost) return comeBack(RETRY_MS)
  if (error instanceof Frozen) return whileFrozen(deps, execution, error)
  if (!(error instanceof OperatorError)) return afterFault(deps, execution, error)
  if (error.code === 'system_unreachable') return whileUnreachable(deps, execution, error)
  if (error.code === 'database_unreachable' || error.code === 'busy') {
    // The job is tried again in seconds; the lease must not make it wait for longer.
    await release(deps, execution).catch(() => false)
    throw error
  }
  return giveUp(deps, execution, `${error.message} ${error.advice}`)
}

/** A person is refused; a timed end waits for the thaw, for nobody would be there to ask again. */
async function whileFrozen(deps: Deps, execution: Execution, error: Frozen): Promise<Attempt> {
  const { plan, fence } = execution
  if (plan.endsHoldId !== null) {
    await deps.store.now.plans.unlease(plan.id, fence)
    return comeBack(THAW_MS)
  }
  const outcome = words(frozenError(error.freeze, deps).message)
  await finishPlan(deps, execution, { state: 'refused', outcome })
  return FINISHED
}

async function whileUnreachable(
  deps: Deps,
  execution: Execution,
  error: OperatorError,
): Promise<Attempt> {
  const { plan } = execution
  const since = (plan.confirmedAt ?? plan.createdAt).getTime()
  const isOver = deps.clock.now().getTime() > since + EXECUTION_PATIENCE_MS
  if (plan.endsHoldId === null && isOver)
    return giveUp(
      deps,
      execution,
      `${error.message} I gave up after ${EXECUTION_PATIENCE_MS / 60_000} minutes; \`status ${queueKey(plan.ref)}\` shows what the queue is.`,
    )
  await sayWaiting(deps, plan, error.message)
  await release(deps, execution)
  return comeBack(RETRY_MS)
}

async function afterFault(deps: Deps, execution: Execution, error: unknown): Promise<Attempt> {
  const { plan, fence } = execution
  const reference = deps.ids.short()
  deps.log.error(
    { event: 'plan.fault', reference, plan: plan.id, attempt: fence, err: error },
    'an attempt at a plan failed',
  )
  const happened = `Something went wrong on our side (reference ${reference}).`
  if (fence >= MAX_ATTEMPTS)
    return giveUp(
      deps,
      execution,
      `${happened} \`status ${queueKey(plan.ref)}\` shows what the queue is.`,
    )
  await sayWaiting(deps, plan, happened)
  await release(deps, execution)
  return comeBack(RETRY_MS)
}

/** A timed end is put off instead: nobody would be there to ask again. Until then the queue is free for people. */
async function giveUp(deps: Deps, execution: Execution, text: string): Promise<Attempt> {
  const { plan, fence } = execution
  if (plan.endsHoldId !== null) {
    await sayWaiting(deps, plan, text)
    await deps.store.now.plans.unlease(plan.id, fence)
    return comeBack(THAW_MS)
  }
  await finishPlan(deps, execution, { state: 'failed', outcome: words(text) })
  return FINISHED
}

const release = (deps: Deps, { plan, fence }: Execution): Promise<boolean> =>
  deps.store.now.plans.release(plan.id, fence, deps.clock.now())
