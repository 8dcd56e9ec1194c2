import type { JobOptions, PlannedJobs, PlanPreview } from '../../../domain/action.ts'
import { OperatorError } from '../../../domain/errors.ts'
import { parseFilterText } from '../../../domain/filter-grammar.ts'
import { filterWords } from '../../../domain/filter-words.ts'
import {
  type JobAction,
  jobActionRule,
  possibleStates,
  usualStates,
} from '../../../domain/job-actions.ts'
import type { JobFilter } from '../../../domain/job-filter.ts'
import type { JobState } from '../../../domain/job.ts'
import { jobsDigest } from '../../../domain/plan.ts'
import type { Slice } from '../../../domain/ports/vault-store.ts'
import { queueKey, type QueueRef } from '../../../domain/queue.ts'
import { listing } from '../../../domain/text.ts'
import type { Deps } from '../../deps.ts'
import { countOf, type Found } from './found.ts'
import { selectInQueues } from './select-in-queue.ts'
import { selectInVault } from './select-in-vault.ts'

/** Which jobs somebody means, in words, and what is to be done with them. */
export interface JobsWish {
  /** In the filter grammar; empty for the usual ones. */
  readonly filter: string
  readonly options: JobOptions
}

/** Jobs of one checkpoint. */
const SLICE_JOBS = 1000

export type NewSlice = Omit<Slice, 'end' | 'isBegun'>

/** The jobs of a plan, resolved: what it shows, and every single id. */
export interface ResolvedJobs {
  readonly jobs: PlannedJobs
  readonly slices: readonly NewSlice[]
  readonly counts: ReadonlyMap<string, number>
  readonly warnings: ReadonlyMap<string, readonly string[]>
  readonly preview: Pick<PlanPreview, 'types' | 'sample'>
}

/**
 * The filter that is meant, with the states that the action is about. Throws `bad_input` where the filter
 * cannot be read, or asks for what the action cannot do.
 */
export function filterFor(action: JobAction, words: string, options: JobOptions = {}): JobFilter {
  const filter = parseFilterText(words)
  const states = possibleStates(action, options)
  const wrong = filter.states.filter((state) => !states.includes(state))
  if (wrong.length > 0) throw wrongStates(action, wrong, states)
  if (jobActionRule(action).needsFilter && words.trim() === '')
    throw new OperatorError(
      'bad_input',
      `Say which jobs to ${action}.`,
      `Nothing was changed. For example \`${action} <queue> state:completed older:1h\`.`,
    )
  return filter.states.length > 0 ? filter : { ...filter, states: usualStates(action, options) }
}

const isInLine = (state: JobState): boolean =>
  state === 'waiting' || state === 'prioritized' || state === 'delayed'

const wrongStates = (
  action: JobAction,
  wrong: readonly JobState[],
  states: readonly JobState[],
): OperatorError =>
  new OperatorError(
    'bad_input',
    `\`${action}\` is not for ${listing(wrong, 'or')} jobs.`,
    `Nothing was changed. It is for ${listing(states, 'or')} jobs.${action === 'replay' && wrong.some((state) => isInLine(state)) ? ' What waits runs anyway.' : ''}`,
  )

/**
 * Every job that is meant, in slices; of a replay see `resolveReplay`. Throws `bad_input`, `busy` where looking for them takes too long, and what
 * systems throw.
 */
export async function resolveJobs(
  deps: Pick<Deps, 'store' | 'systems' | 'clock'>,
  about: {
    readonly action: JobAction
    readonly refs: readonly QueueRef[]
    readonly wish: JobsWish
    readonly onProgress?: ((share: number) => void) | undefined
  },
): Promise<ResolvedJobs> {
  const { action, refs, wish, onProgress = () => {} } = about
  const filter = filterFor(action, wish.filter, wish.options)
  const found =
    jobActionRule(action).source === 'vault'
      ? [
          await selectInVault(deps, {
            action,
            refs,
            filter,
            options: wish.options,
            besides: unasked(action, wish, filter),
          }),
        ]
      : await selectInQueues(deps, refs, filter, onProgress)
  return toResolved(found, {
    filter: filterWords(parseFilterText(wish.filter)),
    options: wish.options,
  })
}

/** States that the action can be about, and that only a name brings in: whoever named some knows of it. */
export function unasked(
  action: JobAction,
  { filter, options }: JobsWish,
  { states }: JobFilter,
): readonly JobState[] {
  const isNamed = parseFilterText(filter).states.length > 0
  return isNamed ? [] : possibleStates(action, options).filter((state) => !states.includes(state))
}

function toResolved(found: readonly Found[], wish: JobsWish): ResolvedJobs {
  const slices = slicesOf(found)
  return {
    slices,
    counts: new Map(found.map((one) => [queueKey(one.ref), countOf(one)])),
    warnings: new Map(found.map(({ ref, warnings = [] }) => [queueKey(ref), warnings])),
    preview: {
      types: mergeTypes(found),
      sample: found.flatMap(({ sample }) => sample).slice(0, 3),
    },
    jobs: {
      filter: wish.filter,
      count: found.reduce((sum, one) => sum + countOf(one), 0),
      digest: jobsDigest(slices),
      byState: byState(found),
      oldestAt: extreme(
        found.map(({ oldestAt }) => oldestAt),
        (a, b) => a < b,
      ),
      newestAt: extreme(
        found.map(({ newestAt }) => newestAt),
        (a, b) => a > b,
      ),
      foreseen: sumOf(found.map(({ foreseen }) => foreseen)),
      options: wish.options,
    },
  }
}

function slicesOf(found: readonly Found[]): readonly NewSlice[] {
  const parts = found.flatMap(({ ref, groups }) =>
    groups.flatMap(({ state, ids }) =>
      chunks(ids, SLICE_JOBS).map((part) => ({ ref, state, ids: part })),
    ),
  )
  return parts.map((part, position) => ({ ...part, position }))
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  )
}

function byState(found: readonly Found[]): PlannedJobs['byState'] {
  return sumOf(
    found.flatMap(({ groups }) => groups.map(({ state, ids }) => ({ [state]: ids.length }))),
  )
}

function sumOf<K extends string>(
  parts: readonly Readonly<Partial<Record<K, number>>>[],
): Readonly<Partial<Record<K, number>>> {
  const sums = new Map<string, number>()
  for (const part of parts)
    for (const [key, count] of Object.entries<number | undefined>(part))
      sums.set(key, (sums.get(key) ?? 0) + (count ?? 0))
  return Object.fromEntries(sums) as Partial<Record<K, number>>
}

function extreme(
  dates: readonly (Date | null)[],
  isBefore: (a: Date, b: Date) => boolean,
): Date | null {
  return dates.reduce(
    (best, one) => (one !== null && (best === null || isBefore(one, best)) ? one : best),
    null,
  )
}

function mergeTypes(found: readonly Found[]): PlanPreview['types'] {
  const counts = sumOf(
    found.flatMap(({ types }) => types.items.map(({ type, count }) => ({ [type]: count }))),
  )
  const items = Object.entries(counts)
    .map(([type, count = 0]) => ({ type, count }))
    .toSorted((a, b) => b.count - a.count)
  return {
    items,
    looked: found.reduce((sum, { types }) => sum + types.looked, 0),
    total: found.reduce((sum, { types }) => sum + types.total, 0),
    isExact: found.every(({ types }) => types.isExact),
  }
}
