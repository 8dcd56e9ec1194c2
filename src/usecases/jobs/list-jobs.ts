import { parseFilterText } from '../../domain/filter-grammar.ts'
import { filterWords } from '../../domain/filter-words.ts'
import { jobActionRule } from '../../domain/job-actions.ts'
import { type JobFilter, NO_FILTER } from '../../domain/job-filter.ts'
import type { JobState } from '../../domain/job.ts'
import type { JobOperator, Selection, Watch } from '../../domain/ports/job-operator.ts'
import type { Counts, QueueRef } from '../../domain/queue.ts'
import type { JobsView } from '../../domain/views-jobs.ts'
import type { Tokens } from '../../domain/views.ts'
import { operatorOf } from '../actions/jobs/operator-of.ts'
import type { Deps } from '../deps.ts'
import { ignoreDatabase } from '../queues/list-queues.ts'
import { tokenFor } from '../queues/queue-tokens.ts'
import { jobReaderOf } from './job-reader-of.ts'
import { jobToken } from './job-tokens.ts'

const PAGE = 10
/** So many are counted; whoever needs to know of more narrows the filter. */
const MOST_COUNTED = 100_000

export interface JobsRequest {
  readonly ref: QueueRef
  readonly incidentId: number | null
  /** In the filter's words. */
  readonly filter: string
  /** So many matching ones were shown already. */
  readonly skip: number
}

type ListDeps = Pick<Deps, 'store' | 'systems' | 'clock' | 'ids'>

/** One page of the jobs that a filter means. `isMore` says that they are not all counted. Throws what systems throw. */
export async function listJobs(
  deps: ListDeps,
  request: JobsRequest,
  watch: Watch,
): Promise<JobsView> {
  const { ref, filter: words, skip } = request
  const filter = parseFilterText(words)
  const until = Math.min(skip + PAGE, filter.limit ?? Infinity)
  const found = await operatorOf(deps, ref).select(ref.queue, filter, until, watch)
  const jobs = jobsOf(found).slice(skip)
  const [lines, counted] = await Promise.all([
    jobReaderOf(deps, ref).lines(ref.queue, jobs),
    countedAtOnce(deps, ref, filter),
  ])
  const seen = skip + jobs.length
  const isMore = found.isCut && seen < (filter.limit ?? Infinity)
  const takenBy = lines.length === 0 ? null : takenByOf(filter)
  const next = isMore || seen < (counted ?? 0) ? seen : null
  return {
    ref,
    filter: words,
    lines,
    skipped: skip,
    matched: Math.max(seen, counted ?? 0),
    isMore: isMore && counted === null,
    looked: found.looked,
    takenBy,
    tokens: await tokensOf(deps, request, { next, takenBy }),
    at: deps.clock.now(),
  }
}

/** How many match in all, up to a hundred thousand. */
export async function countJobs(
  deps: Pick<Deps, 'systems'>,
  { ref, filter: words }: Pick<JobsRequest, 'ref' | 'filter'>,
  watch: Watch,
): Promise<Pick<JobsView, 'matched' | 'isMore' | 'looked'>> {
  const filter = parseFilterText(words)
  const operator: JobOperator = operatorOf(deps, ref)
  const found = await operator.select(ref.queue, filter, MOST_COUNTED, watch)
  const matched = jobsOf(found).length
  return { matched, isMore: found.isCut && matched !== filter.limit, looked: found.looked }
}

const jobsOf = ({
  groups,
}: Selection): readonly { readonly state: JobState; readonly id: string }[] =>
  groups.flatMap(({ state, ids }) => ids.map((id) => ({ state, id })))

/** Where nothing but states is asked, the queue itself knows how many there are. */
async function countedAtOnce(
  { systems }: Pick<Deps, 'systems'>,
  { system, queue }: QueueRef,
  filter: JobFilter,
): Promise<number | null> {
  if (isChoosing({ ...filter, limit: null })) return null
  const [overview] = await systems.get(system).overview([queue])
  if (overview === undefined) return null
  const all = filter.states.reduce((sum, state) => sum + countOf(overview.counts, state), 0)
  return Math.min(all, filter.limit ?? Infinity)
}

/** Does it ask for more than states? */
const isChoosing = (filter: JobFilter): boolean =>
  filterWords({ ...filter, states: [] }) !== filterWords(NO_FILTER)

const countOf = (counts: Counts, state: JobState): number =>
  state === 'waiting' ? counts.waiting + counts.paused : counts[state]

/** Whole states are nothing to take out by the way. */
function takenByOf(filter: JobFilter): string | null {
  const allowed = jobActionRule('quarantine').states
  const states = filter.states.filter((state) => allowed.includes(state))
  return isChoosing(filter) && states.length > 0 ? filterWords({ ...filter, states }) : null
}

async function tokensOf(
  deps: ListDeps,
  { ref, incidentId, filter }: JobsRequest,
  { next, takenBy }: { readonly next: number | null; readonly takenBy: string | null },
): Promise<Tokens> {
  const { system, queue } = ref
  try {
    return {
      ...(next === null
        ? {}
        : { next: await tokenFor(deps, { kind: 'jobs', system, queue, filter, skip: next }) }),
      ...(takenBy === null
        ? {}
        : {
            quarantine: await jobToken(deps, 'quarantine', {
              ref,
              incidentId,
              filter: takenBy,
              options: {},
            }),
          }),
    }
  } catch (error) {
    ignoreDatabase(error)
    return {}
  }
}
