import { countsAsPlanned } from '../../domain/accounting.ts'
import type { ThrottleHold } from '../../domain/action.ts'
import { queueKey, type HoldProof } from '../../domain/queue.ts'
import { heldAt, isMade, isSameThrottle, throttleWords } from '../../domain/throttle.ts'
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
import { untilWords } from './hold-words.ts'
import {
  applyThrottle,
  changeFor,
  type QueueThrottles,
  startThrottle,
  throttlesOf,
} from './throttle-holds.ts'

/** How long a throttled queue is watched before anybody says that its workers keep to it. */
const PROOF_MS = 3_000

/**
 * The hold, with what comes back at its end, is committed before the limits are set. Limits move only from what
 * was found, so that a retry sets them once and a change of others in between is not undone.
 */
export const throttleAction: ActionSpec = {
  kind: 'throttle',
  async carryOut(deps, part) {
    const { plan, queue, wasTouched } = part
    const { own } = await throttlesOf(deps.store.now, plan, queue.ref)
    const system = deps.systems.get(queue.ref.system)
    const { throttle: found } = await system.readThrottle(queue.ref.queue)
    const isNew = own === undefined && !isSameThrottle(found, queue.before.throttle)
    if (isNew && !wasTouched) return changedMeanwhile(part, throttleWords(found))
    const at = deps.clock.now()
    const endsAt = plan.holdMs === null ? null : new Date(at.getTime() + plan.holdMs)
    await deps.store.transaction(async (store) => {
      await startThrottle(deps, store, part, { found, at, endsAt })
      await recordIntent(store, part, at)
    })
    await touchQueue(deps, part, () => applyThrottle(deps, part))
    return null
  },
  async verify(deps, part) {
    const { plan, queue } = part
    const system = deps.systems.get(queue.ref.system)
    const found = await throttlesOf(deps.store.now, plan, queue.ref)
    const proof = await system.proveThrottle(queue.ref.queue, limitsOf(found), PROOF_MS)
    const after = (await system.pauseState(queue.ref.queue)).overview
    const accounting = countsAsPlanned(queue.before, after)
    if (!isMade(changeFor(found), after.throttle))
      return {
        state: 'failed',
        outcome: {
          words: `\`${queueKey(queue.ref)}\` was throttled, but somebody or something else has changed its limits since: ${throttleWords(after.throttle)}.`,
          proof: 'not_held',
          after,
          accounting,
        },
      }
    const text = withCounts(throttledWords(deps, part, found, proof), accounting)
    return { state: 'done', outcome: { words: text, proof, after, accounting } }
  },
  /** One that failed after it touched its queue keeps its hold: its limits may be set, and then its end takes them away. */
  async settle(store, { plan, queue, wasTouched }, end, at) {
    const { own } = await throttlesOf(store, plan, queue.ref)
    if (own === undefined) return
    const { proof } = end.outcome
    if (end.state === 'done' && isHoldProof(proof)) await store.throttles.setProof(own.id, proof)
    else if (end.state !== 'done' && !wasTouched) await store.throttles.end(own.id, at, null)
  },
}

const isHoldProof = (proof: PartEnd['outcome']['proof']): proof is HoldProof =>
  proof === 'held' || proof === 'set_not_proven' || proof === 'not_held'

const changedMeanwhile = ({ queue }: Part, limits: string): PartEnd => ({
  state: 'skipped',
  outcome: words(
    `The limits of \`${queueKey(queue.ref)}\` were changed since your preview: ${limits}. Nothing was changed by yours.`,
  ),
})

/** What counts now: of all that lasts the strictest. */
function limitsOf({ own, others }: QueueThrottles) {
  const all = [...others, ...(own === undefined ? [] : [own])]
  const [first] = all
  if (first === undefined) throw new Error('a throttle is watched without its hold')
  return heldAt(
    first.throttle.former,
    all.map(({ throttle }) => throttle),
  )
}

const PROOF_WORDS: Readonly<Record<HoldProof, string>> = {
  held: 'It holds: workers were seen to wait for it.',
  set_not_proven: 'The limit is set, not yet proven: no job was seen to wait for it.',
  not_held:
    'The limit is set but does NOT hold: workers take more jobs than that. Those of an old BullMQ ignore it; a pause would hold them.',
}

function throttledWords(
  deps: Pick<Deps, 'settings' | 'clock'>,
  { plan, queue }: Part,
  found: QueueThrottles,
  proof: HoldProof,
): string {
  const [limits, wanted] = [limitsOf(found), plan.throttle?.to]
  const isOwn = wanted !== undefined && isSameThrottle(limits, wanted)
  const also = isOwn ? '' : ` With what else limits it, that is ${throttleWords(limits)}.`
  const to = wanted === undefined ? '' : ` to ${throttleWords(wanted)}`
  return `<@${plan.actor.userId}> throttled \`${queueKey(queue.ref)}\`${to} ${untilText(deps, found.own)}.${also} ${PROOF_WORDS[proof]}`
}

const untilText = (deps: Pick<Deps, 'settings' | 'clock'>, own: ThrottleHold | undefined): string =>
  untilWords(deps, own, 'until somebody ends it')
