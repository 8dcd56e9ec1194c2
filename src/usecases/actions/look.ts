import type { ActionKind, Hold, PlannedQueue, ThrottleHold } from '../../domain/action.ts'
import type { PauseState } from '../../domain/ports/queue-system.ts'
import type { PauseHazard, QueueRef, QueueTier } from '../../domain/queue.ts'
import { ruleFor } from '../../domain/settings.ts'
import type { Deps } from '../deps.ts'

/** One queue as it is now, with our own rows about it. */
export interface Seen {
  readonly ref: QueueRef
  readonly tier: QueueTier
  readonly state: PauseState
  /** What stops it, and what slows it. */
  readonly holds: readonly Hold[]
  readonly throttles: readonly ThrottleHold[]
}

type LookDeps = Pick<Deps, 'systems' | 'settings' | 'store'>

const AT_ONCE = 25

/** Looks at every queue, some at a time, in the order given. Throws what their systems throw. */
export async function lookAt(deps: LookDeps, refs: readonly QueueRef[]): Promise<readonly Seen[]> {
  const seen: Seen[] = []
  for (let from = 0; from < refs.length; from += AT_ONCE)
    seen.push(
      ...(await Promise.all(refs.slice(from, from + AT_ONCE).map((ref) => look(deps, ref)))),
    )
  return seen
}

async function look(deps: LookDeps, ref: QueueRef): Promise<Seen> {
  const [state, holds, throttles] = await Promise.all([
    deps.systems.get(ref.system).pauseState(ref.queue),
    deps.store.now.holds.active(ref),
    deps.store.now.throttles.active(ref),
  ])
  return { ref, tier: ruleFor(deps.settings, ref).tier, state, holds, throttles }
}

/** An action, and the plan that it takes back, if it does. */
interface About {
  readonly action: ActionKind
  readonly undoesPlanId?: string | null
}

/**
 * The holds that a plan is about: what slows the queue, or what stops it; all of them, but taking a plan back
 * ends what that one set alone, and the queue stays as it is while others hold it.
 */
export function ownHolds(
  { holds, throttles }: Pick<Seen, 'holds' | 'throttles'>,
  { action, undoesPlanId = null }: About,
): readonly Hold[] {
  const all = action === 'throttle' || action === 'unthrottle' ? throttles : holds
  return undoesPlanId === null ? all : all.filter(({ planId }) => planId === undoesPlanId)
}

/** Whether a pause holds, or a resume loses nothing, is no concern of what is about jobs or limits. */
export const hazardsFor = (
  { state }: Pick<Seen, 'state'>,
  { action }: Pick<About, 'action'>,
): readonly PauseHazard[] => (action === 'pause' || action === 'resume' ? state.hazards : [])

export const toPlanned = (seen: Seen, about: About): PlannedQueue => ({
  ref: seen.ref,
  tier: seen.tier,
  before: seen.state.overview,
  holdIds: ownHolds(seen, about).map(({ id }) => id),
  jobs: null,
  warnings: hazardsFor(seen, about).map(({ explanation }) => explanation),
  state: 'pending',
  isTouched: false,
  outcome: null,
})
