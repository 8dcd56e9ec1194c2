import { alertName, alertSummary, duringReplay, type TrackedAlert } from '../../domain/alert.ts'
import { formatDuration } from '../../domain/duration.ts'
import {
  stateAfterAlerts,
  worseSeverity,
  type Incident,
  type Severity,
  type TimelineKind,
} from '../../domain/incident.ts'
import type { Delivery } from '../../domain/ports/alert-store.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { inert, quote } from '../../domain/quote.ts'
import type { Deps } from '../deps.ts'
import { noteRise, sayInRoom, touchIncident } from '../incidents/touch.ts'
import { beginRecovery } from '../recovery/begin.ts'
import { refsOf } from '../recovery/refs-of.ts'

type UpdateDeps = Pick<Deps, 'clock' | 'ids' | 'settings' | 'systems'>

export interface Seen {
  readonly alert: TrackedAlert
  /** The queue that it is about. */
  readonly ref: QueueRef
  /** What this arrival was for the alert; null when it says nothing new. */
  readonly news: 'fired' | 'repeated' | 'resolved' | null
}

/** What of one body concerns one incident. */
export interface News {
  readonly delivery: Delivery
  readonly seen: readonly Seen[]
  /** Alerts of the group that the sender left out. */
  readonly truncated: number
  /** The worst of what fires; null when nothing does. */
  readonly severity: Severity | null
}

const KINDS = {
  fired: 'alert_firing',
  repeated: 'alert_repeated',
  resolved: 'alert_resolved',
} as const satisfies Record<NonNullable<Seen['news']>, TimelineKind>

const NEWS_WORDS = { fired: 'fired', repeated: 'still fires', resolved: 'is resolved' } as const

/** Writes what happened into the timeline, in the order in which people will read it. */
export async function writeTimeline(
  store: Repositories,
  incident: Incident,
  { delivery, truncated, seen }: News,
): Promise<void> {
  const add = (kind: TimelineKind, words: string): Promise<void> =>
    store.timeline.add({
      incidentId: incident.id,
      at: delivery.receivedAt,
      kind,
      actor: null,
      words,
    })
  for (const { alert, news } of seen) {
    if (news === null) continue
    const name = inert(alertName(alert).slice(0, 200))
    const during = news === 'fired' && alert.replay !== null ? ` ${duringReplay(alert.replay)}` : ''
    await add(KINDS[news], `${name} ${NEWS_WORDS[news]}${during}: ${quote(alertSummary(alert))}`)
  }
  if (truncated > 0)
    await add('note', `${delivery.source} left out ${truncated} further alerts of this group`)
}

/** State, severity and age after its alerts changed; says what people must hear of. */
export async function updateIncident(
  deps: UpdateDeps,
  store: Repositories,
  incident: Incident,
  { delivery, severity }: News,
): Promise<void> {
  const firing = await store.alerts.firing(incident.id)
  // A resolved incident stays so: what reopens it went through `reopenIncident`.
  const state =
    incident.state === 'resolved'
      ? 'resolved'
      : stateAfterAlerts(incident.state, firing, incident.ackedAt !== null)
  const updated = await store.incidents.update(incident.id, {
    state,
    severity: severity === null ? incident.severity : worseSeverity(incident.severity, severity),
    lastAlertAt: later(incident.lastAlertAt, delivery.receivedAt),
  })
  await noteRise(store, incident, updated, delivery.receivedAt)
  if (state === 'mitigated' && incident.state !== 'mitigated')
    await sayMitigated(deps, store, updated)
  await touchIncident(store, updated)
}

const later = (a: Date, b: Date): Date => (a > b ? a : b)

/** A line of a storm has no room where anybody could close it: it ends with its alerts. */
async function sayMitigated(
  deps: UpdateDeps,
  store: Repositories,
  incident: Incident,
): Promise<void> {
  const at = deps.clock.now()
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
    words: `All alerts are resolved. ${await checkRecovery(deps, store, incident)}`,
    mention: incident.lead === null ? [] : [incident.lead],
  })
}

/** That alerts are quiet does not say that queues work: that is measured from here on. Gives words for people. */
async function checkRecovery(
  deps: UpdateDeps,
  store: Repositories,
  incident: Incident,
): Promise<string> {
  const refs = await refsOf(deps, store, incident)
  const about = { incidentId: incident.id, refs, by: null, planId: null }
  const begun = await beginRecovery(deps, store, about)
  if (begun === null) return 'Resolve the incident once the queue looks healthy to you.'
  const { resolves, forMs } = deps.settings.recovery
  const then =
    resolves && begun.recovery.forMs >= forMs
      ? 'the incident is resolved by itself if everything is good for that long'
      : 'resolve the incident once everything is good'
  return `Recovery is checked for ${formatDuration(begun.recovery.forMs)}; ${then}.`
}

async function mitigateStorm(
  deps: UpdateDeps,
  store: Repositories,
  stormId: number,
): Promise<void> {
  const lines = await store.incidents.linesOf(stormId)
  const storm = await store.incidents.byId(stormId)
  const isOver = lines.every((line) => line.state === 'resolved')
  if (storm === null || !isOver || storm.state === 'mitigated' || storm.state === 'resolved') return
  await sayMitigated(deps, store, await store.incidents.update(stormId, { state: 'mitigated' }))
}
