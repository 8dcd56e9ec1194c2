import { alarmsOf } from '../../domain/alarm.ts'
import { alertQueue } from '../../domain/alert.ts'
import type { Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { backlog, isSameQueue, queueKey, type QueueRef } from '../../domain/queue.ts'
import { ruleFor } from '../../domain/settings.ts'
import type { GroupQueue } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { knownBySystem } from '../queues/known-queues.ts'
import { bySystem, live } from '../queues/queue-reads.ts'

const ALERTS_LOOKED_AT = 100
/** With the incident's own queue five are shown. */
const OTHERS_SHOWN = 4

/**
 * The other queues that the alerts of a group's incident name, the worst first, with live numbers. Queues of
 * a system that is away are left out: the headline says of its own queue that there are no numbers.
 */
export async function groupQueues(
  deps: Pick<Deps, 'store' | 'systems' | 'settings'>,
  incident: Incident,
  at: Date,
): Promise<readonly GroupQueue[]> {
  const others = await groupRefs(deps, deps.store.now, incident)
  const answers = await Promise.all(
    bySystem(others, deps.systems).map(({ system, queues }) =>
      live(at, () => system.overview(queues)),
    ),
  )
  const overviews = answers.flatMap((answer) => (answer.isLive ? answer.value : []))
  return overviews
    .map((overview) => ({ overview, rule: ruleFor(deps.settings, overview.ref) }))
    .toSorted((a, b) => urgency(b, at) - urgency(a, at))
    .slice(0, OTHERS_SHOWN)
}

/** Alarm before size; no queue has as many jobs as one alarm weighs. */
const urgency = ({ overview, rule }: GroupQueue, at: Date): number =>
  alarmsOf(overview, rule.thresholds, at).size * 1e12 +
  overview.counts.failed +
  backlog(overview.counts)

/** The other queues that the alerts of a group's incident name; none of one that is about its queue alone. */
export async function groupRefs(
  { systems, settings }: Pick<Deps, 'systems' | 'settings'>,
  store: Pick<Repositories, 'alerts'>,
  incident: Incident,
): Promise<readonly QueueRef[]> {
  const { ref: own } = incident
  if (own === null || ruleFor(settings, own).group === null) return []
  const alerts = await store.alerts.ofIncident(incident.id, ALERTS_LOOKED_AT)
  const known = knownBySystem(systems)
  const named = alerts.flatMap((alert) => alertQueue(alert, settings.mapping, known) ?? [])
  const distinct = new Map(named.map((ref) => [queueKey(ref), ref]))
  return [...distinct.values()].filter((ref) => !isSameQueue(ref, own))
}
