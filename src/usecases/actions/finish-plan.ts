import { accountsOf } from '../../domain/accounts.ts'
import { ACTION_WORDS, subjectOf } from '../../domain/action-words.ts'
import type { Plan } from '../../domain/action.ts'
import type { RoomLine } from '../../domain/message.ts'
import { endedWell, planWords, stateOf } from '../../domain/plan-outcome.ts'
import type { Lease } from '../../domain/ports/plan-store.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { quote } from '../../domain/quote.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOfPlan } from '../audit/audit-of.ts'
import { requestAnchor } from '../audit/request-anchor.ts'
import type { Deps } from '../deps.ts'
import { noteInTimelines, placesOf, putLines, showCard, tellPlaces, tellRequester } from './card.ts'
import { stepEntry } from './end-part.ts'
import { LeaseLost, words as onlyWords } from './execution.ts'
import { unfinishedWords } from './jobs/outcome-words.ts'
import { briefWords } from './replay/brief-words.ts'
import { closeReplay } from './replay/close.ts'
import { noteReturned } from './replay/note-returned.ts'
import { tellReturn } from './replay/tell-return.ts'
import { ENDED_BEFORE } from './resume.ts'
import { endOwnHolds } from './throttle-holds.ts'

/**
 * Closes a plan in one transaction: what was not begun goes back, its buttons are used up, people are told,
 * audit. `state` null: as its queues ended. `text` says why it ended early. False, and nothing of it happens,
 * if the fence is no longer ours.
 */
export async function finishPlan(
  deps: Deps,
  lease: Lease,
  state: 'cancelled' | null,
  text: string | null,
): Promise<boolean> {
  const now = deps.clock.now()
  try {
    const finished = await deps.store.transaction((store) =>
      finish(deps, store, lease, { state, text, now }),
    )
    logFinished(deps, finished)
    return true
  } catch (error) {
    if (error instanceof LeaseLost) return false
    throw error
  }
}

interface Ending {
  readonly state: 'cancelled' | null
  readonly text: string | null
  readonly now: Date
}

async function finish(
  deps: Deps,
  store: Repositories,
  { plan: { id }, fence }: Lease,
  { state, text, now }: Ending,
): Promise<Plan> {
  const failed = [
    ...(await failJobs(store, { id, fence }, text, now)),
    ...(await giveBack(store, { id, fence }, text, now)),
  ]
  const plan = await store.plans.byId(id)
  if (plan === null) throw new LeaseLost()
  const outcome = { words: planWords(plan, { state, text }) }
  const finished = await store.plans.finish(id, fence, stateOf(plan, state), outcome, now)
  if (finished === null) throw new LeaseLost()
  if (finished.action === 'replay') await closeReplay(deps, store, finished, now)
  await noteReturned(store, finished, now)
  await spendCard(deps, store, finished, now)
  await (plan.endsHoldId === null ? tell(store, finished, now) : tellEnd(store, finished, now))
  if (finished.tier === 'T3') await requestAnchor(store)
  for (const ref of failed) await store.audit.append(stepEntry(finished, ref, now))
  await store.audit.append(
    auditOfPlan(now, 'outcome', finished, {
      state: finished.state,
      accounts: { ...accountsOf(finished) },
      words: outcome.words,
    }),
  )
  return finished
}

/** One that was let go in between, or put off, is pending again. */
const UNDER_WAY: ReadonlySet<string> = new Set(['executing', 'pending'])

/**
 * A queue whose jobs were begun and cannot be brought to their end fails with the account of them: what is in
 * doubt stays open, and is settled as soon as its system tells. Gives the failed ones.
 */
async function failJobs(
  store: Repositories,
  { id, fence }: { readonly id: string; readonly fence: number },
  text: string | null,
  now: Date,
): Promise<readonly QueueRef[]> {
  const plan = await store.plans.byId(id)
  const begun = plan?.queues.filter(({ state, isTouched }) => UNDER_WAY.has(state) && isTouched)
  if (plan === null || plan.jobs === null || begun === undefined) return []
  for (const { ref } of begun) {
    await store.slices.returnAll(id, fence, ref, now)
    const jobs = await store.slices.accounts(id, ref)
    const outcome = { ...onlyWords(`${text ?? ''} ${unfinishedWords(jobs)}`.trim()), jobs }
    await store.plans.endQueue(id, fence, ref, 'failed', outcome)
  }
  return begun.map(({ ref }) => ref)
}

/**
 * Untouched queues are returned with their holds. One that was touched and could not be brought to its end
 * failed; its hold stays, for the flag may be set. Gives the failed ones.
 */
async function giveBack(
  store: Repositories,
  { id, fence }: { readonly id: string; readonly fence: number },
  text: string | null,
  now: Date,
): Promise<readonly QueueRef[]> {
  const ended = await store.plans.returnQueues(id, fence, text ?? 'It was not brought to its end.')
  for (const { ref, state } of ended) {
    await store.slices.returnAll(id, fence, ref, now)
    if (state === 'returned') await endOwnHolds(store, { id }, ref, now)
  }
  return ended.flatMap(({ ref, state }) => (state === 'failed' ? [ref] : []))
}

function logFinished(deps: Pick<Deps, 'log'>, plan: Plan): void {
  deps.log.info(
    {
      event: 'plan.finished',
      plan: plan.id,
      number: plan.number,
      scope: plan.scope,
      state: plan.state,
      action: plan.action,
      incident: plan.incidentId,
    },
    'plan finished',
  )
}

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

/** The reason that a person gave; a timed end has none of its own. */
const because = ({ reason, endsHoldId }: Plan): string =>
  reason === null || endsHoldId !== null ? '' : ` Reason: ${quote(reason)}`

/** The card is the outcome; where it stood before, the edit notifies nobody, so a line says it as well. */
async function tell(store: Repositories, plan: Plan, now: Date): Promise<void> {
  if (plan.replay !== undefined) return tellReturn(store, plan, plan.replay, now)
  const words = plan.outcome?.words ?? ''
  const isGood = endedWell(plan)
  const line: RoomLine = {
    icon: isGood ? ACTION_WORDS[plan.action].icon : 'warning',
    words: `${words}${because(plan)}`,
    mention: isGood ? [] : [plan.actor.userId],
  }
  const by = plan.endsHoldId === null ? plan.actor.userId : null
  const places = await placesOf(store, plan)
  const isNew = await showCard(store, plan, places)
  const said = { key: 'outcome', line, at: now, by }
  // The card above says how: what went well need not be read twice.
  const brief = { ...line, words: await briefWords(store, plan) }
  if (!isNew) await putLines(store, plan, places.targets, isGood ? { ...said, line: brief } : said)
  await noteInTimelines(store, places.incidents, said)
  await tellRequester(store, plan, said)
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

/**
 * A hold that ended by itself. One of many queues that were held together is said with the last of them,
 * unless something is wrong with it.
 */
async function tellEnd(store: Repositories, plan: Plan, now: Date): Promise<void> {
  if (plan.queues.every(({ outcome }) => outcome?.words === ENDED_BEFORE)) return
  const holds = plan.action === 'unthrottle' ? store.throttles : store.holds
  const hold = plan.endsHoldId === null ? null : await holds.byId(plan.endsHoldId)
  const set = hold === null ? null : await store.plans.byId(hold.planId)
  if (set === null || set.queues.length === 1 || !endedWell(plan)) return tell(store, plan, now)
  const left = (await holds.ofPlans([set.id])).filter(({ endedAt }) => endedAt === null)
  if (left.length > 0) return
  const what = plan.action === 'unthrottle' ? 'throttle' : 'pause'
  const words = `The ${what} of ${subjectOf(set)} by <@${set.actor.userId}> ended by itself.`
  const line = { icon: 'go' as const, words, mention: [] }
  const said = { key: 'ended', line, at: now, by: null }
  await tellPlaces(store, set, await placesOf(store, set), said)
}
