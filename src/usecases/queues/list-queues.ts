import { OperatorError } from '../../domain/errors.ts'
import { backlog, isSameQueue, type QueueOverview } from '../../domain/queue.ts'
import { ruleFor } from '../../domain/settings.ts'
import type { QueueLine, QueueListView } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { knownQueues, matchQueues } from './known-queues.ts'
import { bySystem, live } from './queue-reads.ts'

type ListDeps = Pick<Deps, 'store' | 'systems' | 'settings' | 'clock'>

/** Alarm before size: over a threshold first, then failures, then what waits. */
const urgency = ({ overview, rule }: QueueLine): readonly number[] => {
  const { waiting, failed } = rule.thresholds
  const isOver =
    (waiting !== null && backlog(overview.counts) > waiting) ||
    (failed !== null && overview.counts.failed > failed)
  return [
    isOver ? 1 : 0,
    overview.isPaused || overview.stranded > 0 ? 1 : 0,
    overview.counts.failed,
    backlog(overview.counts),
  ]
}

const byUrgency = (a: QueueLine, b: QueueLine): number => {
  const [ours, theirs] = [urgency(a), urgency(b)]
  const differing = ours.findIndex((value, index) => value !== theirs[index])
  return differing < 0 ? 0 : (theirs[differing] ?? 0) - (ours[differing] ?? 0)
}

/** All queues that `filter` means (null: every one), with live counts. A system that is away is named. */
export async function listQueues(
  deps: ListDeps,
  request: { readonly filter: string | null },
): Promise<QueueListView> {
  const at = deps.clock.now()
  const refs =
    request.filter === null ? knownQueues(deps.systems) : matchQueues(deps, request.filter)
  const holds = await deps.store.now.holds.active(null).catch(ignoreDatabase)
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
  }))
  return {
    lines: lines.toSorted(byUrgency),
    matched: refs.length,
    filter: request.filter,
    health: await Promise.all(deps.systems.all().map((system) => system.health())),
    problems: answers.flatMap((answer) => (answer.isLive ? [] : [answer.problem])),
    at,
  }
}

/** Counts come from the queues themselves: they are shown even while our own database is away. */
export function ignoreDatabase(error: unknown): [] {
  if (error instanceof OperatorError && error.code === 'database_unreachable') return []
  throw error
}
