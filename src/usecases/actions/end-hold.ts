import type { Hold, Plan } from '../../domain/action.ts'
import { effectTier, planHash } from '../../domain/plan.ts'
import type { QueueOverview } from '../../domain/queue.ts'
import { ruleFor } from '../../domain/settings.ts'
import type { Deps } from '../deps.ts'
import { live } from '../queues/queue-reads.ts'

/** How often a system that is away is asked whether its hold can end. */
const AWAY_MS = 5_000

/**
 * Ends a timed hold that is due, by a plan like any other: setting the pause pre-authorised it. The
 * database allows one such plan per hold, so any number of timers, sweeps and replicas make one. Returns
 * when to come back, in milliseconds, while the system is away; else null.
 */
export async function endHold(deps: Deps, holdId: string): Promise<number | null> {
  const hold = await deps.store.now.holds.byId(holdId)
  const now = deps.clock.now()
  if (hold === null || hold.endedAt !== null || hold.endsAt === null || hold.endsAt > now)
    return null
  const seen = await live(now, async () =>
    deps.systems.get(hold.ref.system).pauseState(hold.ref.queue),
  )
  if (!seen.isLive) return AWAY_MS
  const plan = endingPlan(deps, hold, seen.value.overview, now)
  await deps.store.transaction(async (store) => {
    if (await store.plans.add(plan))
      await store.work.enqueue('execute_plan', { planId: plan.id }, { key: plan.id })
  })
  return null
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
    confirmedAt: at,
    outcome: null,
    finishedAt: null,
  }
}
