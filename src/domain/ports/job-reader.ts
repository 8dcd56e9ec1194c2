import type { FailureClusters, JobDetail, JobLine } from '../job-details.ts'
import type { JobFilter } from '../job-filter.ts'
import type { JobState } from '../job.ts'
import type { Watch } from './job-operator.ts'

/**
 * What a system can tell of single jobs, safe to show: every text is redacted and cut. Reads never write,
 * block the system for at most 5 ms a call, and throw what `QueueSystem` throws.
 */
export interface JobReader {
  /** Failed jobs that a filter means, by what failed; the newest `most` are looked at. Its limit counts clusters' jobs no less. */
  clusters(queue: string, filter: JobFilter, most: number, watch: Watch): Promise<FailureClusters>
  /** These jobs in the order asked for; one that is gone is left out. */
  lines(
    queue: string,
    jobs: readonly { readonly state: JobState; readonly id: string }[],
  ): Promise<readonly JobLine[]>
  /** One job, or null where there is none of this id. */
  job(queue: string, id: string): Promise<JobDetail | null>
}
