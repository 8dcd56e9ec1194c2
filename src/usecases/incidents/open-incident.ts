import {
  ROOM_STEPS,
  stateAfterAlerts,
  worseSeverity,
  type Incident,
} from '../../domain/incident.ts'
import type { NewIncident } from '../../domain/ports/incident-store.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { RoomSettings } from '../../domain/settings.ts'
import { reopenIncident } from './reopen.ts'
import { announcementKey, noteRise } from './touch.ts'

/** All incidents beyond the room budget are lines of the one incident with this key. */
export const STORM_KEY = 'storm'

/**
 * Gives a new incident its room, or makes it a line of the storm when too many rooms were opened
 * lately. The last room of the budget is the storm's own. Call it in the transaction that opened it.
 */
export async function placeIncident(
  store: Repositories,
  settings: RoomSettings,
  incident: Incident,
  at: Date,
): Promise<Incident> {
  await store.incidents.lockKey('rooms')
  const since = new Date(at.getTime() - settings.windowMs)
  const opened = await store.incidents.automaticRoomsSince(since)
  if (opened < settings.maxAutomatic - 1) {
    await openRoom(store, incident, at)
    return incident
  }
  const storm = await openStorm(store, incident, { at, since })
  return store.incidents.update(incident.id, { stormId: storm.id })
}

/** The storm that is under way; one that somebody resolved inside the window goes on in its room. */
async function openStorm(
  store: Repositories,
  first: Incident,
  { at, since }: { readonly at: Date; readonly since: Date },
): Promise<Incident> {
  const closed = await store.incidents.resolvedSince(STORM_KEY, since)
  const current = await store.incidents.lockUnresolved(STORM_KEY)
  if (current !== null) return worsen(store, current, first, at)
  if (closed !== null) {
    const words = 'Reopened: more queues fire than there are rooms for.'
    return worsen(store, await reopenIncident(store, closed, { words, at }), first, at)
  }
  const wanted: NewIncident = {
    kind: 'storm',
    key: STORM_KEY,
    ref: null,
    title: 'Alert storm: many queues at once',
    severity: first.severity,
    correlationId: first.correlationId,
    at,
  }
  const { incident, created } = await store.incidents.open(wanted)
  if (!created) return worsen(store, incident, first, at)
  await store.timeline.add({
    incidentId: incident.id,
    at,
    kind: 'opened',
    actor: null,
    words: 'Opened for what came beyond the room budget',
  })
  await openRoom(store, incident, at)
  return incident
}

async function worsen(
  store: Repositories,
  storm: Incident,
  line: Incident,
  at: Date,
): Promise<Incident> {
  const after = await store.incidents.update(storm.id, {
    state: stateAfterAlerts(storm.state, 1, storm.ackedAt !== null),
    severity: worseSeverity(storm.severity, line.severity),
  })
  await noteRise(store, storm, after, at)
  return after
}

/** Wishes for the room and says so in the ops channel; the work itself is durable and comes after. */
async function openRoom(store: Repositories, incident: Incident, at: Date): Promise<void> {
  await store.rooms.plan(incident.id, ROOM_STEPS, at)
  await store.work.enqueue('open_room', { incidentId: incident.id }, { key: String(incident.id) })
  await store.messages.put({
    key: announcementKey(incident.id),
    target: { kind: 'ops' },
    content: { kind: 'announcement', incidentId: incident.id },
    priority: 0,
  })
}
