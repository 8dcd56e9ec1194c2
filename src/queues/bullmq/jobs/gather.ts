import type { JobFacts, JobGroup, JobState, SkipReason } from '../../../domain/job.ts'
import type { Selection } from '../../../domain/ports/job-operator.ts'

const SHOWN_TYPES = 20

/** What a selection has found so far. */
export interface Gathering {
  look(jobs: number): void
  looked(): number
  has(id: string): boolean
  /** `staysFor`: why the job will be left as it is, as far as can be seen now. */
  add(state: JobState, facts: JobFacts, staysFor: SkipReason | null): void
  /** One more was found than fits: whatever follows is of no interest. */
  isFull(): boolean
  firstIds(count: number): readonly string[]
  result(): Omit<Selection, 'sample'>
}

/** Gathers up to `most` jobs, each id once. */
export function gather(most: number): Gathering {
  const groups = new Map<JobState, string[]>()
  const ids = new Set<string>()
  const types = new Map<string, number>()
  const foreseen = new Map<SkipReason, number>()
  const times = { oldest: Number.POSITIVE_INFINITY, newest: Number.NEGATIVE_INFINITY }
  let looked = 0
  let isCut = false
  return {
    look: (jobs) => void (looked += jobs),
    looked: () => looked,
    has: (id) => ids.has(id),
    add(state, facts, staysFor) {
      if (ids.size >= most) {
        isCut = true
        return
      }
      ids.add(facts.id)
      const group = groups.get(state) ?? []
      groups.set(state, group)
      group.push(facts.id)
      count(types, facts.type)
      if (staysFor !== null) count(foreseen, staysFor)
      const time = (facts.endedAt ?? facts.addedAt)?.getTime()
      times.oldest = Math.min(times.oldest, time ?? times.oldest)
      times.newest = Math.max(times.newest, time ?? times.newest)
    },
    isFull: () => isCut,
    firstIds: (wanted) => [...ids].slice(0, wanted),
    result: () => ({
      groups: [...groups].map(([state, own]): JobGroup => ({ state, ids: own })),
      looked,
      isCut,
      types: {
        items: [...types]
          .map(([type, shared]) => ({ type, count: shared }))
          .toSorted((a, b) => b.count - a.count || (a.type < b.type ? -1 : 1))
          .slice(0, SHOWN_TYPES),
        looked: ids.size,
        total: ids.size,
        isExact: true,
      },
      oldestAt: Number.isFinite(times.oldest) ? new Date(times.oldest) : null,
      newestAt: Number.isFinite(times.newest) ? new Date(times.newest) : null,
      foreseen: Object.fromEntries(foreseen),
    }),
  }
}

const count = <Key>(counts: Map<Key, number>, key: Key) =>
  counts.set(key, (counts.get(key) ?? 0) + 1)
