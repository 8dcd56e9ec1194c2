import type { Actor } from '../../domain/action.ts'
import type { Json } from '../../domain/audit.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
import { plural } from '../../domain/text.ts'
import { throttleWords } from '../../domain/throttle.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOf } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { requireMember } from '../people/authorize.ts'
import { recoveryKey } from '../recovery/begin.ts'
import { allRefsOf } from '../recovery/refs-of.ts'
import { holdsOf, lockedIncident } from './find-incident.ts'
import { leftBehind } from './left-behind.ts'
import { sayInRoom, touchIncident } from './touch.ts'

/** Closes an incident, a storm with all its lines. What is still wrong or held is said, not forbidden. */
export async function resolveIncident(
  deps: Deps,
  request: { readonly actor: Actor; readonly incidentId: number },
): Promise<{ readonly incident: Incident; readonly warnings: readonly string[] }> {
  const { actor, incidentId } = request
  await requireMember(deps, actor)
  return deps.store.transaction(async (store) => {
    const incident = await lockedIncident(store, incidentId)
    if (incident.state === 'resolved') throw alreadyResolved(deps, incident)
    const warnings = await stillWrong(deps, store, incident)
    const words = [`<@${actor.userId}> resolved the incident.`, ...warnings].join(' ')
    const closing = { by: actor, words, isFine: warnings.length === 0, facts: { warnings } }
    return { incident: await closeIncident(deps, store, incident, closing), warnings }
  })
}

export interface Closing {
  /** Null: by itself, since its checklist held. */
  readonly by: Actor | null
  readonly words: string
  readonly isFine: boolean
  readonly facts: Json
}

/** Closes an incident with all its lines and its checklist; call it with the incident locked, and last. */
export async function closeIncident(
  deps: Pick<Deps, 'settings' | 'clock'>,
  store: Repositories,
  incident: Incident,
  closing: Closing,
): Promise<Incident> {
  const at = deps.clock.now()
  const resolvedBy = closing.by?.userId ?? null
  const change = { state: 'resolved', resolvedAt: at, resolvedBy } as const
  for (const line of await store.incidents.linesOf(incident.id))
    if (line.state !== 'resolved') await store.incidents.update(line.id, change)
  const resolved = await store.incidents.update(incident.id, change)
  await endRecovery(store, incident.id, closing.by, at)
  await record(deps, store, resolved, closing)
  return resolved
}

/** Nobody looks at its checklist any more. */
async function endRecovery(
  store: Repositories,
  incidentId: number,
  by: Actor | null,
  at: Date,
): Promise<void> {
  const recovery = await store.recoveries.active(incidentId)
  if (recovery === null) return
  await store.recoveries.end(recovery.id, 'stopped', by, at)
  await store.messages.touch(recoveryKey(recovery.id))
}

async function record(
  deps: Pick<Deps, 'settings' | 'clock'>,
  store: Repositories,
  incident: Incident,
  { by, words, isFine, facts }: Closing,
): Promise<void> {
  const at = incident.resolvedAt ?? deps.clock.now()
  const time = clockTime(at, deps.settings.timeZone, at)
  const who = by?.userId ?? null
  await store.timeline.add({ incidentId: incident.id, at, kind: 'resolved', actor: who, words })
  await store.buttons.spendIncident(
    incident.id,
    ['ack', 'resolve', 'plan', 'status', 'failed'],
    who,
    `the incident was resolved by ${who === null ? 'itself' : `<@${who}>`} at ${time}`,
    at,
  )
  await sayInRoom(store, incident, `resolved:${incident.id}:${incident.reopened}`, {
    icon: isFine ? 'check' : 'warning',
    words,
    // Nobody clicked: whoever leads is told.
    mention: by === null && incident.lead !== null ? [incident.lead] : [],
  })
  await touchIncident(store, incident)
  await store.audit.append(
    auditOf(at, 'resolved', {
      actor: by,
      action: 'resolve',
      subject: `incident ${incident.id}`,
      incidentId: incident.id,
      facts,
    }),
  )
}

/** What an incident would leave behind, in words. */
export async function stillWrong(
  deps: Pick<Deps, 'settings' | 'clock' | 'systems'>,
  store: Repositories,
  incident: Incident,
): Promise<readonly string[]> {
  const firing = await store.alerts.firing(incident.id)
  const holds = await holdsOf(store, store.holds, incident)
  const throttles = await holdsOf(store, store.throttles, incident)
  const left = await leftBehind(store, incident, await concerned(deps, store, incident))
  const until = (end: Date | null): string =>
    end === null
      ? 'until somebody ends that'
      : `until ${clockTime(end, deps.settings.timeZone, deps.clock.now())}`
  return [
    ...left,
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

/** Its queues, and those that its checklist was about: jobs may have been replayed into another one. */
async function concerned(
  deps: Pick<Deps, 'settings' | 'systems'>,
  store: Repositories,
  incident: Incident,
): Promise<readonly QueueRef[]> {
  const refs = await allRefsOf(deps, store, incident)
  const recovery = await store.recoveries.latest(incident.id)
  const all = [...refs, ...(recovery?.refs ?? [])]
  return [...new Map(all.map((ref) => [queueKey(ref), ref])).values()]
}

function alreadyResolved(deps: Deps, incident: Incident): OperatorError {
  const when =
    incident.resolvedAt === null
      ? ''
      : ` at ${clockTime(incident.resolvedAt, deps.settings.timeZone, deps.clock.now())}`
  const who = incident.resolvedBy === null ? '' : ` by <@${incident.resolvedBy}>`
  return new OperatorError('already_done', `Already resolved${who}${when}.`, 'Nothing was changed.')
}
