import type { Candidate } from '../../../domain/canary-sample.ts'
import { errorShape } from '../../../domain/failure-cluster.ts'
import type { JobState } from '../../../domain/job.ts'
import type { JobOperator } from '../../../domain/ports/job-operator.ts'
import { remembering } from '../../../domain/remembering.ts'
import type { VaultJob } from '../../../domain/vault.ts'
import type { Found } from './found.ts'

/** A job that may be replayed: of its queue, or of the vault, where `id` is that of its row. */
export interface PoolJob {
  readonly id: string
  readonly state: JobState
  readonly isInVault: boolean
  /** What it holds in memory while it is put back; 0 in its queue, where it stays. */
  readonly bytes: number
}

/** What a replay's waves are made of. */
export interface ReplayPool {
  /** In order of age. */
  readonly jobs: readonly PoolJob[]
  /** Those that were looked at, for their causes: by `key`, the index among `jobs` in decimal. */
  readonly candidates: readonly Candidate[]
  readonly sample: Found['sample']
  readonly warnings: readonly string[]
}

/** Gathers jobs one after the other; what is not looked at is in the pool, and in no stratum. */
export class PoolBuilder {
  readonly #jobs: PoolJob[] = []
  readonly #candidates: Candidate[] = []
  readonly #shapeOf = remembering(errorShape)

  addRow({ id, from, sizeBytes, facts }: VaultJob): void {
    const { type, error, endedAt, addedAt } = facts
    this.#candidates.push({
      key: String(this.#jobs.length),
      type,
      shape: this.#shape(error),
      at: endedAt ?? addedAt,
    })
    this.#jobs.push({ id: String(id), state: from, isInVault: true, bytes: sizeBytes })
  }

  /** Jobs in their queue; of many, so many are looked at, spread evenly, the first and the last among them. */
  async addQueued(
    operator: JobOperator,
    queue: string,
    { state, ids }: { readonly state: JobState; readonly ids: readonly string[] },
  ): Promise<void> {
    const first = this.#jobs.length
    const at = new Map(spread(ids, MOST_LOOKED).map(([index, id]) => [id, first + index]))
    for (const id of ids) this.#jobs.push({ id, state, isInVault: false, bytes: 0 })
    for (const job of await operator.glance(queue, [...at.keys()])) {
      const index = at.get(job.id)
      if (index === undefined) continue
      const { type, error } = job
      this.#candidates.push({ key: String(index), type, shape: this.#shape(error), at: job.at })
    }
  }

  #shape(error: string | null): string | null {
    return error === null ? null : this.#shapeOf(error)
  }

  pool(): Pick<ReplayPool, 'jobs' | 'candidates'> {
    return { jobs: this.#jobs, candidates: this.#candidates }
  }
}

/** Enough to find a cause that 1 in 1,000 jobs has. */
const MOST_LOOKED = 10_000

/** So many of them with their indices, evenly. */
function spread<T>(items: readonly T[], most: number): readonly (readonly [number, T])[] {
  if (items.length <= most) return [...items.entries()]
  return Array.from({ length: most }, (_, n) => {
    const index = Math.round((n * (items.length - 1)) / (most - 1))
    return items.slice(index, index + 1).map((item): [number, T] => [index, item])
  }).flat()
}
