import type { Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
import type { Deps } from '../deps.ts'
import { groupRefs } from '../incidents/group-queues.ts'

/** A look asks each of them: a storm's checklist is about the worst of its queues. */
const MOST_QUEUES = 20

/** The queues that have to recover before an incident is over: its own, its group's, those of its lines. */
export async function refsOf(
  deps: Pick<Deps, 'systems' | 'settings'>,
  store: Repositories,
  incident: Incident,
): Promise<readonly QueueRef[]> {
  const own = incident.ref === null ? [] : [incident.ref]
  const lines = incident.kind === 'storm' ? await store.incidents.linesOf(incident.id) : []
  const all = [
    ...own,
    ...(await groupRefs(deps, store, incident)),
    ...lines.flatMap(({ ref }) => ref ?? []),
  ]
  // An incident may outlive its system's place in the configuration.
  const systems = new Set(deps.systems.all().map(({ name }) => name))
  const known = all.filter(({ system }) => systems.has(system))
  return [...new Map(known.map((ref) => [queueKey(ref), ref])).values()].slice(0, MOST_QUEUES)
}
