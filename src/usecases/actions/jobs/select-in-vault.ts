import type { JobOptions } from '../../../domain/action.ts'
import { OperatorError } from '../../../domain/errors.ts'
import { compileFilter } from '../../../domain/filter-match.ts'
import type { JobFilter } from '../../../domain/job-filter.ts'
import type { JobFacts, JobState } from '../../../domain/job.ts'
import type { JobOperator } from '../../../domain/ports/job-operator.ts'
import { isSameQueue, type JobSample, type QueueRef } from '../../../domain/queue.ts'
import { redactJson } from '../../../domain/redaction.ts'
import type { VaultJob, VaultSet } from '../../../domain/vault.ts'
import type { Deps } from '../../deps.ts'
import { operatorOf } from './operator-of.ts'
import { pickCanary } from './pick-canary.ts'
import { type Found, MOST_JOBS } from './resolve-jobs.ts'

const PAGE = 2000
const SHOWN_DATA = 400
const SAMPLES = 3

type Row = { readonly job: VaultJob; readonly content: string | null }

/** Jobs of one vault set that a filter means; their ids are those of its rows. */
export async function selectInVault(
  deps: Pick<Deps, 'store' | 'systems' | 'clock'>,
  about: {
    readonly refs: readonly QueueRef[]
    readonly filter: JobFilter
    readonly options: JobOptions
  },
): Promise<Found> {
  const set = await setOf(deps, about)
  const operator = operatorOf(deps, set.ref)
  const picked = new Picked()
  const { canary } = about.options
  const pool = canary === undefined ? null : pickCanary(canary)
  const matching = pool ?? picked
  const most = Math.min(about.filter.limit ?? MOST_JOBS, MOST_JOBS)
  const filter = compileFilter(about.filter, deps.clock.now())
  const withContent = filter.needs.data || filter.needs.stack
  for (let after = 0; matching.count < most;) {
    const rows = await deps.store.now.vault.held(set.id, { after, limit: PAGE, withContent })
    const last = rows.at(-1)
    if (last === undefined) break
    after = last.job.id
    for (const row of rows)
      if (matching.count < most && filter.matches(factsOf(operator, row))) matching.add(row.job)
    picked.looked += rows.length
  }
  if (pool !== null)
    for (const job of await deps.store.now.vault.rows(pool.chosen())) picked.add(job)
  return { ref: set.ref, ...picked.found(), sample: await samplesOf(deps, set, operator, picked) }
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
    const data = row?.content == null ? null : operator.factsOf(row.content).data
    samples.push({
      id: job.jobId,
      type: job.facts.type,
      addedAt: job.facts.addedAt,
      attempts: job.facts.attempts,
      data: data === null ? '' : redactJson(data, { maxLength: SHOWN_DATA }),
    })
  }
  return samples
}

/** What was picked so far. */
class Picked {
  count = 0
  looked = 0
  readonly first: VaultJob[] = []
  readonly #byState = new Map<JobState, string[]>()
  readonly #types = new Map<string, number>()
  #oldestAt: Date | null = null
  #newestAt: Date | null = null

  add(job: VaultJob): void {
    this.count += 1
    if (this.first.length < SAMPLES) this.first.push(job)
    const ids = this.#byState.get(job.from)
    if (ids === undefined) this.#byState.set(job.from, [String(job.id)])
    else ids.push(String(job.id))
    const { type, endedAt, addedAt } = job.facts
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1)
    const at = endedAt ?? addedAt
    if (at === null) return
    if (this.#oldestAt === null || at < this.#oldestAt) this.#oldestAt = at
    if (this.#newestAt === null || at > this.#newestAt) this.#newestAt = at
  }

  found(): Omit<Found, 'ref' | 'sample'> {
    const items = [...this.#types]
      .map(([type, count]) => ({ type, count }))
      .toSorted((a, b) => b.count - a.count)
    return {
      groups: [...this.#byState].map(([state, ids]) => ({ state, ids })),
      looked: this.looked,
      isCut: false,
      types: { items, looked: this.count, total: this.count, isExact: true },
      oldestAt: this.#oldestAt,
      newestAt: this.#newestAt,
      foreseen: {},
    }
  }
}
