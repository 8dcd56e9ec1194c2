import type { Actor } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Incident } from '../../domain/incident.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOf } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { requireMember } from '../people/authorize.ts'
import { lockedIncident } from './find-incident.ts'
import { sayInRoom, touchIncident } from './touch.ts'

/** "I've got it": sets the lead. Throws `already_done` if somebody has it, `unknown_incident`. */
export async function acknowledge(
  deps: Deps,
  request: { readonly actor: Actor; readonly incidentId: number },
): Promise<Incident> {
  const { actor, incidentId } = request
  await requireMember(deps, actor)
  const at = deps.clock.now()
  const time = clockTime(at, deps.settings.timeZone, at)
  return deps.store.transaction(async (store) => {
    const incident = await lockedIncident(store, incidentId)
    refuseIfTaken(deps, incident)
    const acknowledged = await store.incidents.update(incident.id, {
      lead: actor.userId,
      ackedAt: at,
      state: incident.state === 'triage' ? 'open' : incident.state,
    })
    const words = `<@${actor.userId}> has got it and leads.`
    await store.timeline.add({ incidentId, at, kind: 'acknowledged', actor: actor.userId, words })
    await store.buttons.spendIncident(
      incidentId,
      ['ack'],
      actor.userId,
      `already acknowledged by <@${actor.userId}> at ${time}`,
      at,
    )
    await sayInRoom(store, acknowledged, `acknowledged:${incidentId}:${incident.reopened}`, {
      icon: 'hand',
      words,
      mention: [],
    })
    await touchIncident(store, acknowledged)
    await store.audit.append(
      auditOf(at, 'acknowledged', {
        actor,
        action: 'acknowledge',
        subject: `incident ${incidentId}`,
        incidentId,
      }),
    )
    return acknowledged
  })
}

function refuseIfTaken(deps: Deps, incident: Incident): void {
  const at = (date: Date | null): string =>
    date === null ? '' : ` at ${clockTime(date, deps.settings.timeZone, deps.clock.now())}`
  if (incident.state === 'resolved')
    throw new OperatorError(
      'already_done',
      `This incident was resolved${at(incident.resolvedAt)}.`,
      'Nothing was changed.',
    )
  if (incident.lead !== null)
    throw new OperatorError(
      'already_done',
      `Already acknowledged by <@${incident.lead}>${at(incident.ackedAt)}.`,
      'They lead; nothing was changed.',
    )
}
