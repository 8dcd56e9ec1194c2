import type { PlannedQueue } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Lease } from '../../domain/ports/plan-store.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'
import { ACTIONS } from './action-specs.ts'
import { endPart } from './end-part.ts'
import { Frozen, type Later, LeaseLost, type Part, type PartEnd, words } from './execution.ts'
import { sayMismatch } from './say.ts'

/** Queues that have to wait, by key: another plan has them, their system does not answer, or they go on later. */
export type Waits = Map<string, 'busy' | OperatorError | Later>

/** An attempt that, ending, begins nothing more. */
interface Attempting extends Lease {
  readonly isEnding: boolean
}

/**
 * Changes the queues of a slice one after the other, then watches together those that were changed, and ends
 * them. What has to wait is put into `waits`; it keeps no other queue from its end. Resolves to the freeze
 * that came in between, before which nothing was left half done. Throws `LeaseLost`.
 */
export async function runSlice(
  deps: Deps,
  attempt: Attempting,
  slice: readonly PlannedQueue[],
  waits: Waits,
): Promise<Frozen | null> {
  const changed: Part[] = []
  try {
    const frozen = await changeEach(deps, attempt, { slice, waits, changed })
    await endEach(deps, changed, waits)
    return frozen
  } catch (error) {
    // Whoever took over may have closed the plan before our late change.
    if (error instanceof LeaseLost) await tellOfLate(deps, changed)
    throw error
  }
}

async function changeEach(
  deps: Deps,
  attempt: Attempting,
  run: { readonly slice: readonly PlannedQueue[]; readonly waits: Waits; readonly changed: Part[] },
): Promise<Frozen | null> {
  const away = new Set<string>()
  for (const queue of run.slice) {
    if (away.has(queue.ref.system)) continue
    try {
      const part = await begin(deps, attempt, queue)
      if (part === null) run.waits.set(queueKey(queue.ref), 'busy')
      else await change(deps, part, run)
    } catch (error) {
      if (error instanceof Frozen) return error
      if (!isAway(error)) throw error
      away.add(queue.ref.system)
      noteAway(run, queue.ref.system, error)
    }
  }
  return null
}

/** One system that is away keeps nobody from the others. */
function noteAway(
  run: { readonly slice: readonly PlannedQueue[]; readonly waits: Waits; readonly changed: Part[] },
  system: string,
  error: OperatorError,
): void {
  const isChanged = (ref: QueueRef): boolean =>
    run.changed.some(({ queue }) => queueKey(queue.ref) === queueKey(ref))
  for (const { ref } of run.slice)
    if (ref.system === system && !isChanged(ref)) run.waits.set(queueKey(ref), error)
}

async function change(
  deps: Deps,
  part: Part,
  run: { readonly waits: Waits; readonly changed: Part[] },
): Promise<void> {
  const spec = ACTIONS[part.plan.action]
  const end = await orFailed(part, () => spec.carryOut(deps, part))
  if (end === null) run.changed.push({ ...part, wasTouched: true })
  else if ('laterMs' in end) run.waits.set(queueKey(part.queue.ref), end)
  else await endPart(deps, spec, part, end)
}

async function endEach(deps: Deps, changed: readonly Part[], waits: Waits): Promise<void> {
  const seen = await Promise.all(
    changed.map(async (part) => ({ part, end: await verified(deps, part, waits) })),
  )
  for (const { part, end } of seen)
    if (end !== null) await endPart(deps, ACTIONS[part.plan.action], part, end)
}

/** Null if its system went away: then it is watched when that is back. */
async function verified(deps: Deps, part: Part, waits: Waits): Promise<PartEnd | null> {
  try {
    return await orFailed(part, () => ACTIONS[part.plan.action].verify(deps, part))
  } catch (error) {
    if (!isAway(error)) throw error
    waits.set(queueKey(part.queue.ref), error)
    return null
  }
}

/** A system that is full does for jobs what one that is away does: some of them may be done, and it may pass. */
const isAway = (error: unknown): error is OperatorError =>
  error instanceof OperatorError &&
  (error.code === 'system_unreachable' || error.code === 'system_full')

async function begin(deps: Deps, attempt: Attempting, queue: PlannedQueue): Promise<Part | null> {
  const begun = await deps.store.now.plans.beginQueue(attempt.plan.id, attempt.fence, queue.ref)
  if (begun === 'lost') throw new LeaseLost()
  if (begun === 'busy') return null
  return { ...attempt, queue, wasTouched: queue.isTouched }
}

/** What is wrong with the whole attempt, or only for the moment, not with one queue. */
const STOPS_ATTEMPT: ReadonlySet<string> = new Set([
  'system_unreachable',
  'database_unreachable',
  'busy',
])

/** A queue whose system says no ends as failed, and the others go on; a timed end is not given up for it. */
async function orFailed<T>(part: Part, run: () => Promise<T>): Promise<T | PartEnd> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof OperatorError) || STOPS_ATTEMPT.has(error.code)) throw error
    if (part.plan.endsHoldId !== null) throw error
    if (error.code === 'system_full' && part.plan.jobs !== null) throw error
    const text = `\`${queueKey(part.queue.ref)}\`: ${error.message} ${error.advice}`
    return { state: 'failed', outcome: words(text) }
  }
}

async function tellOfLate(deps: Deps, changed: readonly Part[]): Promise<void> {
  const [first] = changed
  if (first === undefined) return
  const plan = await deps.store.now.plans.byId(first.plan.id)
  if (plan === null || plan.finishedAt === null) return
  await sayMismatch(
    deps,
    plan,
    changed.map(({ queue }) => queue.ref),
  )
}
