import type { AlertReplay, TrackedAlert } from '../../domain/alert.ts'
import type { Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { QueueRef } from '../../domain/queue.ts'
import type { Replay } from '../../domain/replay.ts'

/** What begins so long after a replay put its latest job in line may still be its doing. */
const AFTERMATH_MS = 15 * 60_000

/**
 * An alert that has just fired, labelled with the replay during which it began, if jobs of one were put in line on
 * its queue lately. `at` is when it was heard of.
 */
export async function labelled(
  store: Pick<Repositories, 'replays' | 'alerts'>,
  alert: TrackedAlert,
  ref: QueueRef,
  at: Date,
): Promise<TrackedAlert> {
  const recent = await store.replays.recent(ref, new Date(at.getTime() - AFTERMATH_MS))
  if (recent === null || alert.startsAt < recent.beganAt) return alert
  const replay: AlertReplay = {
    planNumber: recent.planNumber,
    wave: waveAt(recent, alert.startsAt),
  }
  await store.alerts.label(alert.id, replay)
  return { ...alert, replay }
}

const waveAt = ({ waves }: Replay, at: Date): number =>
  waves.findLast(({ beganAt }) => beganAt !== null && beganAt <= at)?.index ?? 0

/**
 * The incident that a replay's alert goes to although its queue's alerts go to the one of `key`, locked: where it
 * is already, else the incident that the replay was ordered for. Null where that is over, or the same one.
 */
export async function foldedInto(
  store: Repositories,
  alert: TrackedAlert,
  key: string,
): Promise<Incident | null> {
  if (alert.replay === null) return null
  const own = await unresolved(store, alert.incidentId)
  const incident = own ?? (await incidentOf(store, alert.replay))
  if (incident === null || incident.key === key) return null
  await store.incidents.lockKey(incident.key)
  const current = await store.incidents.lockUnresolved(incident.key)
  return current?.id === incident.id ? current : null
}

async function incidentOf(
  store: Repositories,
  { planNumber }: AlertReplay,
): Promise<Incident | null> {
  const plan = await store.plans.byNumber(planNumber)
  return unresolved(store, plan?.incidentId ?? null)
}

async function unresolved(store: Repositories, id: number | null): Promise<Incident | null> {
  const incident = id === null ? null : await store.incidents.byId(id)
  return incident === null || incident.state === 'resolved' ? null : incident
}
