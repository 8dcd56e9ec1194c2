import { stateAfterAlerts, type Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { sayInOps, sayInRoom } from './touch.ts'

/**
 * Makes a resolved incident current again in the same room, and says so there and in the ops channel: a room
 * that somebody archived meanwhile reaches nobody. Its steps find that out, and open another.
 */
export async function reopenIncident(
  store: Repositories,
  closed: Incident,
  { words, at }: { readonly words: string; readonly at: Date },
): Promise<Incident> {
  const incident = await store.incidents.update(closed.id, {
    state: stateAfterAlerts('resolved', 1, closed.ackedAt !== null),
    resolvedAt: null,
    resolvedBy: null,
    reopened: closed.reopened + 1,
  })
  await store.timeline.add({ incidentId: incident.id, at, kind: 'reopened', actor: null, words })
  if (incident.stormId !== null) return incident
  const key = `reopened:${incident.id}:${incident.reopened}`
  const mention = incident.lead === null ? [] : [incident.lead]
  await sayInRoom(store, incident, key, { icon: 'alert', words, mention })
  await sayInOps(store, incident, `ops:${key}`, words)
  await store.rooms.redo(incident.id, 'topic')
  await store.work.enqueue('open_room', { incidentId: incident.id }, { key: String(incident.id) })
  return incident
}
