import type { Incidents } from '../../domain/ports/incident-store.ts'
import type { Plans } from '../../domain/ports/plan-store.ts'
import type { OutboxMessage } from '../../domain/ports/store.ts'

/** The id of the delivery that opened the incident a message is about; null if it is about none. */
export async function correlationOf(
  { incidents, plans }: { incidents: Pick<Incidents, 'byId'>; plans: Pick<Plans, 'byId'> },
  { target, content }: Pick<OutboxMessage, 'target' | 'content'>,
): Promise<string | null> {
  const ofContent = 'incidentId' in content ? content.incidentId : null
  const ofTarget = target.kind === 'room' ? target.incidentId : null
  const ofPlan = content.kind === 'plan' ? (await plans.byId(content.planId))?.incidentId : null
  const id = ofContent ?? ofTarget ?? ofPlan ?? null
  return id === null ? null : ((await incidents.byId(id))?.correlationId ?? null)
}
