import type { Hold, Plan } from '../../domain/action.ts'
import { effectTier, planHash } from '../../domain/plan.ts'
import type { QueueOverview } from '../../domain/queue.ts'
import { ruleFor } from '../../domain/settings.ts'
import type { Deps } from '../deps.ts'

/**
 * Ends a timed hold that is due, by a plan like any other: setting the pause pre-authorised it. The
 * database allows one such plan per hold, so any number of timers, sweeps and replicas make one.
 */
export async function endHold(deps: Deps, holdId: string): Promise<void> {
  const hold = await deps.store.now.holds.byId(holdId)
  const now = deps.clock.now()
  if (hold === null || hold.endedAt !== null || hold.endsAt === null || hold.endsAt > now) return
  const [overview] = await deps.systems.get(hold.ref.system).overview([hold.ref.queue])
  if (overview === undefined) return
  const plan = endingPlan(deps, hold, overview, now)
  await deps.store.transaction(async (store) => {
    if (await store.plans.add(plan))
      await store.work.enqueue('execute_plan', { planId: plan.id }, { key: plan.id })
  })
}

function endingPlan(deps: Deps, hold: Hold, overview: QueueOverview, at: Date): Plan {
  const queueTier = ruleFor(deps.settings, hold.ref).tier
  const draft = {
    id: deps.ids.uuid(),
    action: 'resume' as const,
    ref: hold.ref,
    incidentId: hold.incidentId,
    endsHoldId: hold.id,
    actor: hold.owner,
    tier: effectTier('resume', queueTier, null),
    queueTier,
    before: { overview, holdIds: [hold.id], warnings: [] },
  }
  return {
    ...draft,
    holdMs: null,
    reason: 'the pause was set for this long',
    state: 'confirmed',
    hash: planHash(draft),
    createdAt: at,
    expiresAt: at,
    outcome: null,
    finishedAt: null,
  }
}
