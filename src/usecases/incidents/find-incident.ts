import type { Hold } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Incident } from '../../domain/incident.ts'
import type { Holds } from '../../domain/ports/plan-store.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { isSameQueue, type QueueRef } from '../../domain/queue.ts'
import { incidentKey } from '../../domain/settings.ts'
import type { Deps } from '../deps.ts'

/** The incident, with its key locked until the transaction ends. Throws `unknown_incident`. */
export async function lockedIncident(store: Repositories, id: number): Promise<Incident> {
  const found = await existing(store, id)
  await store.incidents.lockKey(found.key)
  return existing(store, id)
}

async function existing(store: Repositories, id: number): Promise<Incident> {
  const incident = await store.incidents.byId(id)
  if (incident === null) throw unknownIncident(id)
  return incident
}

/** The incident that is meant: by number, else that of the room. Throws `unknown_incident`. */
export async function findIncident(
  store: Repositories,
  id: number | null,
  channelId: string | null,
): Promise<Incident> {
  if (id !== null) return existing(store, id)
  const ofRoom = channelId === null ? null : await store.incidents.byChannel(channelId)
  if (ofRoom !== null) return ofRoom
  throw new OperatorError(
    'unknown_incident',
    'This is not the room of an incident.',
    'Name its number, for example `ack 7`, or use the command in its room; `list` shows all that are open.',
  )
}

/**
 * The holds, of one kind, that keep its queue paused or slow, or another queue on its account; of a storm, those
 * of its lines' queues.
 */
export async function holdsOf<H extends Hold>(
  store: Pick<Repositories, 'incidents'>,
  kind: Pick<Holds<H>, 'active'>,
  incident: Incident,
): Promise<readonly H[]> {
  const [holds, lines] = await Promise.all([
    kind.active(null),
    incident.kind === 'storm' ? store.incidents.linesOf(incident.id) : [],
  ])
  const refs = [incident, ...lines].flatMap(({ ref }) => ref ?? [])
  return holds.filter(
    (hold) => hold.incidentId === incident.id || refs.some((ref) => isSameQueue(ref, hold.ref)),
  )
}

/**
 * The unresolved incident that a queue belongs to: the room's if that is about it, else the one of its key.
 * Null without one, and while the database is away: what people do goes on without it.
 */
export async function incidentAbout(
  { store, settings }: Pick<Deps, 'store' | 'settings'>,
  ref: QueueRef,
  ofRoom: Incident | null,
): Promise<number | null> {
  const key = incidentKey(settings, ref)
  if (ofRoom !== null && ofRoom.key === key && ofRoom.state !== 'resolved') return ofRoom.id
  try {
    return (await store.now.incidents.unresolvedByKey(key))?.id ?? null
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'database_unreachable') return null
    throw error
  }
}

const unknownIncident = (id: number): OperatorError =>
  new OperatorError(
    'unknown_incident',
    `There is no incident ${id}.`,
    'Nothing was changed. `list` shows all that are open.',
  )
