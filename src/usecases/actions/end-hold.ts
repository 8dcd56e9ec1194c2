import type { Hold } from '../../domain/action.ts'
import { queueKey } from '../../domain/queue.ts'
import { ruleFor } from '../../domain/settings.ts'
import type { Deps } from '../deps.ts'
import { live } from '../queues/queue-reads.ts'
import { draftPlan } from './draft.ts'

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
  const plan = draftPlan(deps, endingOf(deps, hold, seen.value.overview))
  await deps.store.transaction(async (store) => {
    if ((await store.plans.add(plan)) !== null)
      await store.work.enqueue(
        'execute_plan',
        { planId: plan.id },
        { key: plan.id, isPatient: true },
      )
  })
  return null
}

const endingOf = (
  deps: Deps,
  hold: Hold,
  before: Parameters<typeof draftPlan>[1]['queues'][number]['before'],
): Parameters<typeof draftPlan>[1] => ({
  action: 'resume',
  scope: queueKey(hold.ref),
  queues: [
    {
      ref: hold.ref,
      tier: ruleFor(deps.settings, hold.ref).tier,
      before,
      holdIds: [hold.id],
      jobs: null,
      warnings: [],
      state: 'pending',
      isTouched: false,
      outcome: null,
    },
  ],
  actor: hold.owner,
  incidentId: hold.incidentId,
  holdMs: null,
  decision: { tier: 'T2', reason: 'whoever set the pause authorised its end' },
  endsHoldId: hold.id,
})
