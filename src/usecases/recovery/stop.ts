import type { Actor } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { auditOf } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { lockedIncident } from '../incidents/find-incident.ts'
import { touchIncident } from '../incidents/touch.ts'
import { requireMember } from '../people/authorize.ts'
import { recoveryKey } from './begin.ts'
import { recoveryFacts } from './facts.ts'

/** Ends a check by a person's word; nothing is resolved by itself afterwards. Throws `already_done` if it is over. */
export async function stopRecovery(
  deps: Deps,
  request: { readonly actor: Actor; readonly recoveryId: string },
): Promise<void> {
  const { actor, recoveryId } = request
  await requireMember(deps, actor)
  const at = deps.clock.now()
  await deps.store.transaction(async (store) => {
    const recovery = await store.recoveries.byId(recoveryId)
    if (recovery === null) throw isOver()
    const incident = await lockedIncident(store, recovery.incidentId)
    if (!(await store.recoveries.end(recoveryId, 'stopped', actor, at))) throw isOver()
    await store.messages.touch(recoveryKey(recoveryId))
    const words = `<@${actor.userId}> stopped the recovery check`
    await store.timeline.add({
      incidentId: incident.id,
      at,
      kind: 'note',
      actor: actor.userId,
      words,
    })
    await touchIncident(store, incident)
    await store.audit.append(
      auditOf(at, 'stopped', {
        actor,
        action: 'recovery check',
        subject: `incident ${incident.id}`,
        incidentId: incident.id,
        facts: recoveryFacts({ ...recovery, state: 'stopped' }),
      }),
    )
  })
}

const isOver = (): OperatorError =>
  new OperatorError(
    'already_done',
    'This recovery check is over.',
    'Nothing was changed. `verify` of the incident command begins another.',
  )
