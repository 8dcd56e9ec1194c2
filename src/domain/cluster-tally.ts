import { type FailureCluster, makeClusterer } from './failure-cluster.ts'
import type { FailedJob } from './job-details.ts'

/** A cluster, and the newest of its jobs for a sample; its error is raw. */
export interface TalliedCluster {
  readonly cluster: Omit<FailureCluster, 'sample'>
  readonly newest: Pick<FailedJob, 'id' | 'error'>
}

/** More kinds of failure than this are noise: their jobs count as looked at, and name no cluster. */
const MOST_CLUSTERS = 5000

interface Count {
  readonly id: Pick<FailureCluster, 'key' | 'type' | 'shape' | 'frame'>
  count: number
  firstMs: number
  lastMs: number
  fewest: number
  most: number
  newest: Pick<FailedJob, 'id' | 'error'>
}

/** Counts failed jobs by cluster, in any order; memory grows with the clusters, not with the jobs. */
export class ClusterTally {
  readonly #counts = new Map<string, Count>()
  readonly #clusterOf = makeClusterer()
  #jobs = 0

  add(job: FailedJob): void {
    this.#jobs += 1
    const { type, attempts } = job
    const { key, shape, frame } = this.#clusterOf(job)
    const known = this.#counts.get(key)
    if (known === undefined && this.#counts.size >= MOST_CLUSTERS) return
    const count = known ?? {
      id: { key, type, shape, frame },
      count: 0,
      firstMs: Infinity,
      lastMs: -Infinity,
      fewest: Infinity,
      most: 0,
      newest: { id: job.id, error: job.error },
    }
    const ms = job.failedAt?.getTime() ?? null
    if (ms !== null && ms > count.lastMs) count.newest = { id: job.id, error: job.error }
    count.count += 1
    count.firstMs = Math.min(count.firstMs, ms ?? Infinity)
    count.lastMs = Math.max(count.lastMs, ms ?? -Infinity)
    count.fewest = Math.min(count.fewest, attempts)
    count.most = Math.max(count.most, attempts)
    this.#counts.set(key, count)
  }

  /** Jobs counted so far. */
  get jobs(): number {
    return this.#jobs
  }

  get clusters(): number {
    return this.#counts.size
  }

  /** The largest, most jobs first; of equals the one that failed last. */
  largest(limit: number): readonly TalliedCluster[] {
    return [...this.#counts.values()]
      .toSorted((a, b) => b.count - a.count || b.lastMs - a.lastMs)
      .slice(0, limit)
      .map(({ id, count, firstMs, lastMs, fewest, most, newest }) => ({
        cluster: {
          ...id,
          count,
          firstFailedAt: timeOf(firstMs),
          lastFailedAt: timeOf(lastMs),
          attempts: { fewest, most },
        },
        newest,
      }))
  }
}

const timeOf = (ms: number): Date | null => (Number.isFinite(ms) ? new Date(ms) : null)
