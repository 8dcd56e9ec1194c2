import type { Plan } from '../../domain/action.ts'
import { driftOf } from '../../domain/plan.ts'
import { queueKey } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'
import { driftOfJobs } from './jobs/drift-of-jobs.ts'
import { lookAt, ownHolds, type Seen } from './look.ts'

/**
 * Why what a plan showed no longer holds, in one sentence; null while it does. Throws what the queues'
 * systems throw: nothing is carried out that could not be compared.
 */
export async function findDrift(
  deps: Pick<Deps, 'systems' | 'settings' | 'store'>,
  plan: Plan,
): Promise<string | null> {
  const seen = await lookAt(
    deps,
    plan.queues.map(({ ref }) => ref),
  )
  const drifts = plan.queues.flatMap((queue, index) => {
    const words = driftOn(deps, plan, queue, seen[index])
    return words === null ? [] : [`\`${queueKey(queue.ref)}\` ${words}`]
  })
  const [first] = drifts
  if (first === undefined) return plan.jobs === null ? null : driftOfJobs(deps, plan)
  return drifts.length === 1 ? `${first}.` : `${first}, and ${drifts.length - 1} more changed.`
}

function driftOn(
  { settings }: Pick<Deps, 'settings'>,
  plan: Plan,
  queue: Plan['queues'][number],
  seen: Seen | undefined,
): string | null {
  if (seen === undefined) return null
  const now = {
    overview: seen.state.overview,
    tier: seen.tier,
    holdIds: ownHolds(seen, plan).map(({ id }) => id),
  }
  return driftOf(plan.action, queue, now, settings.policy.driftShare)
}
