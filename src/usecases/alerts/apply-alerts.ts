import {
  alertName,
  alertSeverity,
  alertSummary,
  type Alert,
  type TrackedAlert,
} from '../../domain/alert.ts'
import {
  stateAfterAlerts,
  worseSeverity,
  type Incident,
  type TimelineKind,
} from '../../domain/incident.ts'
import type { Delivery } from '../../domain/ports/alert-store.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { QueueRef } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'
import { placeIncident } from '../incidents/open-incident.ts'
import { sayInRoom, touchIncident } from '../incidents/touch.ts'

type ApplyDeps = Pick<Deps, 'settings' | 'clock' | 'ids'>

/** Alerts of one body that belong to one incident. */
export interface AlertGroup {
  readonly key: string
  readonly ref: QueueRef
  readonly alerts: readonly Alert[]
}

export interface Arrival {
  readonly delivery: Delivery
  readonly group: AlertGroup
  readonly truncated: number
}

interface Seen {
  readonly alert: TrackedAlert
  /** What this arrival was for the alert; null when it says nothing new. */
  readonly news: 'fired' | 'repeated' | 'resolved' | null
}

/** Updates alerts and the one incident of their key. Call it with the key locked. */
export async function applyAlerts(
  deps: ApplyDeps,
  store: Repositories,
  arrival: Arrival,
): Promise<void> {
  const seen: Seen[] = []
  for (const alert of arrival.group.alerts) seen.push(await track(store, alert, arrival.delivery))
  const incident = await incidentFor(deps, store, arrival, seen)
  if (incident === null) return
  for (const { alert } of seen)
    if (isNewTo(incident, alert)) await store.alerts.attach(alert.id, incident.id)
  await writeTimeline(store, incident, arrival, seen)
  await updateIncident(deps, store, incident, arrival, seen)
}

/** One that still fires after its incident was closed belongs to the one that it opened. */
const isNewTo = (incident: Incident, alert: TrackedAlert): boolean =>
  alert.incidentId === null || (alert.incidentId !== incident.id && alert.status === 'firing')

async function track(store: Repositories, alert: Alert, delivery: Delivery): Promise<Seen> {
  const { alert: tracked, was } = await store.alerts.track(
    alert,
    delivery.source,
    delivery.receivedAt,
  )
  if (tracked.status === 'resolved')
    return { alert: tracked, news: was === 'resolved' ? null : 'resolved' }
  return { alert: tracked, news: was === 'new' ? 'fired' : 'repeated' }
}

/**
 * The unresolved incident of the key; one resolved just now, reopened; or a new one. Only what fires
 * opens or reopens. A repeat of an alert whose incident a person just resolved does neither.
 */
async function incidentFor(
  deps: ApplyDeps,
  store: Repositories,
  arrival: Arrival,
  seen: readonly Seen[],
): Promise<Incident | null> {
  const { key } = arrival.group
  const fired = seen.filter(({ news }) => news === 'fired')
  const firing = seen.filter(({ news }) => news === 'fired' || news === 'repeated')
  const at = deps.clock.now()
  if (firing.length === 0) return ofAlerts(store, seen)
  const current = await store.incidents.lockUnresolved(key)
  if (current !== null) return current
  const closed = await store.incidents.resolvedSince(
    key,
    new Date(at.getTime() - deps.settings.rooms.reopenMs),
  )
  if (closed !== null) {
    if (fired.length === 0) return closed
    return reopen(deps, store, closed, fired)
  }
  return open(deps, store, arrival, firing, at)
}

/** What resolves belongs to the incident it was part of; one that is still open comes first. */
async function ofAlerts(store: Repositories, seen: readonly Seen[]): Promise<Incident | null> {
  const ids = new Set(seen.flatMap(({ alert }) => alert.incidentId ?? []))
  const incidents: Incident[] = []
  for (const id of ids) {
    const incident = await store.incidents.byId(id)
    if (incident !== null) incidents.push(incident)
  }
  return incidents.find(({ state }) => state !== 'resolved') ?? incidents[0] ?? null
}

async function open(
  deps: ApplyDeps,
  store: Repositories,
  { group, delivery }: Arrival,
  firing: readonly Seen[],
  at: Date,
): Promise<Incident> {
  const severity = worst(deps, firing)
  const first = firing[0]?.alert
  const { incident, created } = await store.incidents.open({
    kind: 'queue',
    key: group.key,
    ref: group.ref,
    title: first === undefined ? group.ref.queue : alertSummary(first).slice(0, 200),
    severity,
    at,
  })
  if (!created) return incident
  await store.timeline.add({
    incidentId: incident.id,
    at: delivery.receivedAt,
    kind: 'opened',
    actor: null,
    words: `Opened as ${incident.severity}`,
  })
  return placeIncident(store, deps.settings.rooms, incident, at)
}

async function reopen(
  deps: ApplyDeps,
  store: Repositories,
  closed: Incident,
  fired: readonly Seen[],
): Promise<Incident> {
  const names = [...new Set(fired.map(({ alert }) => alertName(alert)))].join(', ')
  const words = `Reopened: ${names} fired again.`
  const at = deps.clock.now()
  const incident = await store.incidents.update(closed.id, {
    state: stateAfterAlerts('resolved', fired.length, closed.ackedAt !== null),
    resolvedAt: null,
    resolvedBy: null,
    reopened: closed.reopened + 1,
  })
  await store.timeline.add({ incidentId: incident.id, at, kind: 'reopened', actor: null, words })
  // A former line of a storm looks for its place anew: that storm may be over.
  if (closed.stormId !== null) {
    const single = await store.incidents.update(incident.id, { stormId: null })
    return placeIncident(store, deps.settings.rooms, single, at)
  }
  await sayInRoom(store, incident, `reopened:${deps.ids.uuid()}`, {
    icon: 'alert',
    words,
    mention: incident.lead === null ? [] : [incident.lead],
  })
  return incident
}

const worst = (deps: ApplyDeps, seen: readonly Seen[]): Incident['severity'] =>
  seen.map(({ alert }) => alertSeverity(alert, deps.settings.mapping)).reduce(worseSeverity, 'SEV4')

const KINDS = {
  fired: 'alert_firing',
  repeated: 'alert_repeated',
  resolved: 'alert_resolved',
} as const satisfies Record<NonNullable<Seen['news']>, TimelineKind>

const NEWS_WORDS = { fired: 'fired', repeated: 'still fires', resolved: 'is resolved' } as const

async function writeTimeline(
  store: Repositories,
  incident: Incident,
  { delivery, truncated }: Arrival,
  seen: readonly Seen[],
): Promise<void> {
  for (const { alert, news } of seen) {
    if (news === null) continue
    const words = `${alertName(alert)} ${NEWS_WORDS[news]}: ${alertSummary(alert)}`.slice(0, 500)
    await store.timeline.add({
      incidentId: incident.id,
      at: delivery.receivedAt,
      kind: KINDS[news],
      actor: null,
      words,
    })
  }
  if (truncated > 0)
    await store.timeline.add({
      incidentId: incident.id,
      at: delivery.receivedAt,
      kind: 'note',
      actor: null,
      words: `${delivery.source} left out ${truncated} further alerts of this group`,
    })
}

async function updateIncident(
  deps: ApplyDeps,
  store: Repositories,
  incident: Incident,
  { delivery }: Arrival,
  seen: readonly Seen[],
): Promise<void> {
  const isFiring = seen.some(({ news }) => news === 'fired' || news === 'repeated')
  const firing = await store.alerts.firing(incident.id)
  // A resolved incident stays so: what reopens it went through `reopen`.
  const state =
    incident.state === 'resolved'
      ? 'resolved'
      : stateAfterAlerts(incident.state, firing, incident.ackedAt !== null)
  const updated = await store.incidents.update(incident.id, {
    state,
    severity: isFiring ? worseSeverity(incident.severity, worst(deps, seen)) : incident.severity,
    lastAlertAt: later(incident.lastAlertAt, delivery.receivedAt),
  })
  if (state === 'mitigated' && incident.state !== 'mitigated')
    await sayMitigated(deps, store, updated)
  await touchIncident(store, updated)
}

const later = (a: Date, b: Date): Date => (a > b ? a : b)

/** A line of a storm has no room where anybody could close it: it ends with its alerts. */
async function sayMitigated(
  deps: ApplyDeps,
  store: Repositories,
  incident: Incident,
): Promise<void> {
  const at = deps.clock.now()
  const words = 'All alerts are resolved. Resolve the incident once the queue looks healthy to you.'
  await store.timeline.add({
    incidentId: incident.id,
    at,
    kind: 'mitigated',
    actor: null,
    words: 'All alerts are resolved',
  })
  if (incident.stormId !== null) {
    await store.incidents.update(incident.id, { state: 'resolved', resolvedAt: at })
    await mitigateStorm(deps, store, incident.stormId)
    return
  }
  await sayInRoom(store, incident, `mitigated:${deps.ids.uuid()}`, {
    icon: 'check',
    words,
    mention: incident.lead === null ? [] : [incident.lead],
  })
}

async function mitigateStorm(deps: ApplyDeps, store: Repositories, stormId: number): Promise<void> {
  const lines = await store.incidents.linesOf(stormId)
  const storm = await store.incidents.byId(stormId)
  const isOver = lines.every((line) => line.state === 'resolved')
  if (storm === null || !isOver || storm.state === 'mitigated' || storm.state === 'resolved') return
  await sayMitigated(deps, store, await store.incidents.update(stormId, { state: 'mitigated' }))
}
