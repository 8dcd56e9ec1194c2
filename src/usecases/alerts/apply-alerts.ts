import {
  alertName,
  alertSeverity,
  alertSummary,
  type Alert,
  type TrackedAlert,
} from '../../domain/alert.ts'
import { worseSeverity, type Incident } from '../../domain/incident.ts'
import type { Delivery } from '../../domain/ports/alert-store.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { QueueRef } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'
import { placeIncident } from '../incidents/open-incident.ts'
import { reopenIncident } from '../incidents/reopen.ts'
import { foldedInto, labelled, sayFolded } from './fold-replay.ts'
import { updateIncident, writeTimeline, type Seen } from './update-incident.ts'

type ApplyDeps = Pick<Deps, 'settings' | 'clock' | 'ids' | 'systems'>

/** An alert with the queue that it is about. */
export interface QueueAlert extends Alert {
  readonly ref: QueueRef
}

/** Alerts of one body that belong to one incident; `ref` is of the first. */
export interface AlertGroup {
  readonly key: string
  readonly ref: QueueRef
  readonly alerts: readonly QueueAlert[]
}

export interface Arrival {
  readonly delivery: Delivery
  readonly group: AlertGroup
  readonly truncated: number
}

/**
 * Updates alerts and the one incident of their key; what a replay caused goes to the incident that the replay is
 * for. Call it with the key locked.
 */
export async function applyAlerts(
  deps: ApplyDeps,
  store: Repositories,
  arrival: Arrival,
): Promise<void> {
  const seen: Seen[] = []
  for (const alert of arrival.group.alerts) seen.push(await track(store, alert, arrival.delivery))
  const { folded, others } = await foldReplays(deps, store, arrival.group.key, seen)
  // What the sender left out is said once.
  const theirs = others.length === 0 ? arrival : { ...arrival, truncated: 0 }
  for (const { incident, its } of folded) {
    await applyTo(deps, store, incident, theirs, its)
    for (const { alert, news } of its) if (news === 'fired') await sayFolded(store, incident, alert)
  }
  if (others.length === 0) return
  const incident = await incidentFor(deps, store, arrival, others)
  if (incident !== null) await applyTo(deps, store, incident, arrival, others)
}

/** By the incident that they are folded into, and those that are not. */
async function foldReplays(
  deps: Pick<ApplyDeps, 'settings'>,
  store: Repositories,
  key: string,
  seen: readonly Seen[],
): Promise<{
  readonly folded: readonly { readonly incident: Incident; readonly its: readonly Seen[] }[]
  readonly others: readonly Seen[]
}> {
  const folded = new Map<number, { readonly incident: Incident; readonly its: Seen[] }>()
  const others: Seen[] = []
  for (const each of seen) {
    const severity = alertSeverity(each.alert, deps.settings.mapping)
    const incident = await foldedInto(store, { alert: each.alert, severity, key })
    if (incident === null) others.push(each)
    else {
      const { its } = folded.get(incident.id) ?? { its: [] }
      folded.set(incident.id, { incident, its: [...its, each] })
    }
  }
  return { folded: [...folded.values()], others }
}

async function applyTo(
  deps: ApplyDeps,
  store: Repositories,
  incident: Incident,
  arrival: Arrival,
  seen: readonly Seen[],
): Promise<void> {
  for (const { alert } of seen)
    if (isNewTo(incident, alert)) await store.alerts.attach(alert.id, incident.id)
  const firing = seen.filter(({ news }) => news === 'fired' || news === 'repeated')
  const severity = firing.length === 0 ? null : worst(deps, firing)
  const news = { delivery: arrival.delivery, seen, truncated: arrival.truncated, severity }
  await writeTimeline(store, incident, news)
  await updateIncident(deps, store, incident, news)
}

/** One that still fires after its incident was closed belongs to the one that it opened. */
const isNewTo = (incident: Incident, alert: TrackedAlert): boolean =>
  alert.incidentId === null || (alert.incidentId !== incident.id && alert.status === 'firing')

async function track(store: Repositories, alert: QueueAlert, delivery: Delivery): Promise<Seen> {
  const { alert: tracked, was } = await store.alerts.track(
    alert,
    delivery.source,
    delivery.receivedAt,
    alert.ref,
  )
  const { ref } = alert
  // One that says "firing" of what is over already says nothing new.
  const isLate = was === 'resolved' || alert.status === 'firing'
  if (tracked.status === 'resolved')
    return { alert: tracked, ref, news: isLate ? null : 'resolved' }
  if (was !== 'new') return { alert: tracked, ref, news: 'repeated' }
  return { alert: await labelled(store, tracked, ref, delivery.receivedAt), ref, news: 'fired' }
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
  const [first] = firing
  const ref = first?.ref ?? group.ref
  const { incident, created } = await store.incidents.open({
    kind: 'queue',
    key: group.key,
    ref,
    title: first === undefined ? ref.queue : alertSummary(first.alert).slice(0, 200),
    severity,
    correlationId: delivery.correlationId,
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
  const at = deps.clock.now()
  const incident = await reopenIncident(store, closed, {
    words: `Reopened: ${names} fired again.`,
    at,
  })
  // A former line of a storm looks for its place anew: that storm may be over.
  if (incident.stormId === null) return incident
  const single = await store.incidents.update(incident.id, { stormId: null })
  return placeIncident(store, deps.settings.rooms, single, at)
}

const worst = (deps: ApplyDeps, seen: readonly Seen[]): Incident['severity'] =>
  seen.map(({ alert }) => alertSeverity(alert, deps.settings.mapping)).reduce(worseSeverity, 'SEV4')
