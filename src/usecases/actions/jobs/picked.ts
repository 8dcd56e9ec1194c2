import type { JobState } from '../../../domain/job.ts'
import type { VaultJob } from '../../../domain/vault.ts'
import type { Found } from './found.ts'

const SAMPLES = 3
/** What a slice holds in memory while it is put back. */
const SLICE_BYTES = 16 * 1024 * 1024

interface Group {
  readonly state: JobState
  readonly ids: string[]
  bytes: number
}

/** Vault rows that were picked so far, in groups of one state that fit into memory while they are put back. */
export class Picked {
  count = 0
  looked = 0
  readonly first: VaultJob[] = []
  readonly #groups: Group[] = []
  readonly #types = new Map<string, number>()
  #oldestAt: Date | null = null
  #newestAt: Date | null = null

  add(job: VaultJob): void {
    this.count += 1
    if (this.first.length < SAMPLES) this.first.push(job)
    this.#group(job)
    const { type, endedAt, addedAt } = job.facts
    this.#types.set(type, (this.#types.get(type) ?? 0) + 1)
    const at = endedAt ?? addedAt
    if (at === null) return
    if (this.#oldestAt === null || at < this.#oldestAt) this.#oldestAt = at
    if (this.#newestAt === null || at > this.#newestAt) this.#newestAt = at
  }

  #group(job: VaultJob): void {
    const open = this.#groups.findLast(({ state }) => state === job.from)
    if (open === undefined || open.bytes + job.sizeBytes > SLICE_BYTES)
      this.#groups.push({ state: job.from, ids: [String(job.id)], bytes: job.sizeBytes })
    else {
      open.ids.push(String(job.id))
      open.bytes += job.sizeBytes
    }
  }

  found(): Omit<Found, 'ref' | 'sample'> {
    const items = [...this.#types]
      .map(([type, count]) => ({ type, count }))
      .toSorted((a, b) => b.count - a.count)
    return {
      groups: this.#groups.map(({ state, ids }) => ({ state, ids })),
      looked: this.looked,
      isCut: false,
      types: { items, looked: this.count, total: this.count, isExact: true },
      oldestAt: this.#oldestAt,
      newestAt: this.#newestAt,
      foreseen: {},
    }
  }
}
