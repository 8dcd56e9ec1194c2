import type { Actor } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { timeWords, type Recovery } from '../../domain/recovery.ts'
import { clockTime } from '../../domain/time.ts'
import { auditOf } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { lockedIncident } from '../incidents/find-incident.ts'
import { requireMember } from '../people/authorize.ts'
import { beginRecovery, recoveryKey } from './begin.ts'
import { refsOf } from './refs-of.ts'

/**
 * Has an incident's queues measured by a person's word; for another time, if one is under way. Throws
 * `already_done` where that would change nothing, and `not_supported` where there is no queue to look at.
 */
export async function startRecovery(
  deps: Deps,
  request: {
    readonly actor: Actor
    readonly incidentId: number
    /** Null: as configured. */
    readonly forMs: number | null
  },
): Promise<Recovery> {
  const { actor, incidentId, forMs } = request
  await requireMember(deps, actor)
  return deps.store.transaction(async (store) => {
    const incident = await lockedIncident(store, incidentId)
    const refs = await refsOf(deps, store, incident)
    const time = forMs === null ? {} : { forMs }
    const about = { incidentId, refs, by: actor, planId: null, ...time }
    const begun = await beginRecovery(deps, store, about)
    if (begun === null) throw nothingToCheck(incident)
    const recovery = begun.began
      ? begun.recovery
      : await retime(deps, store, begun.recovery, { actor, forMs })
    await store.audit.append(
      auditOf(deps.clock.now(), 'intent', {
        actor,
        action: 'recovery check',
        subject: `incident ${incidentId}`,
        incidentId,
        facts: { forMs: recovery.forMs },
      }),
    )
    return recovery
  })
}

async function retime(
  deps: Pick<Deps, 'settings' | 'clock'>,
  store: Repositories,
  recovery: Recovery,
  { actor, forMs }: { readonly actor: Actor; readonly forMs: number | null },
): Promise<Recovery> {
  if (forMs === null || forMs === recovery.forMs) throw underWay(deps, recovery)
  const { id, incidentId } = recovery
  await store.recoveries.setTime(id, forMs)
  await store.timeline.add({
    incidentId,
    at: deps.clock.now(),
    kind: 'note',
    actor: actor.userId,
    words: `<@${actor.userId}> has recovery checked for ${formatDuration(forMs)} instead of ${formatDuration(recovery.forMs)}`,
  })
  await store.messages.touch(recoveryKey(id))
  await store.work.enqueue('verify_recovery', { recoveryId: id }, { key: id })
  return { ...recovery, forMs }
}

function underWay(
  { settings, clock }: Pick<Deps, 'settings' | 'clock'>,
  recovery: Recovery,
): OperatorError {
  const since = clockTime(recovery.beganAt, settings.timeZone, clock.now())
  return new OperatorError(
    'already_done',
    `Recovery has been checked since ${since}: good for ${timeWords(recovery)}.`,
    'Nothing was changed. Its message in the room tells more; `verify for 5m` gives it another time.',
  )
}

const nothingToCheck = ({ id, state }: Incident): OperatorError =>
  state === 'resolved'
    ? new OperatorError(
        'already_done',
        `Incident ${id} is resolved.`,
        'Nothing was changed. `status` of the queue command tells how a queue is.',
      )
    : new OperatorError(
        'not_supported',
        `Incident ${id} names no queue of a configured system, so there is nothing to check.`,
        'Nothing was changed. `list` of the queue command shows the queues that are known.',
      )
