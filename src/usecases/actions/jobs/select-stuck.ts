import type { JobFilter } from '../../../domain/job-filter.ts'
import type { Selection, StuckJob, Watch } from '../../../domain/ports/job-operator.ts'
import type { QueueRef } from '../../../domain/queue.ts'
import { plural } from '../../../domain/text.ts'
import type { Deps } from '../../deps.ts'
import { operatorOf } from './operator-of.ts'

/**
 * Of the active jobs that a filter means those that no worker has any more: nothing else can be done to an
 * active job. Its age is the time since it was taken up.
 */
export async function selectStuck(
  deps: Pick<Deps, 'systems' | 'clock'>,
  ref: QueueRef,
  filter: JobFilter,
  about: { readonly most: number; readonly watch: Watch },
): Promise<Selection & { readonly warnings: readonly string[] }> {
  const operator = operatorOf(deps, ref)
  const now = deps.clock.now()
  const stuck = await operator.stuck(ref.queue)
  const meant = stuck.filter((job) => isMeant(job, filter, now))
  const ids = meant.map(({ id }) => id)
  if (ids.length === 0) return { ...NOTHING, looked: stuck.length, warnings: [] }
  const exact = { ...filter, ids, olderMs: null, newerMs: null }
  const found = await operator.select(ref.queue, exact, about.most, about.watch)
  const chosen = new Set(found.groups.flatMap((group) => group.ids))
  return {
    ...found,
    foreseen: {},
    warnings: warningsOf(meant.filter(({ id }) => chosen.has(id))),
  }
}

function warningsOf(jobs: readonly StuckJob[]): readonly string[] {
  const failing = jobs.filter(({ failsNext }) => failsNext).length
  return [
    'A worker that was only too busy to keep its lock may still be at its job: then that is done twice.',
    ...(failing === 0
      ? []
      : [`${plural(failing, 'job')} stalled before, and will fail instead of running once more.`]),
  ]
}

function isMeant({ id, takenUpAt }: StuckJob, filter: JobFilter, now: Date): boolean {
  if (filter.ids.length > 0 && !filter.ids.includes(id)) return false
  if (filter.olderMs === null && filter.newerMs === null) return true
  if (takenUpAt === null) return false
  const ageMs = now.getTime() - takenUpAt.getTime()
  return ageMs >= (filter.olderMs ?? 0) && ageMs <= (filter.newerMs ?? Infinity)
}

const NOTHING: Selection = {
  groups: [],
  looked: 0,
  isCut: false,
  types: { items: [], looked: 0, total: 0, isExact: true },
  sample: [],
  oldestAt: null,
  newestAt: null,
  foreseen: {},
}
