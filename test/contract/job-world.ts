import { NO_FILTER, type JobFilter } from '../../src/domain/job-filter.ts'
import type { JobState } from '../../src/domain/job.ts'
import type { Guard, JobCopy, JobOperator, Selection } from '../../src/domain/ports/job-operator.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { openLineWorld, type LineWorld } from './line-world.ts'

/** A BullMQ world with its operator of jobs. */
export interface JobWorld extends LineWorld {
  readonly jobs: JobOperator
  /** Adds many small jobs to a list, the first of them next in line. */
  fill(queue: string, ids: readonly string[], list?: 'wait' | 'paused'): Promise<void>
  /** Entries of a list, the next in line first. */
  oldestFirst(key: string): Promise<readonly string[]>
  select(queue: string, filter: Partial<JobFilter>, most?: number): Promise<Selection>
  /** Copies and takes what can be, as one slice; gives the copies of what was taken, and why others were not. */
  takeAll(
    queue: string,
    by: Guard,
    state: JobState,
    ids: readonly string[],
  ): Promise<{
    readonly copies: ReadonlyMap<string, JobCopy>
    readonly skipped: Readonly<Record<string, string>>
  }>
}

/** Ids as BullMQ gives them. */
export const numbered = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => `${n + 1}`)

export async function openJobWorld(): Promise<JobWorld> {
  const world = await openLineWorld()
  const { jobs } = world.system
  if (jobs === null) throw new Error('BullMQ has an operator')
  return {
    ...world,
    jobs,
    async fill(queue, ids, list = 'wait') {
      const keys = queueKeys('bull', queue)
      const pipeline = world.raw.pipeline()
      for (const id of ids)
        pipeline.hset(keys.base + id, { name: 'a', data: '{}', opts: '{}', timestamp: 1, delay: 0 })
      pipeline.lpush(keys[list], ...ids)
      await pipeline.exec()
    },
    oldestFirst: async (key) => (await world.raw.lrange(key, 0, -1)).toReversed(),
    select: (queue, filter, most = 1_000_000) =>
      jobs.select(queue, { ...NO_FILTER, ...filter }, most, {
        onProgress: () => undefined,
        signal: new AbortController().signal,
      }),
    async takeAll(queue, by, state, ids) {
      await jobs.open(queue, by)
      const copied = await jobs.copy(queue, state, ids)
      const copies = new Map(
        copied.flatMap((each) => ('copy' in each ? [[each.id, each.copy]] : [])),
      )
      const skipped: Record<string, string> = {}
      for (const each of copied) if ('skipped' in each) skipped[each.id] = each.skipped
      const safe = [...copies].map(([id, { digest }]) => ({ id, digest }))
      for (const { id, skipped: reason } of await jobs.take(queue, by, state, safe)) {
        if (reason === null) continue
        copies.delete(id)
        skipped[id] = reason
      }
      return { copies, skipped }
    },
  }
}
