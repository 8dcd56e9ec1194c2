import type { Incident } from '../../domain/incident.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { queueKey, type QueueRef } from '../../domain/queue.ts'
import { MOST_QUEUES } from '../../domain/recovery.ts'
import type { Deps } from '../deps.ts'
import { groupRefs } from '../incidents/group-queues.ts'

/** The queues that an incident's checklist is about: those that have to recover, as many as are looked at. */
export const refsOf = async (
  ...about: Parameters<typeof allRefsOf>
): Promise<readonly QueueRef[]> => (await allRefsOf(...about)).slice(0, MOST_QUEUES)

/** The queues that have to recover before an incident is over: its own, its group's, those of its lines. */
export async function allRefsOf(
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
  return [...new Map(known.map((ref) => [queueKey(ref), ref])).values()]
}
