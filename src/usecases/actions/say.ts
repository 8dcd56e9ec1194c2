import { subjectOf } from '../../domain/action-words.ts'
import type { Plan } from '../../domain/action.ts'
import type { RoomLine } from '../../domain/message.ts'
import { EXECUTION_PATIENCE_MS } from '../../domain/plan.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'
import { placesOf } from './card.ts'

/** Once per plan: it waits, and why. */
export async function sayWaiting(deps: Deps, plan: Plan, happened: string): Promise<void> {
  const name = subjectOf(plan)
  const words =
    plan.endsHoldId === null
      ? `The ${plan.action} of ${name} by <@${plan.actor.userId}> is tried again, for up to ${EXECUTION_PATIENCE_MS / 60_000} minutes. Whether it was touched is not known until then.`
      : `The pause of ${name} by <@${plan.actor.userId}> should have ended; it ends as soon as that is possible.`
  await sayOnce(deps, plan, `waiting:${plan.id}`, {
    icon: 'warning',
    words: `${happened} ${words}`,
    mention: [],
  })
}

async function sayOnce(deps: Deps, plan: Plan, key: string, line: RoomLine): Promise<void> {
  const { now: store } = deps.store
  const [target] = (await placesOf(store, plan)).targets
  if (target === undefined || (await store.messages.byKey(key)) !== null) return
  await store.messages.put({ key, target, content: { kind: 'line', line }, priority: 1 })
}

/**
 * An attempt whose plan somebody else had closed meanwhile may have changed a queue late. If a queue and its
 * holds no longer agree, people are told; what is right only they know.
 */
export async function sayMismatch(
  deps: Deps,
  plan: Plan,
  refs: readonly QueueRef[],
): Promise<void> {
  for (const ref of refs) await sayIfMismatched(deps, plan, ref)
}

async function sayIfMismatched(deps: Deps, plan: Plan, ref: QueueRef): Promise<void> {
  const { overview } = await deps.systems.get(ref.system).pauseState(ref.queue)
  const holds = await deps.store.now.holds.active(ref)
  if (overview.isPaused === holds.length > 0) return
  const name = `\`${queueKey(ref)}\``
  const words = overview.isPaused
    ? `${name} is paused though nobody's hold keeps it so: an attempt came late. Resume it if it should run.`
    : `${name} runs though a hold should keep it paused: an attempt came late. Pause it again if it should not run.`
  await sayOnce(deps, plan, `mismatch:${plan.id}:${queueKey(ref)}`, {
    icon: 'warning',
    words,
    mention: [plan.actor.userId],
  })
}
