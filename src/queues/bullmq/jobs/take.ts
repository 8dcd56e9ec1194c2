import { z } from 'zod'

import { SKIP_REASONS, type JobEnd, type JobState, type SkipReason } from '../../../domain/job.ts'
import type { Guard } from '../../../domain/ports/job-operator.ts'
import { loadScript } from '../scripts.ts'
import { inBatches, type Pace } from './batches.ts'
import { runGuarded, type JobsOf } from './guard.ts'

const script = loadScript('take', 'room', 'guard', 'clock', 'ties', 'look', 'removed')

/** Empty: it was taken, now or by an earlier call of this slice. */
export const TakeReply = z.union([z.literal(''), z.enum(SKIP_REASONS)])
const Replies = z.array(TakeReply)

/** What is to be taken: a job whose copy is safe. */
export interface SafeCopy {
  readonly id: string
  readonly digest: string
}

export const toEnd = (id: string, reply: '' | SkipReason): JobEnd => ({
  id,
  skipped: reply === '' ? null : reply,
})

/**
 * Removes jobs from a sorted set, each only if it is still what was copied, and says so in the queue's events as
 * BullMQ does. Deduplication keys stay: whoever owns one is not taken.
 */
export const takeFromSet = (
  jobs: JobsOf,
  guard: Guard,
  pace: Pace,
  state: Exclude<JobState, 'waiting' | 'active'>,
  copies: readonly SafeCopy[],
): Promise<readonly JobEnd[]> =>
  inBatches(copies, pace, 2, async (batch) => {
    const replies = Replies.parse(
      await runGuarded(jobs, guard, {
        script,
        keys: [jobs.keys.base, jobs.keys[state]],
        args: [state, ...batch.flatMap(({ id, digest }) => [id, digest])],
      }),
    )
    return replies.map((reply, index) => toEnd(batch[index]?.id ?? '', reply))
  })
