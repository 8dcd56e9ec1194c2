import type { Actor } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { joinedBy, type Recovery } from '../../domain/recovery.ts'
import type { Deps } from '../deps.ts'
import { shownBy, touchIncident } from '../incidents/touch.ts'

export interface Beginning {
  readonly incidentId: number
  /** The queues that have to recover; at least one. */
  readonly refs: readonly QueueRef[]
  /** Null: Spillway by itself. */
  readonly by: Actor | null
  /** The replay whose good end began it; null for others. */
  readonly planId: string | null
  /** As configured unless told, in ms. */
  readonly forMs?: number
}

/** Logical name of a recovery's message in the outbox. */
export const recoveryKey = (id: string): string => `recovery:${id}`

/**
 * Begins to measure whether an incident's queues have recovered, and shows it in its room; call it in the
 * transaction of whatever is the reason. One that is under way goes on, whoever asks, and queues that are new to
 * it join. Null for an incident that is resolved or unknown: nobody would look at it.
 */
export async function beginRecovery(
  deps: Pick<Deps, 'settings' | 'clock' | 'ids'>,
  store: Repositories,
  beginning: Beginning,
): Promise<{ readonly recovery: Recovery; readonly began: boolean } | null> {
  const { incidentId, refs, by, planId, forMs = deps.settings.recovery.forMs } = beginning
  const incident = await store.incidents.byId(incidentId)
  if (incident === null || incident.state === 'resolved' || refs.length === 0) return null
  const now = deps.clock.now()
  const id = deps.ids.uuid()
  const begun = await store.recoveries.begin({ id, incidentId, refs, planId, by, forMs, now })
  if (!begun.began) return { recovery: await join(store, begun.recovery, refs, now), began: false }
  await store.messages.put({
    key: recoveryKey(id),
    target: { kind: 'room', incidentId: shownBy(incident) },
    content: { kind: 'recovery', recoveryId: id },
    priority: 1,
  })
  await store.timeline.add({
    incidentId,
    at: now,
    kind: 'note',
    actor: by?.userId ?? null,
    words: `${by === null ? 'Recovery is' : `<@${by.userId}> has recovery`} checked for ${formatDuration(forMs)}`,
  })
  await store.work.enqueue('verify_recovery', { recoveryId: id }, { key: id })
  await touchIncident(store, incident)
  return begun
}

/** What went well without them says nothing of them: the time begins anew. */
async function join(
  store: Repositories,
  { id, incidentId }: Recovery,
  refs: readonly QueueRef[],
  at: Date,
): Promise<Recovery> {
  const known = await store.recoveries.locked(id)
  if (known === null) throw new Error(`recovery ${id} is gone`)
  const joined = known.endedAt === null ? joinedBy(known, refs, at) : null
  if (joined === null) return known
  await store.recoveries.join(joined)
  await store.messages.touch(recoveryKey(id))
  const words = `The recovery check begins anew: ${joined.setback?.words}`
  await store.timeline.add({ incidentId, at, kind: 'note', actor: null, words })
  return joined
}
