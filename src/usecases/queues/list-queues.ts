import { alarmsOf } from '../../domain/alarm.ts'
import { OperatorError } from '../../domain/errors.ts'
import { backlog, isSameQueue, type QueueOverview } from '../../domain/queue.ts'
import { ruleFor } from '../../domain/settings.ts'
import type { QueueLine, QueueListView } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { discoverWhereNothingIsKnown, knownQueues, matchQueues } from './known-queues.ts'
import { bySystem, live } from './queue-reads.ts'

type ListDeps = Pick<Deps, 'store' | 'systems' | 'settings' | 'clock'>

/** What is alarming first, then what is stopped, then failures, then what waits. */
const urgency = ({ overview, rule }: QueueLine, at: Date): readonly number[] => [
  alarmsOf(overview, rule.thresholds, at).size > 0 ? 1 : 0,
  overview.isPaused ? 1 : 0,
  overview.counts.failed,
  backlog(overview.counts),
]

const byUrgency =
  (at: Date) =>
  (a: QueueLine, b: QueueLine): number => {
    const [ours, theirs] = [urgency(a, at), urgency(b, at)]
    const differing = ours.findIndex((value, index) => value !== theirs[index])
    return differing < 0 ? 0 : (theirs[differing] ?? 0) - (ours[differing] ?? 0)
  }

/** All queues that `filter` means (null: every one), with live counts. A system that is away is named. */
export async function listQueues(
  deps: ListDeps,
  request: { readonly filter: string | null },
): Promise<QueueListView> {
  const at = deps.clock.now()
  const undiscovered = await discoverWhereNothingIsKnown(deps.systems)
  const refs =
    request.filter === null ? knownQueues(deps.systems) : matchQueues(deps, request.filter)
  const [holds, throttles] = await Promise.all([
    deps.store.now.holds.active(null).catch(ignoreDatabase),
    deps.store.now.throttles.active(null).catch(ignoreDatabase),
  ])
  const groups = bySystem(refs, deps.systems)
  const answers = await Promise.all(
    groups.map(({ system, queues }) => live(at, () => system.overview(queues))),
  )
  const overviews: QueueOverview[] = answers.flatMap((answer) =>
    answer.isLive ? answer.value : [],
  )
  const lines = overviews.map((overview) => ({
    overview,
    rule: ruleFor(deps.settings, overview.ref),
    holds: holds.filter((hold) => isSameQueue(hold.ref, overview.ref)),
    throttles: throttles.filter((hold) => isSameQueue(hold.ref, overview.ref)),
  }))
  return {
    lines: lines.toSorted(byUrgency(at)),
    matched: refs.length,
    filter: request.filter,
    health: await Promise.all(deps.systems.all().map((system) => system.health())),
    problems: [
      ...undiscovered.map(({ problem }) => problem.message),
      ...answers.flatMap((answer) => (answer.isLive ? [] : [answer.problem])),
    ],
    searching: deps.systems
      .all()
      .filter((system) => !system.isSearched())
      .map(({ name }) => name),
    at,
  }
}

/** Counts come from the queues themselves: they are shown even while our own database is away. */
export function ignoreDatabase(error: unknown): [] {
  if (error instanceof OperatorError && error.code === 'database_unreachable') return []
  throw error
}
