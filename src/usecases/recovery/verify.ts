import type { Incident } from '../../domain/incident.ts'
import type { RoomLine } from '../../domain/message.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { isRecovered, judge } from '../../domain/recovery-judge.ts'
import { verdictWords } from '../../domain/recovery-words.ts'
import { isOverdue, isTooOld, lookMs, type Recovery } from '../../domain/recovery.ts'
import { auditOf } from '../audit/audit-of.ts'
import type { Deps } from '../deps.ts'
import { lockedIncident } from '../incidents/find-incident.ts'
import { sayInRoom, touchIncident } from '../incidents/touch.ts'
import { recoveryKey } from './begin.ts'
import { recoveryFacts } from './facts.ts'
import { lookAt } from './look.ts'
import { resolveByItself } from './resolve-by-itself.ts'

/** Between two edits of what only counts on; a change of state is shown at once. */
const SHOW_MS = 15_000

/**
 * Looks once at a recovery's checklist, and stores and shows what it found. Resolves to when to look again, in
 * ms; null once it is over. A process that dies in between loses one look: jobs that ended meanwhile are read
 * by the next, from where the last one that was stored left off.
 */
export async function verifyRecovery(deps: Deps, recoveryId: string): Promise<number | null> {
  const before = await deps.store.now.recoveries.byId(recoveryId)
  if (before === null || before.endedAt !== null) return null
  const sight = await lookAt(deps, before)
  const judged = judge(before, sight, deps.settings.recovery)
  return deps.store.transaction(async (store) => {
    const incident = await lockedIncident(store, before.incidentId)
    const known = await store.recoveries.locked(recoveryId)
    if (known === null || known.endedAt !== null) return null
    // It was given another time meanwhile.
    if (known.forMs !== before.forMs) return lookMs(known)
    return conclude(deps, store, { incident, before, judged })
  })
}

interface Looked {
  readonly incident: Incident
  readonly before: Recovery
  readonly judged: Recovery
}

async function conclude(
  deps: Deps,
  store: Repositories,
  { incident, before, judged }: Looked,
): Promise<number | null> {
  const at = judged.seenAt ?? deps.clock.now()
  const isDone = isRecovered(judged)
  const after = { ...judged, isLate: before.isLate || (!isDone && isOverdue(judged, at)) }
  // Somebody else looked meanwhile, and saw more.
  if (!(await store.recoveries.look(after))) return lookMs(after)
  await show(store, before, after, at)
  if (isDone) return recovered(deps, store, { incident, after, at })
  if (isTooOld(after, at)) return giveUp(store, { incident, after, at })
  if (after.isLate && !before.isLate) await tell(store, incident, after, 'late', at)
  return lookMs(after)
}

interface Ended {
  readonly incident: Incident
  readonly after: Recovery
  readonly at: Date
}

async function recovered(deps: Deps, store: Repositories, ended: Ended): Promise<null> {
  const { incident, after, at } = ended
  const over = await end(store, incident, { ...after, state: 'recovered', endedAt: at })
  const left = await resolveByItself(deps, store, incident, over)
  if (left !== null) {
    await tell(store, incident, over, 'recovered', at, left)
    await note(store, incident, over, at)
  }
  return null
}

async function giveUp(store: Repositories, { incident, after, at }: Ended): Promise<null> {
  const over = await end(store, incident, { ...after, state: 'given_up', endedAt: at })
  await tell(store, incident, over, 'given_up', at)
  await note(store, incident, over, at)
  return null
}

async function end(
  store: Repositories,
  incident: Incident,
  over: Recovery & { readonly state: 'recovered' | 'given_up'; readonly endedAt: Date },
): Promise<Recovery> {
  await store.recoveries.end(over.id, over.state, null, over.endedAt)
  await store.messages.touch(recoveryKey(over.id))
  await touchIncident(store, incident)
  return over
}

/** A line in the room, for an edit notifies nobody; the timeline has it as well. */
async function tell(
  store: Repositories,
  incident: Incident,
  recovery: Recovery,
  step: 'late' | 'recovered' | 'given_up',
  at: Date,
  more = '',
): Promise<void> {
  const words = `${verdictWords(recovery, at)} ${more}`.trim()
  const whom = incident.lead ?? recovery.by?.userId
  const line: RoomLine = {
    icon: step === 'recovered' ? 'check' : 'warning',
    words,
    mention: whom === undefined ? [] : [whom],
  }
  await sayInRoom(store, incident, `${recoveryKey(recovery.id)}:${step}:${recovery.forMs}`, line)
  await store.timeline.add({ incidentId: incident.id, at, kind: 'note', actor: null, words })
}

/** The last statement of its transaction. */
async function note(
  store: Repositories,
  incident: Incident,
  recovery: Recovery,
  at: Date,
): Promise<void> {
  await store.audit.append(
    auditOf(at, 'watched', {
      action: 'recovery check',
      subject: `incident ${incident.id}`,
      incidentId: incident.id,
      planId: recovery.planId,
      facts: recoveryFacts(recovery),
    }),
  )
}

/** Whatever changed is shown at once; what only counts on, now and then: edits are few in a workspace. */
async function show(
  store: Repositories,
  before: Recovery,
  after: Recovery,
  at: Date,
): Promise<void> {
  const states = ({ checks }: Recovery): string => checks.map(({ state }) => state).join()
  const beat = (time: Date | null): number => Math.floor((time?.getTime() ?? 0) / SHOW_MS)
  if (states(before) !== states(after) || beat(before.seenAt) !== beat(at))
    await store.messages.touch(recoveryKey(after.id))
}
