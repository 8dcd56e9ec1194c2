import type { Plan, ThrottleHold } from '../../domain/action.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
import {
  formerOf,
  isSameThrottle,
  startOf,
  type Throttle,
  type ThrottleChange,
} from '../../domain/throttle.ts'
import type { Deps } from '../deps.ts'
import type { Part } from './execution.ts'

/** The throttle that a plan set on a queue, if it did, and those of others. */
export interface QueueThrottles {
  readonly own: ThrottleHold | undefined
  readonly others: readonly ThrottleHold[]
}

export async function throttlesOf(
  store: Pick<Repositories, 'throttles'>,
  { id }: Pick<Plan, 'id'>,
  ref: QueueRef,
): Promise<QueueThrottles> {
  const active = await store.throttles.active(ref)
  return {
    own: active.find(({ planId }) => planId === id),
    others: active.filter(({ planId }) => planId !== id),
  }
}

/** What sets the plan's limits beside those of others, whether they are set already or not. */
export function changeFor({ own, others }: QueueThrottles): ThrottleChange {
  if (own === undefined) throw new Error('a throttle is set without its hold')
  return startOf(
    own.throttle,
    others.map(({ throttle }) => throttle),
  )
}

interface ThrottleStart {
  /** The queue's limits just now. */
  readonly found: Throttle
  readonly at: Date
  readonly endsAt: Date | null
}

/**
 * Commits what is to be set and what comes back at its end, once, before anything is set: whoever finds the
 * limits after a crash finds their owner. Needs a plan with a throttle.
 */
export async function startThrottle(
  { ids }: Pick<Deps, 'ids'>,
  store: Pick<Repositories, 'throttles' | 'work'>,
  { plan, queue }: Part,
  { found, at, endsAt }: ThrottleStart,
): Promise<void> {
  const { throttle: wish } = plan
  if (wish === null) throw new Error(`plan ${plan.id} has no throttle`)
  const { own, others } = await throttlesOf(store, plan, queue.ref)
  if (own !== undefined) return
  const lasting = others.map(({ throttle }) => throttle)
  const former = formerOf(found, lasting)
  const [first] = lasting
  if (first !== undefined && !isSameThrottle(first.former, former))
    await store.throttles.rebase(queue.ref, former)
  const hold = await store.throttles.start({
    id: ids.uuid(),
    ref: queue.ref,
    planId: plan.id,
    incidentId: plan.incidentId,
    owner: plan.actor,
    reason: plan.reason,
    startedAt: at,
    endsAt,
    endedAt: null,
    endedBy: null,
    proof: 'set_not_proven',
    throttle: { wanted: wish.to, former },
    share: wish.shares[queueKey(queue.ref)] ?? null,
  })
  if (endsAt !== null)
    await store.work.enqueue(
      'end_hold',
      { holdId: hold.id },
      { key: hold.id, afterMs: endsAt.getTime() - at.getTime() },
    )
}

/** Sets the limits of a plan whose hold is committed. Run again it changes nothing. */
export async function applyThrottle(
  deps: Pick<Deps, 'systems' | 'store'>,
  { plan, queue }: Part,
): Promise<void> {
  const change = changeFor(await throttlesOf(deps.store.now, plan, queue.ref))
  await deps.systems.get(queue.ref.system).setThrottle(queue.ref.queue, change)
}

/** Ends what the plan set on a queue, where nothing of it came into effect. */
export async function endOwnHolds(
  store: Pick<Repositories, 'holds' | 'throttles'>,
  plan: Pick<Plan, 'id'>,
  ref: QueueRef,
  at: Date,
): Promise<void> {
  const hold = (await store.holds.active(ref)).find(({ planId }) => planId === plan.id)
  if (hold !== undefined) await store.holds.end(hold.id, at, null)
  const { own } = await throttlesOf(store, plan, ref)
  if (own !== undefined) await store.throttles.end(own.id, at, null)
}
