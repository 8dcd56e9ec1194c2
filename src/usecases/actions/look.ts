import type { Hold, PlannedQueue } from '../../domain/action.ts'
import type { PauseState } from '../../domain/ports/queue-system.ts'
import type { QueueRef, QueueTier } from '../../domain/queue.ts'
import { ruleFor } from '../../domain/settings.ts'
import type { Deps } from '../deps.ts'

/** One queue as it is now, with our own rows about it. */
export interface Seen {
  readonly ref: QueueRef
  readonly tier: QueueTier
  readonly state: PauseState
  readonly holds: readonly Hold[]
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
  const [state, holds] = await Promise.all([
    deps.systems.get(ref.system).pauseState(ref.queue),
    deps.store.now.holds.active(ref),
  ])
  return { ref, tier: ruleFor(deps.settings, ref).tier, state, holds }
}

/**
 * The holds that a plan is about: all of the queue, but taking a pause back ends that pause alone, and the
 * queue stays stopped while others hold it.
 */
export const ownHolds = (holds: readonly Hold[], undoesPlanId: string | null): readonly Hold[] =>
  undoesPlanId === null ? holds : holds.filter(({ planId }) => planId === undoesPlanId)

export const toPlanned = (
  { ref, tier, state, holds }: Seen,
  undoesPlanId: string | null,
): PlannedQueue => ({
  ref,
  tier,
  before: state.overview,
  holdIds: ownHolds(holds, undoesPlanId).map(({ id }) => id),
  jobs: null,
  warnings: state.hazards.map(({ explanation }) => explanation),
  state: 'pending',
  isTouched: false,
  outcome: null,
})
