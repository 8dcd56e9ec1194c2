import { isUntouched, type Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { isOver } from '../../domain/plan-states.ts'
import { EXECUTION_PATIENCE_MS, nextSlice } from '../../domain/plan.ts'
import type { Lease } from '../../domain/ports/plan-store.ts'
import { queueKey } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'
import { showProgress } from './card.ts'
import { Frozen, LEASE_MS, LeaseLost } from './execution.ts'
import { finishPlan } from './finish-plan.ts'
import { frozenError } from './freeze.ts'
import { runSlice, type Waits } from './run-slice.ts'
import { sayWaiting } from './say.ts'

const RETRY_MS = 3_000
const THAW_MS = 30_000
/** After this many attempts, whatever they met, a fault of ours ends the plan and frees its queues for others. */
const MAX_ATTEMPTS = 5

/** How an attempt ended. `forMs`: come back then. */
export type Attempt =
  | { readonly isFinished: true }
  | { readonly isFinished: false; readonly forMs: number; readonly isPatient: boolean }

const FINISHED: Attempt = { isFinished: true }
/** Timed ends may be many at once; they keep nobody waiting. */
const comeBack = (plan: Plan, forMs: number): Attempt => ({
  isFinished: false,
  forMs,
  isPatient: plan.endsHoldId !== null,
})

/** Why nothing more is begun. What was touched is brought to its end all the same. */
interface Halt {
  readonly state: 'cancelled' | null
  readonly text: string | null
}

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
  if (plan === null || isOver(plan.state)) return FINISHED
  return comeBack(plan, RETRY_MS)
}

async function carryOut(deps: Deps, lease: Lease): Promise<Attempt> {
  const waits: Waits = new Map()
  let { plan } = lease
  let halt = await tooLate(deps, plan)
  for (;;) {
    halt ??= stopped(plan)
    const slice = nextSlice(plan.queues.filter((queue) => isNext(queue, waits, halt)))
    if (slice.length === 0) break
    const frozen = await runSlice(deps, { ...lease, plan, isEnding: halt !== null }, slice, waits)
    if (frozen !== null) halt ??= await freezeHalt(deps, plan, frozen)
    plan = await current(deps, plan)
    // What is quick needs no progress: its first message is its outcome.
    if (plan.queues.length > 1) await showProgress(deps.store.now, plan)
  }
  const isWaiting = plan.queues.some(
    (queue) => waits.has(queueKey(queue.ref)) && (halt === null || !isUntouched(queue)),
  )
  if (!isWaiting) return close(deps, lease, halt)
  const laterMs = laterOf(waits)
  return laterMs === null
    ? wait(deps, { ...lease, plan }, waits, halt)
    : goOnLater(deps, { ...lease, plan }, laterMs)
}

const isNext = (queue: Plan['queues'][number], waits: Waits, halt: Halt | null): boolean =>
  !waits.has(queueKey(queue.ref)) && (halt === null || !isUntouched(queue))

const stopped = ({ stop }: Plan): Halt | null =>
  stop === null ? null : { state: 'cancelled', text: null }

/** A person's plan ends there; a timed end waits for the thaw, for nobody would be there to ask again. */
async function freezeHalt(deps: Deps, plan: Plan, frozen: Frozen): Promise<Halt> {
  if (plan.endsHoldId !== null) throw frozen
  return { state: 'cancelled', text: frozenError(frozen.freeze, deps).message }
}

async function current(deps: Deps, { id }: Plan): Promise<Plan> {
  const plan = await deps.store.now.plans.byId(id)
  if (plan === null) throw new Error(`plan ${id} is gone while it is carried out`)
  return plan
}

/** What people ordered is not carried out when they long believe that it was not. */
async function tooLate(deps: Deps, plan: Plan): Promise<Halt | null> {
  if (plan.endsHoldId !== null || !(await isPatienceOver(deps, plan))) return null
  const minutes = EXECUTION_PATIENCE_MS / 60_000
  const isBegun = plan.queues.some(wasBegun)
  const happened = isBegun
    ? `I gave up after ${minutes} minutes.`
    : `It could not be begun within ${minutes} minutes.`
  return { state: null, text: happened }
}

/** Also what goes on later, and is nobody's in between. */
const wasBegun = (queue: Plan['queues'][number]): boolean =>
  queue.state !== 'pending' || !isUntouched(queue)

async function isPatienceOver(deps: Deps, plan: Plan): Promise<boolean> {
  const isBegun = plan.queues.some(wasBegun)
  const since = isBegun ? (plan.progressedAt ?? plan.startedAt) : await readyAt(deps, plan)
  return deps.clock.now().getTime() > (since ?? plan.createdAt).getTime() + EXECUTION_PATIENCE_MS
}

/** When the last word was said that it needed. */
async function readyAt(deps: Deps, plan: Plan): Promise<Date | null> {
  const approvals = plan.approvalsNeeded === 0 ? [] : await deps.store.now.approvals.ofPlan(plan.id)
  return approvals.at(-1)?.at ?? plan.confirmedAt
}

/** When what goes on by itself does so, in ms; null where something else has to happen first. */
function laterOf(waits: Waits): number | null {
  const times = [...waits.values()].map((one) =>
    one === 'busy' || one instanceof OperatorError ? null : one.laterMs,
  )
  return times.reduce<number | null>(
    (most, one) => (most === null || one === null ? null : Math.max(most, one)),
    0,
  )
}

/** In between the queue is free for others, and what was done counts as progress. */
async function goOnLater(deps: Deps, { plan, fence }: Lease, laterMs: number): Promise<Attempt> {
  await deps.store.now.plans.later(plan.id, fence, deps.clock.now())
  return comeBack(plan, laterMs)
}

/** Queues that another plan has, or whose system is away: until then. */
async function wait(deps: Deps, lease: Lease, waits: Waits, halt: Halt | null): Promise<Attempt> {
  const { plan } = lease
  const away = [...waits.values()].find((problem) => problem instanceof OperatorError)
  if (plan.endsHoldId === null && (await isPatienceOver(deps, plan))) {
    const happened = away === undefined ? 'Another action kept the queue busy.' : away.message
    const text = `${happened} I gave up after ${EXECUTION_PATIENCE_MS / 60_000} minutes; \`status\` shows what each queue is.`
    return close(deps, lease, halt?.state === 'cancelled' ? halt : { state: null, text })
  }
  // A replay and what takes its jobs back give each other the queue for moments; its card says when it was last looked at.
  if (away !== undefined || !isOfReplay(plan))
    await sayWaiting(deps, plan, away?.message ?? 'Another action works on the same queue.')
  // A timed end that waits must not keep people from the queue.
  await (away === undefined || plan.endsHoldId !== null
    ? putOff(deps, lease)
    : release(deps, lease))
  return comeBack(lease.plan, RETRY_MS)
}

const isOfReplay = ({ action, replay }: Plan): boolean =>
  action === 'replay' || replay !== undefined

async function close(deps: Deps, lease: Lease, halt: Halt | null): Promise<Attempt> {
  await finishPlan(deps, lease, halt?.state ?? null, halt?.text ?? null)
  return FINISHED
}

async function afterFailure(deps: Deps, lease: Lease, error: unknown): Promise<Attempt> {
  if (error instanceof LeaseLost) return comeBack(lease.plan, RETRY_MS)
  if (error instanceof Frozen) {
    await putOff(deps, lease)
    return comeBack(lease.plan, THAW_MS)
  }
  if (!(error instanceof OperatorError)) return afterFault(deps, lease, error)
  if (error.code === 'busy' && (await isPatienceOver(deps, lease.plan)))
    return giveUp(deps, lease, `${error.message} I gave up.`)
  if (error.code === 'database_unreachable' || error.code === 'busy') {
    // The job is tried again in seconds; the lease must not make it wait for longer.
    await release(deps, lease).catch(() => false)
    throw error
  }
  return giveUp(deps, lease, `${error.message} ${error.advice}`)
}

async function afterFault(deps: Deps, lease: Lease, error: unknown): Promise<Attempt> {
  const { plan, attempt } = lease
  const reference = deps.ids.short()
  deps.log.error(
    { event: 'plan.fault', reference, plan: plan.id, attempt, err: error },
    'an attempt at a plan failed',
  )
  const happened = `Something went wrong on our side (reference ${reference}).`
  if (attempt >= MAX_ATTEMPTS)
    return giveUp(deps, lease, `${happened} \`status\` shows what each queue is.`)
  await sayWaiting(deps, plan, happened)
  await release(deps, lease)
  return comeBack(lease.plan, RETRY_MS)
}

/** A timed end is put off instead: nobody would be there to ask again. Until then the queue is free for people. */
async function giveUp(deps: Deps, lease: Lease, text: string): Promise<Attempt> {
  if (lease.plan.endsHoldId === null) return close(deps, lease, { state: null, text })
  await sayWaiting(deps, lease.plan, text)
  await putOff(deps, lease)
  return comeBack(lease.plan, THAW_MS)
}

const release = (deps: Deps, { plan, fence }: Lease): Promise<boolean> =>
  deps.store.now.plans.release(plan.id, fence, deps.clock.now())

const putOff = (deps: Deps, { plan, fence }: Lease): Promise<boolean> =>
  deps.store.now.plans.putOff(plan.id, fence)
