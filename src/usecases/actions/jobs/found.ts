import type { PlanPreview } from '../../../domain/action.ts'
import type { JobGroup, SkipReason } from '../../../domain/job.ts'
import type { QueueRef } from '../../../domain/queue.ts'

/** Jobs found in one place, explicit. */
export interface Found {
  readonly ref: QueueRef
  readonly groups: readonly JobGroup[]
  readonly looked: number
  readonly isCut: boolean
  readonly types: PlanPreview['types']
  readonly sample: PlanPreview['sample']
  readonly oldestAt: Date | null
  readonly newestAt: Date | null
  readonly foreseen: Readonly<Partial<Record<SkipReason, number>>>
  /** What could go wrong with them, in sentences. */
  readonly warnings?: readonly string[]
}

export const countOf = ({ groups }: Pick<Found, 'groups'>): number =>
  groups.reduce((sum, { ids }) => sum + ids.length, 0)
