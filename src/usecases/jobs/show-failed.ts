import type { FailureCluster } from '../../domain/failure-cluster.ts'
import { parseFilterText } from '../../domain/filter-grammar.ts'
import { filterWords } from '../../domain/filter-words.ts'
import type { JobFilter } from '../../domain/job-filter.ts'
import type { Watch } from '../../domain/ports/job-operator.ts'
import type { QueueRef } from '../../domain/queue.ts'
import { remedyFor } from '../../domain/remedy.ts'
import type { ClusterGroup, ClustersView } from '../../domain/views-jobs.ts'
import type { Tokens } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { jobReaderOf } from './job-reader-of.ts'
import { failedJobTokens } from './job-tokens.ts'
import { remedyTokens } from './remedy-tokens.ts'

/** Enough for an answer at once. */
const FIRST_LOOK = 1000
/** Beyond this the newest are more than anybody asks about. */
const WHOLE_LOOK = 100_000

/** So many are shown, each with what can be done about it. */
const SHOWN_GROUPS = 5

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
  const known = items.map((cluster) => ({
    cluster,
    remedy: remedyFor(cluster, deps.settings.remedies),
  }))
  return {
    ref,
    filter: words,
    groups: await withTokens(deps, { ref, incidentId, filter }, known),
    numbers,
    isFirstLook: isFirstLook && !numbers.isExact,
    at: deps.clock.now(),
  }
}

async function withTokens(
  deps: Pick<Deps, 'store' | 'systems' | 'clock' | 'ids'>,
  { filter, ...about }: Pick<FailedRequest, 'ref' | 'incidentId'> & { readonly filter: JobFilter },
  groups: readonly Omit<ClusterGroup, 'tokens'>[],
): Promise<readonly ClusterGroup[]> {
  const shown = groups.slice(0, SHOWN_GROUPS)
  const advised = new Set(shown.flatMap(({ remedy }) => remedy?.action ?? []))
  const ofQueue = await remedyTokens(deps, about, advised)
  const tokensOf = async ({ cluster, remedy }: (typeof groups)[number]): Promise<Tokens> => {
    const narrowed = narrowedTo(cluster, filter)
    const ofJobs =
      narrowed === null
        ? {}
        : await failedJobTokens(deps, { ...about, filter: narrowed }, cluster.count)
    const name = remedy?.action ?? null
    const token = name === null ? undefined : ofQueue[name]
    return name === null || token === undefined ? ofJobs : { ...ofJobs, [name]: token }
  }
  return await Promise.all(
    groups.map(async (group, index) => ({
      ...group,
      tokens: index < SHOWN_GROUPS ? await tokensOf(group) : {},
    })),
  )
}

/** The filter for this cluster's jobs alone; null where another question about errors stands in its place. */
function narrowedTo({ key }: FailureCluster, filter: JobFilter): string | null {
  if (filter.errors.some(({ kind }) => kind !== 'cluster')) return null
  return filterWords({ ...filter, errors: [{ kind: 'cluster', text: key }] })
}
