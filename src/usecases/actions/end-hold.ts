import type { Hold } from '../../domain/action.ts'
import { isSameQueue, queueKey } from '../../domain/queue.ts'
import { ruleFor } from '../../domain/settings.ts'
import type { Deps } from '../deps.ts'
import { live } from '../queues/queue-reads.ts'
import { draftPlan } from './draft.ts'

/** How often a system that is away is asked whether its hold can end. */
const AWAY_MS = 5_000

/**
 * Ends a timed hold that is due, by a plan like any other: setting it pre-authorised its end. The database
 * allows one such plan per hold, so any number of timers, sweeps and replicas make one. Returns when to come
 * back, in milliseconds, while the system is away or the end is put off; else null.
 */
export async function endHold(deps: Deps, holdId: string): Promise<number | null> {
  const due = await dueHold(deps, holdId)
  if (due === null) return null
  const now = deps.clock.now()
  const laterMs = due.action === 'unthrottle' ? await putOff(deps, due.hold, now) : 0
  if (laterMs > 0) return laterMs
  const { ref } = due.hold
  const seen = await live(now, async () => deps.systems.get(ref.system).pauseState(ref.queue))
  if (!seen.isLive) return AWAY_MS
  const plan = draftPlan(deps, endingOf(deps, due, seen.value.overview))
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

/** A hold whose time is over, and what ends it. */
interface Due {
  readonly hold: Hold
  readonly action: 'resume' | 'unthrottle'
}

async function dueHold({ store, clock }: Deps, holdId: string): Promise<Due | null> {
  const pause = await store.now.holds.byId(holdId)
  const hold = pause ?? (await store.now.throttles.byId(holdId))
  if (hold === null || hold.endedAt !== null || hold.endsAt === null) return null
  if (hold.endsAt > clock.now()) return null
  return { hold, action: pause === null ? 'unthrottle' : 'resume' }
}

/**
 * A throttle that follows a pause lasts for its whole time after that, however late the pause ended. Resolves
 * to how many milliseconds are left; 0 for one that may end.
 */
async function putOff({ store }: Deps, hold: Hold, now: Date): Promise<number> {
  const plan = await store.now.plans.byId(hold.planId)
  const thenMs = plan?.throttle?.thenMs ?? null
  const pauses = await store.now.holds.ofPlans([hold.planId])
  const pause = pauses.find(({ ref }) => isSameQueue(ref, hold.ref))
  if (thenMs === null || pause === undefined) return 0
  const until = new Date((pause.endedAt ?? now).getTime() + thenMs)
  if (until <= now || !(await store.now.throttles.prolong(hold.id, until))) return 0
  return until.getTime() - now.getTime()
}

const endingOf = (
  deps: Deps,
  { hold, action }: Due,
  before: Parameters<typeof draftPlan>[1]['queues'][number]['before'],
): Parameters<typeof draftPlan>[1] => ({
  action,
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
  decision: {
    tier: 'T2',
    reason: `whoever set the ${action === 'resume' ? 'pause' : 'throttle'} authorised its end`,
  },
  endsHoldId: hold.id,
})
