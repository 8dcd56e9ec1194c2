import type { Hold, Plan } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { queueKey, type HoldProof } from '../../domain/queue.ts'
import { clockTime } from '../../domain/time.ts'
import type { Deps } from '../deps.ts'
import { type Effect, type Execution, recordIntent, touchQueue, words } from './execution.ts'

/** How long a paused queue is watched before anybody says that it holds. */
const PROOF_MS = 2_500

/**
 * The hold is committed before the flag is set: whoever finds the flag after a crash finds its owner.
 * Setting it twice changes nothing, so a retry goes through the same steps. Throws `Frozen`, `LeaseLost`.
 */
export async function executePause(deps: Deps, execution: Execution): Promise<Effect> {
  const { plan, wasTouched } = execution
  const system = deps.systems.get(plan.ref.system)
  const found = await system.pauseState(plan.ref.queue)
  if (found.overview.isPaused && !wasTouched) return pausedMeanwhile(deps, plan)
  const hold = await startHold(deps, execution)
  await touchQueue(deps, execution, () => system.pause(plan.ref.queue))
  const proof = await system.proveHeld(plan.ref.queue, PROOF_MS)
  const after = (await system.pauseState(plan.ref.queue)).overview
  return { state: 'done', outcome: { words: pausedWords(deps, hold, proof), proof, after } }
}

/** Two people confirmed a pause of the same queue: the second one is told who was first, and when. */
async function pausedMeanwhile(deps: Deps, plan: Plan): Promise<Effect> {
  const [hold] = await deps.store.now.holds.active(plan.ref)
  const who =
    hold === undefined
      ? 'somebody or something other than Spillway since your preview'
      : `<@${hold.owner.userId}> at ${clockTime(hold.startedAt, deps.settings.timeZone, deps.clock.now())}`
  return {
    state: 'refused',
    outcome: words(`\`${queueKey(plan.ref)}\` was paused by ${who}. Nothing was changed by yours.`),
  }
}

async function startHold(deps: Deps, execution: Execution): Promise<Hold> {
  const { plan } = execution
  const at = deps.clock.now()
  return deps.store.transaction(async (store) => {
    const hold = await store.holds.start(holdOf(deps, plan, at))
    if (hold.endsAt !== null)
      await store.work.enqueue(
        'end_hold',
        { holdId: hold.id },
        { key: hold.id, afterMs: hold.endsAt.getTime() - at.getTime() },
      )
    await recordIntent(store, execution, at)
    return hold
  })
}

const holdOf = (deps: Deps, plan: Plan, at: Date): Hold => ({
  id: deps.ids.uuid(),
  ref: plan.ref,
  planId: plan.id,
  incidentId: plan.incidentId,
  owner: plan.actor,
  reason: plan.reason,
  startedAt: at,
  endsAt: plan.holdMs === null ? null : new Date(at.getTime() + plan.holdMs),
  endedAt: null,
  endedBy: null,
  proof: 'set_not_proven',
})

const PROOF_WORDS: Readonly<Record<HoldProof, string>> = {
  held: 'It holds: waiting jobs were seen not to move.',
  set_not_proven: 'The pause is set, not yet proven: nothing was there to be seen not moving.',
  not_held:
    'The pause is set but does NOT hold: jobs still became active. Workers of an old BullMQ may ignore it.',
}

function pausedWords(deps: Deps, hold: Hold, proof: HoldProof): string {
  const until =
    hold.endsAt === null
      ? 'until somebody resumes it'
      : `until ${clockTime(hold.endsAt, deps.settings.timeZone, deps.clock.now())} (${formatDuration(hold.endsAt.getTime() - hold.startedAt.getTime())})`
  return `<@${hold.owner.userId}> paused \`${queueKey(hold.ref)}\` ${until}. ${PROOF_WORDS[proof]}`
}
