import { canarySample, type Candidate } from '../../../domain/canary-sample.ts'
import { errorShape } from '../../../domain/failure-cluster.ts'
import { remembering } from '../../../domain/remembering.ts'
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
  const shapeOf = remembering(errorShape)
  const candidates: Candidate[] = []
  return {
    get count() {
      return candidates.length
    },
    add({ id, facts: { type, error, endedAt, addedAt } }) {
      const shape = error === null ? null : shapeOf(error)
      candidates.push({ key: String(id), type, shape, at: endedAt ?? addedAt })
    },
    chosen: () => canarySample(candidates, size).map(Number),
  }
}
