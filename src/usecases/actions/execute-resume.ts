import type { Hold, Plan } from '../../domain/action.ts'
import { queueKey } from '../../domain/queue.ts'
import { clockTime } from '../../domain/time.ts'
import type { Deps } from '../deps.ts'
import { type Effect, type Execution, recordIntent, touchQueue, words } from './execution.ts'

/**
 * Runs the queue again if every hold on it is one that the plan ends. Holds end in the closing
 * transaction, after the flag is gone: a crash between leaves a hold to be ended, never a silent stop.
 * Throws `Frozen`, `LeaseLost`.
 */
export async function executeResume(deps: Deps, execution: Execution): Promise<Effect> {
  const { plan, wasTouched } = execution
  const holds = await deps.store.now.holds.active(plan.ref)
  // A person was faster: whatever pauses the queue now is not what this end was for.
  if (plan.endsHoldId !== null && !holds.some((hold) => hold.id === plan.endsHoldId))
    return { state: 'done', outcome: words('The hold was ended before.'), isQuiet: true }
  const others = holds.filter((hold) => !plan.before.holdIds.includes(hold.id))
  if (others.length > 0) return stillHeld(plan, others)
  const system = deps.systems.get(plan.ref.system)
  const found = await system.pauseState(plan.ref.queue)
  const isStopped = found.overview.isPaused || found.overview.stranded > 0
  if (!isStopped && !wasTouched) return wasResumed(deps, plan)
  await deps.store.transaction((store) => recordIntent(store, execution, deps.clock.now()))
  await touchQueue(deps, execution, () => system.resume(plan.ref.queue))
  const after = (await system.pauseState(plan.ref.queue)).overview
  if (after.isPaused)
    return {
      state: 'failed',
      outcome: {
        words: `\`${queueKey(plan.ref)}\` was resumed but is paused again: somebody or something else pauses it.`,
        proof: null,
        after,
      },
    }
  return { state: 'done', outcome: { words: resumedWords(plan), proof: null, after } }
}

/** A timed end gives way to other holds and ends only its own; a person is told to look again. */
function stillHeld(plan: Plan, others: readonly Hold[]): Effect {
  const owners = others.map((hold) => `<@${hold.owner.userId}>`).join(' and ')
  if (plan.endsHoldId !== null)
    return {
      state: 'done',
      outcome: words(
        `The pause by <@${plan.actor.userId}> ended; \`${queueKey(plan.ref)}\` stays paused by ${owners}.`,
      ),
    }
  return {
    state: 'refused',
    outcome: words(
      `${owners} paused \`${queueKey(plan.ref)}\` since your preview. It stays paused; look again and decide.`,
    ),
  }
}

/** Its holds end without an effect; who resumed it is said, if it was by Spillway. */
async function wasResumed(deps: Deps, plan: Plan): Promise<Effect> {
  const last = await deps.store.now.plans.lastDone(plan.ref, 'resume')
  const at = last?.finishedAt ?? null
  const isOurs = last !== null && at !== null && at > plan.createdAt
  const who = isOurs
    ? `<@${last.actor.userId}> resumed it at ${clockTime(at, deps.settings.timeZone, deps.clock.now())}`
    : 'somebody or something other than Spillway resumed it'
  return {
    state: 'done',
    outcome: words(`\`${queueKey(plan.ref)}\` was running already: ${who}.`),
  }
}

const resumedWords = (plan: Plan): string =>
  plan.endsHoldId === null
    ? `<@${plan.actor.userId}> resumed \`${queueKey(plan.ref)}\`.`
    : `The pause by <@${plan.actor.userId}> ended by itself: \`${queueKey(plan.ref)}\` runs again.`
