import { parseFilterText } from '../../domain/filter-grammar.ts'
import { filterWords } from '../../domain/filter-words.ts'
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

const PAGE = 10
/** So many are counted; whoever needs to know of more narrows the filter. */
const MOST_COUNTED = 100_000

export interface JobsRequest {
  readonly ref: QueueRef
  /** In the filter's words. */
  readonly filter: string
  /** So many matching ones were shown already. */
  readonly skip: number
}

type ListDeps = Pick<Deps, 'store' | 'systems' | 'clock' | 'ids'>

/** One page of the jobs that a filter means. `isMore` says that they are not all counted. Throws what systems throw. */
export async function listJobs(
  deps: ListDeps,
  { ref, filter: words, skip }: JobsRequest,
  watch: Watch,
): Promise<JobsView> {
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
  const more = isMore || seen < (counted ?? 0)
  return {
    ref,
    filter: words,
    lines,
    skipped: skip,
    matched: Math.max(seen, counted ?? 0),
    isMore: isMore && counted === null,
    looked: found.looked,
    tokens: more ? await nextToken(deps, { ref, filter: words, skip: seen }) : {},
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
  { states, limit, ...asked }: JobFilter,
): Promise<number | null> {
  if (filterWords({ ...asked, states: [], limit: null }) !== filterWords(NO_FILTER)) return null
  const [overview] = await systems.get(system).overview([queue])
  if (overview === undefined) return null
  const all = states.reduce((sum, state) => sum + countOf(overview.counts, state), 0)
  return Math.min(all, limit ?? Infinity)
}

const countOf = (counts: Counts, state: JobState): number =>
  state === 'waiting' ? counts.waiting + counts.paused : counts[state]

async function nextToken(
  deps: ListDeps,
  { ref: { system, queue }, filter, skip }: JobsRequest,
): Promise<Tokens> {
  try {
    return { next: await tokenFor(deps, { kind: 'jobs', system, queue, filter, skip }) }
  } catch (error) {
    ignoreDatabase(error)
    return {}
  }
}
