import type { Plan } from '../../domain/action.ts'
import { alertSummary } from '../../domain/alert.ts'
import type { Incident } from '../../domain/incident.ts'
import type { PauseState } from '../../domain/ports/queue-system.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { isSameQueue } from '../../domain/queue.ts'
import { ruleFor } from '../../domain/settings.ts'
import type {
  AnnouncementView,
  HeadlineView,
  IncidentListView,
  IncidentStatusView,
  Live,
  Tokens,
} from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { nearestIfUnknown } from '../queues/known-queues.ts'
import { live } from '../queues/queue-reads.ts'
import { queueTokens, tokenFor } from '../queues/queue-tokens.ts'
import { holdsOf } from './find-incident.ts'
import { groupQueues } from './group-queues.ts'

type ViewDeps = Pick<Deps, 'store' | 'systems' | 'settings' | 'clock' | 'ids'>

const ALERTS_SHOWN = 5
const UNREADABLE_SHOWN = 5
const DAY_MS = 86_400_000

/** Everything the headline tells, gathered now: our own rows and live numbers, or why there are none. */
export async function headlineView(deps: ViewDeps, incident: Incident): Promise<HeadlineView> {
  const at = deps.clock.now()
  const { now: store } = deps.store
  const { ref } = incident
  const [alerts, firing, steps, lines, freeze, holds, throttles, state, others, pending, recovery] =
    await Promise.all([
      store.alerts.ofIncident(incident.id, ALERTS_SHOWN),
      store.alerts.firing(incident.id),
      store.rooms.steps(incident.id),
      incident.kind === 'storm' ? store.incidents.linesOf(incident.id) : [],
      store.control.frozen(),
      ref === null ? holdsOf(store, store.holds, incident) : store.holds.active(ref),
      ref === null ? holdsOf(store, store.throttles, incident) : store.throttles.active(ref),
      ref === null ? null : live(at, () => deps.systems.get(ref.system).pauseState(ref.queue)),
      groupQueues(deps, incident, at),
      pendingOf(store, incident),
      store.recoveries.active(incident.id),
    ])
  return {
    incident,
    alerts,
    firing,
    rule: ref === null ? null : ruleFor(deps.settings, ref),
    queue: overviewOf(state),
    nearest: nearestIfUnknown(deps.systems, state?.isLive === true ? state.value.overview : null),
    others,
    hazards: state?.isLive === true ? state.value.hazards : [],
    holds,
    throttles,
    steps,
    lines,
    freeze,
    pending,
    recovery,
    tokens: await headlineTokens(deps, incident, state, freeze !== null),
    at,
  }
}

/** Requests for approval on its account, or about its queue. */
async function pendingOf(store: Repositories, { id, ref }: Incident): Promise<readonly Plan[]> {
  const requested = await store.plans.requested()
  return requested.filter(
    (plan) =>
      plan.incidentId === id ||
      (ref !== null && plan.queues.some((queue) => isSameQueue(queue.ref, ref))),
  )
}

const overviewOf = (state: Live<PauseState> | null): HeadlineView['queue'] =>
  state === null || !state.isLive ? state : { ...state, value: state.value.overview }

/** Offers what can be done now: nothing once resolved, nothing that acts while frozen. */
async function headlineTokens(
  deps: ViewDeps,
  incident: Incident,
  state: Live<PauseState> | null,
  isFrozen: boolean,
): Promise<Tokens> {
  const { id, ref } = incident
  if (incident.state === 'resolved') return {}
  const overview = state?.isLive === true ? state.value.overview : null
  const ofQueue = ref === null ? {} : await queueTokens(deps, ref, id, overview)
  const ack = incident.lead === null ? await tokenFor(deps, { kind: 'ack', incidentId: id }) : null
  const resolve = await tokenFor(deps, { kind: 'resolve', incidentId: id })
  const mine = { ...(ack === null ? {} : { ack }), resolve }
  if (!isFrozen) return { ...ofQueue, ...mine }
  const { pause: _pause, resume: _resume, ...reading } = ofQueue
  return { ...reading, ...mine, unfreeze: await tokenFor(deps, { kind: 'unfreeze' }) }
}

/** The one line in the ops channel. */
export async function announcementView(
  deps: ViewDeps,
  incident: Incident,
): Promise<AnnouncementView> {
  const { now: store } = deps.store
  const [alerts, firing, lines] = await Promise.all([
    store.alerts.ofIncident(incident.id, 1),
    store.alerts.firing(incident.id),
    incident.kind === 'storm' ? store.incidents.linesOf(incident.id) : [],
  ])
  const latest = alerts[0]
  return {
    incident,
    firing,
    lineCount: lines.length,
    summary:
      latest === undefined || incident.kind === 'storm' ? incident.title : alertSummary(latest),
  }
}

/** Unresolved incidents, worst first; the latest ones whatever their state when nothing is open. */
export async function listIncidents(
  deps: Pick<Deps, 'store' | 'clock'>,
): Promise<IncidentListView> {
  const open = await deps.store.now.incidents.unresolved()
  const isIncludingResolved = open.length === 0
  const incidents = isIncludingResolved ? await deps.store.now.incidents.recent(5) : open
  const at = deps.clock.now()
  const yesterday = new Date(at.getTime() - DAY_MS)
  const unreadable = await deps.store.now.deliveries.unreadable(yesterday, UNREADABLE_SHOWN)
  return { incidents, isIncludingResolved, unreadable, at }
}

/** The headline with the latest of the timeline. */
export async function incidentStatus(
  deps: ViewDeps,
  incident: Incident,
): Promise<IncidentStatusView> {
  const [headline, timeline] = await Promise.all([
    headlineView(deps, incident),
    deps.store.now.timeline.ofIncident(incident.id, 10),
  ])
  return { headline, timeline }
}
