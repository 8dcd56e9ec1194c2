import type { Plan, ThrottleHold } from '../../domain/action.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { queueKey, type QueueOverview, type QueueRef } from '../../domain/queue.ts'
import {
  endOf,
  isMade,
  isThrottled,
  type ThrottleChange,
  throttleWords,
} from '../../domain/throttle.ts'
import type { Deps } from '../deps.ts'
import {
  type ActionSpec,
  type Part,
  type PartEnd,
  recordIntent,
  touchQueue,
  words,
} from './execution.ts'
import { ENDED_BEFORE } from './resume.ts'

/**
 * Ends throttles, those that were shown and no other: what still lasts goes on to count, and with the last one
 * the limits of before come back, unless others have changed them. Holds end with the queue's part, after the
 * limits have moved: a crash between leaves a hold to be ended, never a limit that nobody answers for.
 */
export const unthrottleAction: ActionSpec = {
  kind: 'unthrottle',
  async carryOut(deps, part) {
    const { ending, change } = await endingOf(deps, part)
    if (ending.length === 0) return nothingLeft(part)
    const { ref } = part.queue
    await deps.store.transaction((store) => recordIntent(store, part, deps.clock.now()))
    await touchQueue(deps, part, () => deps.systems.get(ref.system).setThrottle(ref.queue, change))
    return null
  },
  async verify(deps, part) {
    const { ref } = part.queue
    const { ending, rest, change } = await endingOf(deps, part)
    const after = (await deps.systems.get(ref.system).pauseState(ref.queue)).overview
    const text = [
      endedWords(part.plan, ref, ending),
      leftWords(change, after),
      nowWords(ref, rest, after),
    ]
    return {
      state: 'done',
      outcome: { words: text.filter(Boolean).join(' '), proof: null, after, accounting: null },
    }
  },
  async settle(store, { plan, queue }, end, at) {
    if (end.state !== 'done') return
    const by = plan.endsHoldId === null ? plan.actor.userId : null
    for (const id of queue.holdIds) await endThrottle(store, id, at, by)
  },
}

/** The card of the plan that set it offers no way back any more. */
async function endThrottle(
  store: Repositories,
  id: string,
  at: Date,
  by: string | null,
): Promise<void> {
  if (!(await store.throttles.end(id, at, by))) return
  const hold = await store.throttles.byId(id)
  if (hold !== null) await store.messages.touchPlan(hold.planId)
}

interface Ending {
  readonly ending: readonly ThrottleHold[]
  readonly rest: readonly ThrottleHold[]
  readonly change: ThrottleChange
}

async function endingOf({ store }: Pick<Deps, 'store'>, { queue }: Part): Promise<Ending> {
  const active = await store.now.throttles.active(queue.ref)
  const ending = active.filter(({ id }) => queue.holdIds.includes(id))
  const rest = active.filter(({ id }) => !queue.holdIds.includes(id))
  const change = endOf(
    ending.map(({ throttle }) => throttle),
    rest.map(({ throttle }) => throttle),
  )
  return { ending, rest, change }
}

const nothingLeft = ({ plan, queue }: Part): PartEnd =>
  plan.endsHoldId === null
    ? {
        state: 'skipped',
        outcome: words(
          `That throttle of \`${queueKey(queue.ref)}\` was over already. Nothing was changed.`,
        ),
      }
    : { state: 'done', outcome: words(ENDED_BEFORE) }

function endedWords(plan: Plan, ref: QueueRef, ending: readonly ThrottleHold[]): string {
  const limits = ending.map(({ throttle }) => throttleWords(throttle.wanted)).join(' and to ')
  const what = `of \`${queueKey(ref)}\` to ${limits}`
  return plan.endsHoldId === null
    ? `<@${plan.actor.userId}> ended the throttle ${what}.`
    : `The throttle ${what} by <@${plan.actor.userId}> ended by itself.`
}

const leftWords = (change: ThrottleChange, { throttle }: QueueOverview): string =>
  isMade(change, throttle)
    ? ''
    : 'Somebody or something else has changed its limits meanwhile; those stay as they are.'

function nowWords(ref: QueueRef, rest: readonly ThrottleHold[], after: QueueOverview): string {
  const limits = isThrottled(after.throttle)
    ? `It is limited to ${throttleWords(after.throttle)} now`
    : 'It has no limit now'
  const owners = [...new Set(rest.map(({ owner }) => `<@${owner.userId}>`))].join(' and ')
  const why = owners === '' ? '' : `, by ${owners}`
  return after.isPaused
    ? `${limits}${why}, and \`${queueKey(ref)}\` is paused.`
    : `${limits}${why}.`
}
