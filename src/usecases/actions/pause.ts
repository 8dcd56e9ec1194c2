import { countsAsPlanned } from '../../domain/accounting.ts'
import type { Hold, Plan } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { queueKey, type HoldProof } from '../../domain/queue.ts'
import { type Throttle, throttleWords } from '../../domain/throttle.ts'
import type { Deps } from '../deps.ts'
import {
  type ActionSpec,
  ownHold,
  type Part,
  type PartEnd,
  recordIntent,
  touchQueue,
  withCounts,
  words,
} from './execution.ts'
import { untilWords } from './hold-words.ts'
import { heldBy } from './refusals.ts'
import { applyThrottle, endOwnHolds, startThrottle } from './throttle-holds.ts'

/** How long a paused queue is watched before anybody says that it holds. */
const PROOF_MS = 2_500

/**
 * The hold is committed before the flag is set: whoever finds the flag after a crash finds its owner. Setting
 * it twice changes nothing, so a retry goes through the same steps.
 */
export const pauseAction: ActionSpec = {
  kind: 'pause',
  async carryOut(deps, part) {
    const { queue, wasTouched } = part
    const system = deps.systems.get(queue.ref.system)
    const found = await system.pauseState(queue.ref.queue)
    const isNew = found.overview.isPaused && !queue.before.isPaused
    if (isNew && !wasTouched) return pausedMeanwhile(deps, part)
    await startHolds(deps, part, found.overview.throttle)
    await touchQueue(deps, part, async () => {
      await system.pause(queue.ref.queue)
      // Set while nothing runs, so that the queue is slow from its first job on once it is resumed, whoever does it.
      if (part.plan.throttle !== null) await applyThrottle(deps, part)
    })
    return null
  },
  async verify(deps, part) {
    const { queue } = part
    const system = deps.systems.get(queue.ref.system)
    const proof = await system.proveHeld(queue.ref.queue, PROOF_MS)
    const after = (await system.pauseState(queue.ref.queue)).overview
    const holds = await deps.store.now.holds.active(queue.ref)
    const accounting = countsAsPlanned(queue.before, after)
    const text = pausedWords(deps, part, holds, proof)
    return {
      state: 'done',
      outcome: { words: withCounts(text, accounting), proof, after, accounting },
    }
  },
  /**
   * A pause that failed after it touched its queue keeps its hold, not yet proven: the flag may be set, and
   * then only the hold's end, or a person, takes it away again.
   */
  async settle(store, { plan, queue, wasTouched }, end, at) {
    const own = await ownHold(store, plan.id, queue.ref)
    if (own === undefined) return
    const { proof } = end.outcome
    if (end.state === 'done' && isHoldProof(proof)) await store.holds.setProof(own.id, proof)
    else if (end.state !== 'done' && !wasTouched) await endOwnHolds(store, plan, queue.ref, at)
  },
}

const isHoldProof = (proof: PartEnd['outcome']['proof']): proof is HoldProof =>
  proof === 'held' || proof === 'set_not_proven' || proof === 'not_held'

/** Two people confirmed a pause of the same queue: the second one is told who was first, and when. */
async function pausedMeanwhile(deps: Deps, { plan, queue }: Part): Promise<PartEnd> {
  const holds = await deps.store.now.holds.active(queue.ref)
  const hold = holds.find(({ planId }) => planId !== plan.id)
  const who =
    hold === undefined
      ? 'somebody or something other than Spillway since your preview'
      : heldBy(deps, hold)
  return {
    state: 'skipped',
    outcome: words(
      `\`${queueKey(queue.ref)}\` was paused by ${who}. Nothing was changed by yours.`,
    ),
  }
}

async function startHolds(deps: Deps, part: Part, found: Throttle): Promise<void> {
  const at = deps.clock.now()
  await deps.store.transaction(async (store) => {
    if (part.plan.throttle !== null)
      await startThrottle(deps, store, part, { found, at, endsAt: slowUntil(part.plan, at) })
    const hold = await store.holds.start(holdOf(deps, part, at))
    if (hold.endsAt !== null)
      await store.work.enqueue(
        'end_hold',
        { holdId: hold.id },
        { key: hold.id, afterMs: hold.endsAt.getTime() - at.getTime() },
      )
    await recordIntent(store, part, at)
  })
}

/** What follows a pause without an end is prolonged when that has ended. */
const slowUntil = ({ throttle, holdMs }: Plan, at: Date): Date | null =>
  throttle === null || throttle.thenMs === null
    ? null
    : new Date(at.getTime() + (holdMs ?? 0) + throttle.thenMs)

const holdOf = (deps: Deps, { plan, queue }: Part, at: Date): Hold => ({
  id: deps.ids.uuid(),
  ref: queue.ref,
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

function pausedWords(
  deps: Deps,
  { plan, queue }: Part,
  holds: readonly Hold[],
  proof: HoldProof,
): string {
  const own = holds.find(({ planId }) => planId === plan.id)
  const longest = holds.toSorted(byEnd).at(-1)
  const isLonger = longest !== undefined && own !== undefined && byEnd(own, longest) < 0
  const also = isLonger
    ? ` It stays paused ${untilText(deps, longest)} by <@${longest.owner.userId}>.`
    : ''
  return `<@${plan.actor.userId}> paused \`${queueKey(queue.ref)}\` ${untilText(deps, own)}${thenWords(plan)}.${also} ${PROOF_WORDS[proof]}`
}

function thenWords({ throttle }: Plan): string {
  if (throttle === null) return ''
  const { to, thenMs } = throttle
  const length = thenMs === null ? 'until somebody ends that' : `for ${formatDuration(thenMs)}`
  return `, then slow it to ${throttleWords(to)} ${length}`
}

/** One without an end is the last. */
const byEnd = (a: Hold, b: Hold): number => (endOf(a) < endOf(b) ? -1 : 1)

const endOf = ({ endsAt }: Hold): number => endsAt?.getTime() ?? Infinity

const untilText = (deps: Pick<Deps, 'settings' | 'clock'>, hold: Hold | undefined): string =>
  untilWords(deps, hold, 'until somebody resumes it')
