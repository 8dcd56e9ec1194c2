import type { Incidents } from '../../domain/ports/incident-store.ts'
import type { OutboxMessage } from '../../domain/ports/store.ts'

/** The id of the delivery that opened the incident a message is about; null if it is about none. */
export async function correlationOf(
  incidents: Pick<Incidents, 'byId'>,
  { target, content }: Pick<OutboxMessage, 'target' | 'content'>,
): Promise<string | null> {
  const about = 'incidentId' in content ? content.incidentId : null
  const id = about ?? (target.kind === 'room' ? target.incidentId : null)
  return id === null ? null : ((await incidents.byId(id))?.correlationId ?? null)
}
