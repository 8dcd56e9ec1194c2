import { compileFilter } from '../../domain/filter-match.ts'
import type { JobReader } from '../../domain/ports/job-reader.ts'
import type { Clock } from '../../domain/ports/runtime.ts'
import { readClusters } from './clusters.ts'
import type { Connection } from './connection.ts'
import { readJob } from './job-detail.ts'
import { readLines } from './job-lines.ts'
import { queueKeys } from './keys.ts'

/** Single jobs of BullMQ queues, to be shown. */
export function createJobReader({
  connection,
  prefix,
  clock,
}: {
  readonly connection: Connection
  readonly prefix: string
  readonly clock: Clock
}): JobReader {
  const keysOf = (queue: string) => queueKeys(prefix, queue)
  return {
    clusters: (queue, filter, most, watch) =>
      readClusters(connection, keysOf(queue), {
        filter: compileFilter(filter, clock.now()),
        most,
        limit: filter.limit ?? Infinity,
        watch,
      }),
    lines: (queue, jobs) => connection.run((redis) => readLines(redis, keysOf(queue), jobs)),
    job: (queue, id) => connection.run((redis) => readJob(redis, prefix, keysOf(queue), id)),
  }
}
