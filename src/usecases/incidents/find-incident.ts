import { OperatorError } from '../../domain/errors.ts'
import type { Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'

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

const unknownIncident = (id: number): OperatorError =>
  new OperatorError(
    'unknown_incident',
    `There is no incident ${id}.`,
    'Nothing was changed. `list` shows all that are open.',
  )
