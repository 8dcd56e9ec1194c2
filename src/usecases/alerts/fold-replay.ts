import { alertName, duringReplay, type AlertReplay, type TrackedAlert } from '../../domain/alert.ts'
import { worseSeverity, type Incident, type Severity } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { inert } from '../../domain/quote.ts'
import type { Replay } from '../../domain/replay.ts'
import { sayInRoom } from '../incidents/touch.ts'

/** Of a replay that puts nothing in line for so long, nothing that is heard of is taken for its doing. */
const QUIET_MS = 15 * 60_000
/** What begins later after a replay's end than this is of another cause. */
const GRACE_MS = 5 * 60_000

/**
 * An alert that has just fired, labelled with the replay during which it began, or right after which, if jobs of it
 * were put in line on its queue lately. `at` is when it was heard of.
 */
export async function labelled(
  store: Pick<Repositories, 'replays' | 'plans' | 'alerts'>,
  alert: TrackedAlert,
  ref: QueueRef,
  at: Date,
): Promise<TrackedAlert> {
  const recent = await store.replays.recent(ref, new Date(at.getTime() - QUIET_MS))
  if (recent === null || alert.startsAt < recent.beganAt) return alert
  if (await isAfter(store, recent, alert.startsAt)) return alert
  const replay: AlertReplay = {
    planNumber: recent.planNumber,
    wave: waveAt(recent, alert.startsAt),
  }
  await store.alerts.label(alert.id, replay)
  return { ...alert, replay }
}

/** Jobs of a replay that was halted may be at work for as long as its patience lasts. */
async function isAfter(
  { plans }: Pick<Repositories, 'plans'>,
  { planId, endedAt }: Replay,
  at: Date,
): Promise<boolean> {
  if (endedAt === null) return false
  const patienceMs = (await plans.byId(planId))?.jobs?.replay?.ramp.patienceMs ?? GRACE_MS
  return at.getTime() - endedAt.getTime() > Math.min(GRACE_MS, patienceMs)
}

const waveAt = ({ waves }: Replay, at: Date): number =>
  waves.findLast(({ beganAt }) => beganAt !== null && beganAt <= at)?.index ?? 0

/**
 * The incident that a replay's alert goes to although its queue's alerts go to the one of `key`, locked: where it
 * is already, else the incident that the replay was ordered for. Null where that is over, or the same one; where
 * the queue has an open incident of its own; and for what is more severe than that incident: it gets its own room.
 */
export async function foldedInto(
  store: Repositories,
  of: { readonly alert: TrackedAlert; readonly severity: Severity; readonly key: string },
): Promise<Incident | null> {
  const { alert, severity, key } = of
  if (alert.replay === null) return null
  const home = await unresolved(store, alert.incidentId)
  const incident = home ?? (await wantedBy(store, alert.replay, key))
  if (incident === null || incident.key === key) return null
  if (home === null && worseSeverity(incident.severity, severity) !== incident.severity) return null
  await store.incidents.lockKey(incident.key)
  const current = await store.incidents.lockUnresolved(incident.key)
  return current?.id === incident.id ? current : null
}

async function wantedBy(
  store: Repositories,
  { planNumber }: AlertReplay,
  key: string,
): Promise<Incident | null> {
  if ((await store.incidents.unresolvedByKey(key)) !== null) return null
  const plan = await store.plans.byNumber(planNumber)
  return unresolved(store, plan?.incidentId ?? null)
}

async function unresolved(store: Repositories, id: number | null): Promise<Incident | null> {
  const incident = id === null ? null : await store.incidents.byId(id)
  return incident === null || incident.state === 'resolved' ? null : incident
}

const NAME_LENGTH = 100

/** Whoever leads, else whoever ordered the replay, is told of it: once for each name, however many fire. */
export async function sayFolded(
  store: Repositories,
  incident: Incident,
  alert: TrackedAlert,
): Promise<void> {
  if (alert.replay === null) return
  const plan = await store.plans.byNumber(alert.replay.planNumber)
  const replay = plan === null ? null : await store.replays.byPlan(plan.id)
  if (plan === null || replay === null) return
  const name = alertName(alert).slice(0, NAME_LENGTH)
  const key = `folded:${plan.id}:${incident.id}:${name}`
  if ((await store.messages.byKey(key)) !== null) return
  const during = duringReplay(alert.replay)
  await sayInRoom(store, incident, key, {
    icon: 'alert',
    words: `${inert(name)} fired ${during}: folded into this incident; ${nowWords(replay)}.`,
    mention: [incident.lead ?? plan.actor.userId],
  })
}

function nowWords({ state, ignored }: Replay): string {
  if (state === 'halting') return 'the replay is being halted'
  if (state === 'halted' || state === 'done') return 'the replay is over'
  return ignored.includes('alerts:bad')
    ? 'the replay goes on, as was ordered in spite of alerts'
    : 'the replay holds'
}
