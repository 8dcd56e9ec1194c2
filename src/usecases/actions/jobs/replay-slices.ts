import type { QueueRef } from '../../../domain/queue.ts'
import type { PoolJob } from './replay-pool.ts'
import type { NewSlice } from './resolve-jobs.ts'

/** What a slice holds in memory while it is put back. */
const SLICE_BYTES = 16 * 1024 * 1024

interface OpenSlice {
  readonly of: Pick<PoolJob, 'state' | 'isInVault'>
  readonly ids: string[]
  bytes: number
}

/** Waves in slices of at most `most` jobs, each of one wave, one state and one place. */
export function slicesOfWaves(
  ref: QueueRef,
  waves: readonly (readonly PoolJob[])[],
  most: number,
): readonly NewSlice[] {
  const slices = waves.flatMap((jobs, wave) =>
    slicesOf(jobs, most).map(({ of: { state, isInVault }, ids }) => ({
      ref,
      state,
      ids,
      wave,
      isInVault,
    })),
  )
  return slices.map((slice, position) => ({ ...slice, position }))
}

/** In the order in which their first jobs come: of a few kinds mixed at random, no slice has one job only. */
function slicesOf(jobs: readonly PoolJob[], most: number): readonly OpenSlice[] {
  const slices: OpenSlice[] = []
  const open = new Map<string, OpenSlice>()
  for (const job of jobs) {
    const kind = `${job.state} ${job.isInVault}`
    const known = open.get(kind)
    const isRoomy =
      known !== undefined && known.ids.length < most && known.bytes + job.bytes <= SLICE_BYTES
    const slice = isRoomy ? known : { of: job, ids: [], bytes: 0 }
    if (!isRoomy) slices.push(slice)
    open.set(kind, slice)
    slice.ids.push(job.id)
    slice.bytes += job.bytes
  }
  return slices
}
