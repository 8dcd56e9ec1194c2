import type { Plan } from '../../../domain/action.ts'
import { isJobAction, isOfVault } from '../../../domain/job-actions.ts'
import type { Slice } from '../../../domain/ports/vault-store.ts'
import { queueKey } from '../../../domain/queue.ts'
import { percent, thousands } from '../../../domain/text.ts'
import type { Deps } from '../../deps.ts'
import { operatorOf } from './operator-of.ts'

/** So many jobs, spread over the plan, speak for all of it: each is looked at again anyway before it is changed. */
const LOOKED_AT = 1000
const MAX_SLICES = 20

/**
 * Why the jobs that a plan showed are no longer there, in one sentence; null while most of them are. Those of
 * the vault only this bot can move, and one plan at a time.
 */
export async function driftOfJobs(
  deps: Pick<Deps, 'systems' | 'settings' | 'store'>,
  plan: Plan,
): Promise<string | null> {
  const { action } = plan
  if (!isJobAction(action)) return null
  const drawn = await deps.store.now.slices.spread(plan.id, MAX_SLICES)
  const slices = drawn.filter((slice) => !isOfVault(action, slice))
  if (slices.length === 0) return null
  const per = Math.ceil(LOOKED_AT / Math.max(1, slices.length))
  const looked = slices.map((slice) => ({ ...slice, ids: everyNth(slice.ids, per) }))
  // A long list is walked once for all of its jobs.
  const there = await Promise.all(
    together(looked).map(({ ref, state, ids }) =>
      operatorOf(deps, ref).stillThere(ref.queue, state, ids),
    ),
  )
  const total = looked.reduce((sum, { ids }) => sum + ids.length, 0)
  const left = there.reduce((sum, count) => sum + count, 0)
  return total - left <= total * deps.settings.policy.driftShare
    ? null
    : `Of ${thousands(total)} jobs looked at, ${percent(total - left, total)} are no longer where they were.`
}

type Jobs = Pick<Slice, 'ref' | 'state' | 'ids'>

/** As one, those of one queue and state. */
function together(parts: readonly Jobs[]): readonly Jobs[] {
  const byPlace = new Map<string, Jobs>()
  for (const { ref, state, ids } of parts) {
    const place = `${queueKey(ref)} ${state}`
    byPlace.set(place, { ref, state, ids: [...(byPlace.get(place)?.ids ?? []), ...ids] })
  }
  return [...byPlace.values()]
}

/** So many of them, evenly: the oldest are the first that are evicted, and speak for nobody else. */
function everyNth(ids: readonly string[], count: number): readonly string[] {
  const step = Math.max(1, Math.ceil(ids.length / count))
  return ids.filter((_, index) => index % step === 0)
}
