import { type Accounting, countsAsPlanned } from '../../domain/accounting.ts'
import type { Hold, Plan } from '../../domain/action.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { queueKey, type QueueOverview, type QueueRef, type RunProof } from '../../domain/queue.ts'
import { clockTime } from '../../domain/time.ts'
import type { Deps } from '../deps.ts'
import {
  type ActionSpec,
  type Part,
  type PartEnd,
  recordIntent,
  touchQueue,
  withCounts,
  words,
} from './execution.ts'

/** How long a resumed queue is watched; a job that is taken ends it at once. */
const PROOF_MS = 2_500

/** What a timed end says that came too late, and that nobody needs to read. */
export const ENDED_BEFORE = 'The hold was ended before.'

/**
 * Runs a queue again if every hold on it is one that the plan ends. Holds end with the queue's part, after the
 * flag is gone: a crash between leaves a hold to be ended, never a silent stop.
 */
export const resumeAction: ActionSpec = {
  kind: 'resume',
  async carryOut(deps, part) {
    const { plan, queue, wasTouched } = part
    const holds = await deps.store.now.holds.active(queue.ref)
    // A person was faster: whatever pauses the queue now is not what this end was for.
    if (plan.endsHoldId !== null && !holds.some((hold) => hold.id === plan.endsHoldId))
      return { state: 'done', outcome: words(ENDED_BEFORE) }
    if (plan.undoesPlanId !== null && !holds.some((hold) => hold.planId === plan.undoesPlanId))
      return nothingLeft(part)
    const others = holds.filter((hold) => !queue.holdIds.includes(hold.id))
    if (others.length > 0) return stillHeld(part, others)
    const system = deps.systems.get(queue.ref.system)
    const found = await system.pauseState(queue.ref.queue)
    const isStopped = found.overview.isPaused || found.overview.stranded > 0
    if (!isStopped && !wasTouched) return wasResumed(deps, part)
    await deps.store.transaction((store) => recordIntent(store, part, deps.clock.now()))
    await touchQueue(deps, part, () => system.resume(queue.ref.queue))
    return null
  },
  async verify(deps, { plan, queue }) {
    const system = deps.systems.get(queue.ref.system)
    const proof = await system.proveRuns(queue.ref.queue, PROOF_MS)
    const { overview: after } = await system.pauseState(queue.ref.queue)
    const accounting = countsAsPlanned(queue.before, after)
    if (proof === 'paused_again' || after.isPaused) return pausedAgain(queue.ref, after, accounting)
    const text = withCounts(resumedWords(plan, queue.ref, proof), accounting)
    return { state: 'done', outcome: { words: text, proof, after, accounting } }
  },
  async settle(store, { plan, queue }, end, at) {
    if (plan.endsHoldId !== null) await endHold(store, plan.endsHoldId, at, null)
    if (end.state !== 'done' || plan.endsHoldId !== null) return
    for (const id of queue.holdIds) await endHold(store, id, at, plan.actor.userId)
  },
}

/** The card of the pause that set it offers no way back any more. */
async function endHold(
  store: Repositories,
  id: string,
  at: Date,
  by: string | null,
): Promise<void> {
  if (!(await store.holds.end(id, at, by))) return
  const hold = await store.holds.byId(id)
  if (hold !== null) await store.messages.touchPlan(hold.planId)
}

/** The pause that is taken back is over; what stops the queue now is somebody else's. */
const nothingLeft = ({ queue }: Part): PartEnd => ({
  state: 'skipped',
  outcome: words(`That pause of \`${queueKey(queue.ref)}\` was over already. Nothing was changed.`),
})

/** A timed end, or a pause taken back, ends only its own hold; a person who would start the queue looks again. */
function stillHeld({ plan, queue }: Part, others: readonly Hold[]): PartEnd {
  const owners = [...new Set(others.map((hold) => `<@${hold.owner.userId}>`))].join(' and ')
  const name = `\`${queueKey(queue.ref)}\``
  if (plan.endsHoldId !== null)
    return {
      state: 'done',
      outcome: words(
        `The pause by <@${plan.actor.userId}> ended; ${name} stays paused by ${owners}.`,
      ),
    }
  if (plan.undoesPlanId !== null)
    return {
      state: 'done',
      outcome: words(
        `<@${plan.actor.userId}> took the pause back; ${name} stays paused by ${owners}.`,
      ),
    }
  return {
    state: 'skipped',
    outcome: words(
      `${owners} paused ${name} since your preview. It stays paused; look again and decide.`,
    ),
  }
}

/** Its holds end without an effect; who resumed it is said, if it was by Spillway. */
async function wasResumed(deps: Deps, { plan, queue }: Part): Promise<PartEnd> {
  const last = await deps.store.now.plans.lastDone(queue.ref, 'resume')
  const at = last?.finishedAt ?? null
  const isOurs = last !== null && at !== null && at > plan.createdAt
  const who = isOurs
    ? `<@${last.actor.userId}> resumed it at ${clockTime(at, deps.settings.timeZone, deps.clock.now())}`
    : 'somebody or something other than Spillway resumed it'
  return {
    state: 'done',
    outcome: words(`\`${queueKey(queue.ref)}\` was running already: ${who}.`),
  }
}

const pausedAgain = (ref: QueueRef, after: QueueOverview, accounting: Accounting): PartEnd => ({
  state: 'failed',
  outcome: {
    words: `\`${queueKey(ref)}\` was resumed but is paused again: somebody or something else pauses it.`,
    proof: 'paused_again',
    after,
    accounting,
  },
})

const RUNS: Readonly<Record<Exclude<RunProof, 'paused_again'>, string>> = {
  running: 'It runs: jobs were seen to be taken.',
  set_not_proven: 'Its pause is gone; no job was seen to be taken yet.',
}

function resumedWords(plan: Plan, ref: QueueRef, proof: Exclude<RunProof, 'paused_again'>): string {
  const name = `\`${queueKey(ref)}\``
  const happened =
    plan.endsHoldId === null
      ? `<@${plan.actor.userId}> resumed ${name}.`
      : `The pause by <@${plan.actor.userId}> ended by itself: ${name} runs again.`
  return `${happened} ${RUNS[proof]}`
}
