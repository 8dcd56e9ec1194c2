import { canarySample, type Candidate } from '../../../domain/canary-sample.ts'
import { makeClusterer } from '../../../domain/failure-cluster.ts'
import type { VaultJob } from '../../../domain/vault.ts'

/** Jobs that a canary is chosen from: of many only what the choice needs. */
export interface CanaryPick {
  /** How many could be chosen. */
  readonly count: number
  add(job: VaultJob): void
  /** Ids of the rows that are chosen. */
  chosen(): readonly number[]
}

export function pickCanary(size: number): CanaryPick {
  const clusterOf = makeClusterer()
  const candidates: Candidate[] = []
  return {
    get count() {
      return candidates.length
    },
    add({ id, facts: { type, error, endedAt, addedAt } }) {
      const cluster = error === null ? null : clusterOf({ type, error, stack: null }).key
      candidates.push({ key: String(id), type, cluster, at: endedAt ?? addedAt })
    },
    chosen: () => canarySample(candidates, size).map(Number),
  }
}
