import type { JobOptions } from '../../../domain/action.ts'
import { OperatorError } from '../../../domain/errors.ts'
import { compileFilter } from '../../../domain/filter-match.ts'
import { type JobAction, MOST_JOBS } from '../../../domain/job-actions.ts'
import type { JobFilter } from '../../../domain/job-filter.ts'
import type { JobFacts, JobState } from '../../../domain/job.ts'
import type { JobOperator } from '../../../domain/ports/job-operator.ts'
import { isSameQueue, type JobSample, type QueueRef } from '../../../domain/queue.ts'
import { redactJson } from '../../../domain/redaction.ts'
import { shownError } from '../../../domain/shown-error.ts'
import type { VaultJob, VaultSet } from '../../../domain/vault.ts'
import type { Deps } from '../../deps.ts'
import { completedWarnings } from './completed-warnings.ts'
import type { Found } from './found.ts'
import { operatorOf } from './operator-of.ts'
import { Picked } from './picked.ts'

const PAGE = 2000
/** With their content, until it is known how large that is. */
const FIRST_PAGE = 100
const PAGE_BYTES = 8 * 1024 * 1024
const SHOWN_DATA = 400

type Row = { readonly job: VaultJob; readonly content: string | null }

/**
 * Jobs of one vault set that a filter means; their ids are those of its rows. Those that only differ by a state
 * of `besides` are left, and told of. `onPicked` hears of each.
 */
export async function selectInVault(
  deps: Pick<Deps, 'store' | 'systems' | 'clock'>,
  about: {
    readonly action: JobAction
    readonly refs: readonly QueueRef[]
    readonly filter: JobFilter
    readonly options: JobOptions
    readonly besides: readonly JobState[]
  },
  onPicked: (job: VaultJob) => void = () => {},
): Promise<Found> {
  const set = await setOf(deps, about)
  const operator = operatorOf(deps, set.ref)
  const picked = new Picked()
  const { action, options, besides } = about
  const most = Math.min(about.filter.limit ?? MOST_JOBS, MOST_JOBS)
  const states = [...about.filter.states, ...besides]
  const filter = compileFilter({ ...about.filter, states }, deps.clock.now())
  let left = 0
  const withContent = filter.needs.data || filter.needs.stack
  for await (const row of heldRows(deps, set, withContent)) {
    if (picked.count >= most) break
    picked.looked += 1
    if (!filter.matches(factsOf(operator, row))) continue
    if (besides.includes(row.job.facts.state)) {
      left += 1
      continue
    }
    picked.add(row.job)
    onPicked(row.job)
  }
  const found = picked.found()
  const warnings = completedWarnings(action, options, { groups: found.groups, left })
  return { ref: set.ref, ...found, warnings, sample: await samplesOf(deps, set, operator, picked) }
}

/** Page by page, so that a set of any size fits into memory. */
async function* heldRows(
  { store }: Pick<Deps, 'store'>,
  set: VaultSet,
  withContent: boolean,
): AsyncGenerator<Row> {
  let limit = withContent ? FIRST_PAGE : PAGE
  for (let after = 0; ;) {
    const rows = await store.now.vault.held(set.id, { after, limit, withContent })
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.job.id
    if (withContent) limit = nextPage(rows)
    yield* rows
  }
}

/** As many as fit, if the next ones are as large as these. */
function nextPage(rows: readonly Row[]): number {
  const bytes = rows.reduce((sum, { job }) => sum + job.sizeBytes, 0)
  const fitting = Math.floor((PAGE_BYTES * rows.length) / Math.max(1, bytes))
  return Math.min(PAGE, Math.max(1, fitting))
}

async function setOf(
  { store }: Pick<Deps, 'store'>,
  { refs, options }: { readonly refs: readonly QueueRef[]; readonly options: JobOptions },
): Promise<VaultSet> {
  const set = options.vault === undefined ? null : await store.now.vault.setByNumber(options.vault)
  if (set !== null && refs.some((ref) => isSameQueue(ref, set.ref))) return set
  throw new OperatorError(
    'bad_input',
    `There is no vault set v${options.vault ?? '?'}.`,
    'Nothing was changed. `vault` shows what there is.',
  )
}

function factsOf(operator: JobOperator, { job, content }: Row): JobFacts {
  const more = content === null ? { data: null, stack: null } : operator.factsOf(content)
  return { ...job.facts, ...more }
}

/** A few of those that were picked; their data is redacted here. */
async function samplesOf(
  { store }: Pick<Deps, 'store'>,
  set: VaultSet,
  operator: JobOperator,
  { first }: Picked,
): Promise<readonly JobSample[]> {
  const samples: JobSample[] = []
  for (const job of first) {
    const [row] = await store.now.vault.held(set.id, {
      after: job.id - 1,
      limit: 1,
      withContent: true,
    })
    const content = row?.content ?? null
    const data = content === null ? null : operator.factsOf(content).data
    samples.push({
      id: job.jobId,
      type: job.facts.type,
      addedAt: job.facts.addedAt,
      attempts: job.facts.attempts,
      data: data === null ? '' : redactJson(data, { maxLength: SHOWN_DATA }),
      ...shownError(job.facts.error ?? ''),
    })
  }
  return samples
}
