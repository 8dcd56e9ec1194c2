import type { Deps } from './deps.ts'
import { headlineKey } from './incidents/touch.ts'

const AT_ONCE = 200
/** What just arrived has its own job, which is about to run. */
const GRACE_MS = 5_000

/**
 * Finds in the rows everything that should have a job, and gives it one. Losing every job of the work
 * engine therefore loses nothing but the seconds until the next sweep.
 */
export async function sweep(deps: Pick<Deps, 'store' | 'clock'>): Promise<void> {
  const { now: store } = deps.store
  const now = deps.clock.now()
  const isKept = true
  for (const deliveryId of await store.deliveries.stale(
    new Date(now.getTime() - GRACE_MS),
    AT_ONCE,
  ))
    await store.work.enqueue('process_delivery', { deliveryId }, { key: deliveryId, isKept })
  for (const { id, isTimedEnd } of await store.plans.unfinished(now, AT_ONCE))
    await store.work.enqueue(
      'execute_plan',
      { planId: id },
      { key: id, isKept, isPatient: isTimedEnd },
    )
  const due = [
    ...(await store.holds.due(now, AT_ONCE)),
    ...(await store.throttles.due(now, AT_ONCE)),
  ]
  for (const holdId of due)
    await store.work.enqueue('end_hold', { holdId }, { key: holdId, isKept })
  for (const incidentId of await store.rooms.unfinished(now, AT_ONCE))
    await store.work.enqueue('open_room', { incidentId }, { key: String(incidentId), isKept })
  for (const recoveryId of await store.recoveries.unfinished(AT_ONCE))
    await store.work.enqueue('verify_recovery', { recoveryId }, { key: recoveryId, isKept })
  for (const channel of await store.messages.pendingChannels(AT_ONCE))
    await store.work.enqueue('deliver_messages', { channel }, { key: channel, isKept })
}

/** Of the edits that Slack allows in a minute half are left to what happens. */
export const REFRESHES_PER_MINUTE = 20

/**
 * Has headlines rendered again, so that their numbers stay live: at most `limit`, those first that were not
 * refreshed for the longest. With many rooms each waits longer for its turn.
 */
export async function refreshHeadlines(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  limit: number,
): Promise<void> {
  for (const { id } of await store.now.incidents.dueForRefresh(clock.now(), limit))
    await store.now.messages.touch(headlineKey(id))
}

const DAY_MS = 86_400_000
/** Long enough to look up what a sender really said. */
const DELIVERY_DAYS = 30

/** Lets go of what nobody can need any more; the audit trail and the incidents stay. */
export async function forget({ store, clock }: Pick<Deps, 'store' | 'clock'>): Promise<void> {
  const before = (days: number): Date => new Date(clock.now().getTime() - days * DAY_MS)
  await store.now.control.forgetClaims(before(1))
  await store.now.plans.forgetPreviews(before(1))
  await store.now.deliveries.forget(before(DELIVERY_DAYS))
}
