import type { Plan, PlannedQueue } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { EXECUTION_PATIENCE_MS, nextSlice } from '../../domain/plan.ts'
import type { Lease } from '../../domain/ports/plan-store.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'
import { ACTIONS } from './action-specs.ts'
import { showProgress } from './card.ts'
import { endPart } from './end-part.ts'
import { Frozen, LEASE_MS, LeaseLost, type Part, type PartEnd, words } from './execution.ts'
import { finishPlan } from './finish-plan.ts'
import { frozenError } from './freeze.ts'
import { sayMismatch, sayWaiting } from './say.ts'

const RETRY_MS = 3_000
const THAW_MS = 30_000
/** After this many attempts, whatever they met, a fault of ours ends the plan and frees its queues for others. */
const MAX_ATTEMPTS = 5

/** How an attempt ended. `forMs`: come back then. */
export type Attempt =
  | { readonly isFinished: true }
  | { readonly isFinished: false; readonly forMs: number }

const FINISHED: Attempt = { isFinished: true }
const comeBack = (forMs: number): Attempt => ({ isFinished: false, forMs })

/**
 * Carries out a confirmed plan, a slice of queues at a time. Safe at every instant: the intent is committed
 * before a queue is touched, effects are idempotent, each queue's end is a checkpoint, and only the holder of
 * the fence writes. Every plan ends: what cannot be done is said, and its queues are free for the next.
 */
export async function executePlan(deps: Deps, planId: string): Promise<Attempt> {
  const lease = await deps.store.now.plans.lease(planId, deps.clock.now(), LEASE_MS)
  if (lease === null) return waitOrLeave(deps, planId)
  try {
    return await carryOut(deps, lease)
  } catch (error) {
    return afterFailure(deps, lease, error)
  }
}

/** Somebody else executes it, or it is over. */
async function waitOrLeave(deps: Deps, planId: string): Promise<Attempt> {
  const plan = await deps.store.now.plans.byId(planId)
  const isWaiting = plan?.state === 'confirmed' || plan?.state === 'executing'
  return isWaiting ? comeBack(RETRY_MS) : FINISHED
}

async function carryOut(deps: Deps, lease: Lease): Promise<Attempt> {
  let { plan } = lease
  const busy = new Set<string>()
  for (;;) {
    if (plan.stop !== null) return close(deps, lease, 'cancelled')
    const slice = nextSlice(plan.queues.filter(({ ref }) => !busy.has(queueKey(ref))))
    if (slice.length === 0) break
    for (const ref of await runSlice(deps, { ...lease, plan }, slice)) busy.add(queueKey(ref))
    plan = await current(deps, plan)
    // What is quick needs no progress: its first message is its outcome.
    if (plan.queues.length > 1) await showProgress(deps.store.now, plan)
  }
  if (busy.size === 0) return close(deps, lease, null)
  await deps.store.now.plans.putOff(plan.id, lease.fence)
  return comeBack(RETRY_MS)
}

async function current(deps: Deps, { id }: Plan): Promise<Plan> {
  const plan = await deps.store.now.plans.byId(id)
  if (plan === null) throw new Error(`plan ${id} is gone while it is carried out`)
  return plan
}

async function close(
  deps: Deps,
  lease: Lease,
  state: 'cancelled' | null,
  text?: string,
): Promise<Attempt> {
  if (!(await finishPlan(deps, lease, state, text))) await sayMismatch(deps, lease.plan)
  return FINISHED
}

/** Changes the queues of a slice one after the other, watches them together. Resolves to those that another plan has. */
async function runSlice(
  deps: Deps,
  lease: Lease,
  slice: readonly PlannedQueue[],
): Promise<readonly QueueRef[]> {
  const spec = ACTIONS[lease.plan.action]
  const busy: QueueRef[] = []
  const changed: Part[] = []
  for (const queue of slice) {
    const part = await begin(deps, lease, queue)
    if (part === null) {
      busy.push(queue.ref)
      continue
    }
    const end = await orFailed(part, () => spec.carryOut(deps, part))
    if (end === null) changed.push({ ...part, wasTouched: true })
    else await endPart(deps, spec, part, end)
  }
  const seen = await Promise.all(
    changed.map(async (part) => ({ part, end: await verified(deps, part) })),
  )
  for (const { part, end } of seen) await endPart(deps, spec, part, end)
  return busy
}

async function verified(deps: Deps, part: Part): Promise<PartEnd> {
  const end = await orFailed(part, () => ACTIONS[part.plan.action].verify(deps, part))
  if (end === null) throw new Error('a verification always says how it is')
  return end
}

async function begin(deps: Deps, lease: Lease, queue: PlannedQueue): Promise<Part | null> {
  const { plan, fence } = lease
  const begun = await deps.store.now.plans.beginQueue(plan.id, fence, queue.ref)
  if (begun === 'lost') throw new LeaseLost()
  if (begun === 'busy') return null
  const wasTouched = await deps.store.now.plans.wasTouched(plan.id, queue.ref)
  return { plan, fence, queue, wasTouched }
}

/** What is wrong with the whole attempt, not with one queue. */
const STOPS_ATTEMPT: ReadonlySet<string> = new Set([
  'system_unreachable',
  'database_unreachable',
  'busy',
])

/** A queue whose system says no ends as failed, and the others go on; a timed end is not given up for it. */
async function orFailed(part: Part, run: () => Promise<PartEnd | null>): Promise<PartEnd | null> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof OperatorError) || STOPS_ATTEMPT.has(error.code)) throw error
    if (part.plan.endsHoldId !== null) throw error
    const text = `\`${queueKey(part.queue.ref)}\`: ${error.message} ${error.advice}`
    return { state: 'failed', outcome: words(text) }
  }
}

async function afterFailure(deps: Deps, lease: Lease, error: unknown): Promise<Attempt> {
  if (error instanceof LeaseLost) return comeBack(RETRY_MS)
  if (error instanceof Frozen) return whileFrozen(deps, lease, error)
  if (!(error instanceof OperatorError)) return afterFault(deps, lease, error)
  if (error.code === 'system_unreachable') return whileUnreachable(deps, lease, error)
  if (error.code === 'database_unreachable' || error.code === 'busy') {
    // The job is tried again in seconds; the lease must not make it wait for longer.
    await release(deps, lease).catch(() => false)
    throw error
  }
  return giveUp(deps, lease, `${error.message} ${error.advice}`)
}

/** A person's plan ends there; a timed end waits for the thaw, for nobody would be there to ask again. */
async function whileFrozen(deps: Deps, lease: Lease, error: Frozen): Promise<Attempt> {
  const { plan, fence } = lease
  if (plan.endsHoldId !== null) {
    await deps.store.now.plans.putOff(plan.id, fence)
    return comeBack(THAW_MS)
  }
  return close(deps, lease, 'cancelled', frozenError(error.freeze, deps).message)
}

async function whileUnreachable(deps: Deps, lease: Lease, error: OperatorError): Promise<Attempt> {
  const { plan } = lease
  const since = (plan.startedAt ?? plan.createdAt).getTime()
  const isOver = deps.clock.now().getTime() > since + EXECUTION_PATIENCE_MS
  if (plan.endsHoldId === null && isOver)
    return giveUp(
      deps,
      lease,
      `${error.message} I gave up after ${EXECUTION_PATIENCE_MS / 60_000} minutes; \`status\` shows what each queue is.`,
    )
  await sayWaiting(deps, plan, error.message)
  await release(deps, lease)
  return comeBack(RETRY_MS)
}

async function afterFault(deps: Deps, lease: Lease, error: unknown): Promise<Attempt> {
  const { plan, fence } = lease
  const reference = deps.ids.short()
  deps.log.error(
    { event: 'plan.fault', reference, plan: plan.id, attempt: fence, err: error },
    'an attempt at a plan failed',
  )
  const happened = `Something went wrong on our side (reference ${reference}).`
  if (fence >= MAX_ATTEMPTS)
    return giveUp(deps, lease, `${happened} \`status\` shows what each queue is.`)
  await sayWaiting(deps, plan, happened)
  await release(deps, lease)
  return comeBack(RETRY_MS)
}

/** A timed end is put off instead: nobody would be there to ask again. Until then the queue is free for people. */
async function giveUp(deps: Deps, lease: Lease, text: string): Promise<Attempt> {
  const { plan, fence } = lease
  if (plan.endsHoldId !== null) {
    await sayWaiting(deps, plan, text)
    await deps.store.now.plans.putOff(plan.id, fence)
    return comeBack(THAW_MS)
  }
  return close(deps, lease, null, text)
}

const release = (deps: Deps, { plan, fence }: Lease): Promise<boolean> =>
  deps.store.now.plans.release(plan.id, fence, deps.clock.now())
