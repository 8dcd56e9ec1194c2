import { ACTION_WORDS } from '../../domain/action-words.ts'
import { accountsOf, type Plan } from '../../domain/action.ts'
import type { RoomLine } from '../../domain/message.ts'
import { endedWell, planWords, stateOf } from '../../domain/plan-outcome.ts'
import type { Lease } from '../../domain/ports/plan-store.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOfPlan } from '../audit/audit-of.ts'
import { requestAnchor } from '../audit/request-anchor.ts'
import type { Deps } from '../deps.ts'
import { noteInTimelines, placesOf, showCard, tellPlaces } from './card.ts'
import { ownHold } from './execution.ts'

/**
 * Closes a plan in one transaction: what was not begun goes back, its buttons are used up, people are told,
 * audit. `state` null: as its queues ended. `text` says why it ended early. False, and nothing of it happens,
 * if the fence is no longer ours.
 */
export async function finishPlan(
  deps: Deps,
  { plan: { id }, fence }: Lease,
  state: 'cancelled' | null,
  text: string | null = null,
): Promise<boolean> {
  const now = deps.clock.now()
  const closed = await deps.store.transaction(async (store) => {
    await giveBack(store, id, fence, text, now)
    const plan = await store.plans.byId(id)
    if (plan === null) return null
    const outcome = { words: planWords(plan, { state, text }) }
    const finished = await store.plans.finish(id, fence, stateOf(plan, state), outcome, now)
    if (finished === null) return null
    await spendCard(deps, store, finished, now)
    if (!isQuiet(finished)) await tell(store, finished, now)
    if (finished.tier === 'T3') await requestAnchor(store)
    await store.audit.append(
      auditOfPlan(now, 'outcome', finished, {
        state: finished.state,
        accounts: { ...accountsOf(finished) },
        words: outcome.words,
      }),
    )
    return finished
  })
  if (closed !== null)
    deps.log.info(
      {
        event: 'plan.finished',
        plan: id,
        number: closed.number,
        scope: closed.scope,
        state: closed.state,
        action: closed.action,
        incident: closed.incidentId,
      },
      'plan finished',
    )
  return closed !== null
}

/** Untouched queues are returned with their holds; one that was touched and has no end failed. */
async function giveBack(
  store: Repositories,
  id: string,
  fence: number,
  text: string | null,
  now: Date,
): Promise<void> {
  for (const ref of await store.plans.returnQueues(
    id,
    fence,
    text ?? 'It was not brought to its end.',
  )) {
    const hold = await ownHold(store, id, ref)
    if (hold !== undefined) await store.holds.end(hold.id, now, null)
  }
}

/** A timed end that found its hold ended already. */
const isQuiet = ({ endsHoldId, queues }: Plan): boolean =>
  endsHoldId !== null &&
  queues.every(({ outcome }) => outcome?.words === 'The hold was ended before.')

const ON_CARD = ['approve', 'reject', 'withdraw', 'stop'] as const

async function spendCard(
  deps: Pick<Deps, 'settings'>,
  store: Repositories,
  plan: Plan,
  now: Date,
): Promise<void> {
  const words = `it was over at ${clockTime(now, deps.settings.timeZone, now)}`
  await store.buttons.spendPlan(plan.id, ON_CARD, null, words, now)
}

/** The card is the outcome; where it stood before, the edit notifies nobody, so a line says it as well. */
async function tell(store: Repositories, plan: Plan, now: Date): Promise<void> {
  const words = plan.outcome?.words ?? ''
  const isGood = endedWell(plan)
  const line: RoomLine = {
    icon: isGood ? ACTION_WORDS[plan.action].icon : 'warning',
    words: plan.reason === null ? words : `${words} Reason: ${plan.reason}`,
    mention: isGood ? [] : [plan.actor.userId],
  }
  const by = plan.endsHoldId === null ? plan.actor.userId : null
  const places = await placesOf(store, plan)
  const isNew = await showCard(store, plan, places)
  const said = { key: 'outcome', line, at: now, by }
  if (isNew) await noteInTimelines(store, places.incidents, said)
  else await tellPlaces(store, plan, places, said)
  // Stopping a queue is announced where everybody looks, also when it has a room.
  const isInOps = places.targets.some(({ kind }) => kind === 'ops')
  if (!isInOps)
    await store.messages.put({
      key: `outcome:${plan.id}:ops`,
      target: { kind: 'ops' },
      content: { kind: 'line', line },
      priority: 1,
    })
}
