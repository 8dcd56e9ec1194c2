import type { Plan } from '../../domain/action.ts'
import type { RoomLine } from '../../domain/message.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { isSameQueue, queueKey } from '../../domain/queue.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOfPlan, overviewFacts } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { headlineKey, shownBy } from '../incidents/touch.ts'
import type { Effect, Execution } from './execution.ts'

/**
 * Closes a plan in one transaction: holds, buttons, words in the room, audit. False, and nothing of it
 * happens, if the fence is no longer ours.
 */
export async function finishPlan(
  deps: Deps,
  execution: Execution,
  effect: Effect,
): Promise<boolean> {
  const { plan, fence } = execution
  const now = deps.clock.now()
  const isClosed = await deps.store.transaction(async (store) => {
    const closed = await store.plans.finish(plan.id, fence, effect.state, effect.outcome, now)
    if (closed === null) return false
    await settleHolds(store, plan, effect, { now, wasTouched: closed.wasTouched })
    // Without an effect of this plan its buttons may still be needed.
    if (effect.state === 'done' && effect.outcome.after !== null)
      await spendButtons(deps, store, plan, now)
    if (effect.isQuiet !== true) await tell(store, plan, effect, now)
    await store.audit.append(
      auditOfPlan(now, 'outcome', plan, {
        state: effect.state,
        proof: effect.outcome.proof,
        before: overviewFacts(plan.before.overview),
        after: overviewFacts(effect.outcome.after),
      }),
    )
    return true
  })
  if (isClosed) {
    const facts = { event: 'plan.finished', plan: plan.id, queue: queueKey(plan.ref) }
    deps.log.info(
      { ...facts, state: effect.state, action: plan.action, incident: plan.incidentId },
      'plan finished',
    )
  }
  return isClosed
}

/**
 * A pause that failed after it touched its queue keeps its hold, not yet proven: the flag may be set, and
 * then only the hold's end, or a person, takes it away again. A timed end ends its hold however it went.
 */
async function settleHolds(
  store: Repositories,
  plan: Plan,
  effect: Effect,
  { now, wasTouched }: { readonly now: Date; readonly wasTouched: boolean },
): Promise<void> {
  const holds = await store.holds.active(plan.ref)
  const own = holds.find((hold) => hold.planId === plan.id)
  if (own !== undefined) {
    if (effect.state === 'done')
      await store.holds.setProof(own.id, effect.outcome.proof ?? own.proof)
    else if (!wasTouched) await store.holds.end(own.id, now, null)
  }
  if (plan.endsHoldId !== null) await store.holds.end(plan.endsHoldId, now, null)
  if (plan.action !== 'resume' || effect.state !== 'done') return
  for (const id of plan.before.holdIds) await store.holds.end(id, now, plan.actor.userId)
}

async function spendButtons(deps: Deps, store: Repositories, plan: Plan, now: Date): Promise<void> {
  const verb = plan.action === 'pause' ? 'paused' : 'resumed'
  const who = plan.endsHoldId === null ? `by <@${plan.actor.userId}>` : 'by itself'
  const when = clockTime(now, deps.settings.timeZone, now)
  await store.buttons.spendPlans(
    plan.ref,
    plan.action,
    plan.actor.userId,
    `already ${verb} ${who} at ${when}`,
    now,
  )
}

const ICONS = { pause: 'stop', resume: 'go' } as const

async function tell(store: Repositories, plan: Plan, effect: Effect, now: Date): Promise<void> {
  const line: RoomLine = {
    icon:
      effect.state === 'done' && effect.outcome.proof !== 'not_held'
        ? ICONS[plan.action]
        : 'warning',
    words:
      plan.reason === null
        ? effect.outcome.words
        : `${effect.outcome.words} Reason: ${plan.reason}`,
    mention: effect.state === 'done' ? [] : [plan.actor.userId],
  }
  const touched = (await store.incidents.unresolved()).filter(
    (incident) =>
      incident.id === plan.incidentId ||
      (incident.ref !== null && isSameQueue(incident.ref, plan.ref)),
  )
  for (const incident of touched) {
    await store.timeline.add({
      incidentId: incident.id,
      at: now,
      kind: 'action',
      actor: plan.endsHoldId === null ? plan.actor.userId : null,
      words: line.words,
    })
    await store.messages.put({
      key: `outcome:${plan.id}:${incident.id}`,
      target: { kind: 'room', incidentId: shownBy(incident) },
      content: { kind: 'line', line },
      priority: 1,
    })
    await store.messages.touch(headlineKey(shownBy(incident)))
  }
  // Stopping a queue is announced where everybody looks, also when no incident is open for it.
  await store.messages.put({
    key: `outcome:${plan.id}:ops`,
    target: { kind: 'ops' },
    content: { kind: 'line', line },
    priority: 1,
  })
}
