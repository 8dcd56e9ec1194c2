import type { Actor } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { queueKey } from '../../domain/queue.ts'
import { plural } from '../../domain/text.ts'
import { throttleWords } from '../../domain/throttle.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOf } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { requireMember } from '../people/authorize.ts'
import { holdsOf, lockedIncident } from './find-incident.ts'
import { sayInRoom, touchIncident } from './touch.ts'

/** Closes an incident, a storm with all its lines. What is still wrong or held is said, not forbidden. */
export async function resolveIncident(
  deps: Deps,
  request: { readonly actor: Actor; readonly incidentId: number },
): Promise<{ readonly incident: Incident; readonly warnings: readonly string[] }> {
  const { actor, incidentId } = request
  await requireMember(deps, actor)
  const at = deps.clock.now()
  return deps.store.transaction(async (store) => {
    const incident = await lockedIncident(store, incidentId)
    if (incident.state === 'resolved') throw alreadyResolved(deps, incident)
    const warnings = await stillWrong(deps, store, incident)
    const closing = { state: 'resolved', resolvedAt: at, resolvedBy: actor.userId } as const
    for (const line of await store.incidents.linesOf(incidentId))
      if (line.state !== 'resolved') await store.incidents.update(line.id, closing)
    const resolved = await store.incidents.update(incidentId, closing)
    await record(deps, store, resolved, actor, warnings)
    return { incident: resolved, warnings }
  })
}

async function record(
  deps: Deps,
  store: Repositories,
  incident: Incident,
  actor: Actor,
  warnings: readonly string[],
): Promise<void> {
  const at = incident.resolvedAt ?? deps.clock.now()
  const time = clockTime(at, deps.settings.timeZone, at)
  const words = [`<@${actor.userId}> resolved the incident.`, ...warnings].join(' ')
  await store.timeline.add({
    incidentId: incident.id,
    at,
    kind: 'resolved',
    actor: actor.userId,
    words,
  })
  await store.buttons.spendIncident(
    incident.id,
    ['ack', 'resolve', 'plan', 'status', 'failed'],
    actor.userId,
    `the incident was resolved by <@${actor.userId}> at ${time}`,
    at,
  )
  await sayInRoom(store, incident, `resolved:${incident.id}:${incident.reopened}`, {
    icon: warnings.length === 0 ? 'check' : 'warning',
    words,
    mention: [],
  })
  await touchIncident(store, incident)
  await store.audit.append(
    auditOf(at, 'resolved', {
      actor,
      action: 'resolve',
      subject: `incident ${incident.id}`,
      incidentId: incident.id,
      facts: { warnings },
    }),
  )
}

async function stillWrong(deps: Deps, store: Repositories, incident: Incident): Promise<string[]> {
  const firing = await store.alerts.firing(incident.id)
  const holds = await holdsOf(store, store.holds, incident)
  const throttles = await holdsOf(store, store.throttles, incident)
  const until = (end: Date | null): string =>
    end === null
      ? 'until somebody ends that'
      : `until ${clockTime(end, deps.settings.timeZone, deps.clock.now())}`
  return [
    ...(firing > 0 ? [`${plural(firing, 'alert')} still ${firing === 1 ? 'fires' : 'fire'}.`] : []),
    ...holds.map(
      (hold) =>
        `\`${queueKey(hold.ref)}\` stays paused by <@${hold.owner.userId}> ${until(hold.endsAt)}.`,
    ),
    ...throttles.map(
      ({ ref, owner, endsAt, throttle }) =>
        `\`${queueKey(ref)}\` stays throttled to ${throttleWords(throttle.wanted)} by <@${owner.userId}> ${until(endsAt)}.`,
    ),
  ]
}

function alreadyResolved(deps: Deps, incident: Incident): OperatorError {
  const when =
    incident.resolvedAt === null
      ? ''
      : ` at ${clockTime(incident.resolvedAt, deps.settings.timeZone, deps.clock.now())}`
  const who = incident.resolvedBy === null ? '' : ` by <@${incident.resolvedBy}>`
  return new OperatorError('already_done', `Already resolved${who}${when}.`, 'Nothing was changed.')
}
