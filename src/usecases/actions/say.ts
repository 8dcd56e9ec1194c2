import type { Plan } from '../../domain/action.ts'
import type { MessageTarget, RoomLine } from '../../domain/message.ts'
import { EXECUTION_PATIENCE_MS } from '../../domain/plan.ts'
import { queueKey } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'
import { shownBy } from '../incidents/touch.ts'

/** The room that shows a plan's incident, else the ops channel. */
async function whereOf(deps: Deps, plan: Plan): Promise<MessageTarget> {
  const incident =
    plan.incidentId === null ? null : await deps.store.now.incidents.byId(plan.incidentId)
  return incident === null ? { kind: 'ops' } : { kind: 'room', incidentId: shownBy(incident) }
}

/** Once per plan: it waits, and why. */
export async function sayWaiting(deps: Deps, plan: Plan, happened: string): Promise<void> {
  const key = `waiting:${plan.id}`
  if ((await deps.store.now.messages.byKey(key)) !== null) return
  const name = `\`${queueKey(plan.ref)}\``
  const words =
    plan.endsHoldId === null
      ? `The ${plan.action} of ${name} by <@${plan.actor.userId}> is tried again, for up to ${EXECUTION_PATIENCE_MS / 60_000} minutes. Whether the queue was touched is not known until then.`
      : `The pause of ${name} by <@${plan.actor.userId}> should have ended; it ends as soon as that is possible.`
  const line: RoomLine = { icon: 'warning', words: `${happened} ${words}`, mention: [] }
  await deps.store.now.messages.put({
    key,
    target: await whereOf(deps, plan),
    content: { kind: 'line', line },
    priority: 1,
  })
}

/**
 * An attempt whose plan somebody else had closed meanwhile may have changed the queue late. If the queue
 * and its holds no longer agree, people are told; what is right only they know.
 */
export async function sayMismatch(deps: Deps, plan: Plan): Promise<void> {
  const { ref } = plan
  const { overview } = await deps.systems.get(ref.system).pauseState(ref.queue)
  const holds = await deps.store.now.holds.active(ref)
  if (overview.isPaused === holds.length > 0) return
  const name = `\`${queueKey(ref)}\``
  const words = overview.isPaused
    ? `${name} is paused though nobody's hold keeps it so: an attempt came late. Resume it if it should run.`
    : `${name} runs though a hold should keep it paused: an attempt came late. Pause it again if it should not run.`
  await deps.store.now.messages.put({
    key: `mismatch:${plan.id}`,
    target: await whereOf(deps, plan),
    content: { kind: 'line', line: { icon: 'warning', words, mention: [plan.actor.userId] } },
    priority: 1,
  })
}
