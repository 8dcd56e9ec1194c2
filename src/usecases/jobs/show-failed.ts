import type { FailureCluster } from '../../domain/failure-cluster.ts'
import { parseFilterText } from '../../domain/filter-grammar.ts'
import { filterWords } from '../../domain/filter-words.ts'
import type { JobFilter } from '../../domain/job-filter.ts'
import type { Watch } from '../../domain/ports/job-operator.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { remedyFor } from '../../domain/remedy.ts'
import type { ClusterGroup, ClustersView } from '../../domain/views-jobs.ts'
import type { Deps } from '../deps.ts'
import { jobReaderOf } from './job-reader-of.ts'
import { failedJobTokens } from './job-tokens.ts'

/** Enough for an answer at once. */
const FIRST_LOOK = 1000
/** Beyond this the newest are more than anybody asks about. */
const WHOLE_LOOK = 100_000

/** Two buttons each; more than five do not fit side by side on a phone, nor in anybody's head. */
const GROUPS_WITH_BUTTONS = 2

export interface FailedRequest {
  readonly ref: QueueRef
  readonly incidentId: number | null
  /** In the filter's words; empty for all failed jobs. */
  readonly filter: string
  /** A first look takes the newest thousand only. */
  readonly isFirstLook: boolean
}

/** Failed jobs by what failed, with what is known to help. Throws what systems throw, and `watch`'s reason when it is given up. */
export async function showFailed(
  deps: Pick<Deps, 'store' | 'systems' | 'settings' | 'clock' | 'ids'>,
  { ref, incidentId, filter: words, isFirstLook }: FailedRequest,
  watch: Watch,
): Promise<ClustersView> {
  const filter = parseFilterText(words)
  const most = isFirstLook ? FIRST_LOOK : WHOLE_LOOK
  const { items, ...numbers } = await jobReaderOf(deps, ref).clusters(
    ref.queue,
    filter,
    most,
    watch,
  )
  const groupOf = async (cluster: FailureCluster, index: number): Promise<ClusterGroup> => {
    const narrowed = index < GROUPS_WITH_BUTTONS ? narrowedTo(cluster, filter) : null
    const tokens =
      narrowed === null ? {} : await failedJobTokens(deps, { ref, incidentId, filter: narrowed })
    return { cluster, remedy: remedyFor(cluster, deps.settings.remedies), tokens }
  }
  return {
    ref,
    filter: words,
    groups: await Promise.all(items.map(groupOf)),
    numbers,
    isFirstLook: isFirstLook && !numbers.isExact,
    at: deps.clock.now(),
  }
}

/** The filter for this cluster's jobs alone; null where another question about errors stands in its place. */
function narrowedTo({ key }: FailureCluster, filter: JobFilter): string | null {
  if (filter.errors.some(({ kind }) => kind !== 'cluster')) return null
  return filterWords({ ...filter, errors: [{ kind: 'cluster', text: key }] })
}
