import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ClusterTally } from '../../../src/domain/cluster-tally.ts'
import { clusterOf } from '../../../src/domain/failure-cluster.ts'
import type { FailedJob } from '../../../src/domain/job-details.ts'

const aJob = (over: Partial<FailedJob> = {}): FailedJob => ({
  id: '1',
  type: 'send',
  attempts: 3,
  error: 'connect ETIMEDOUT 10.0.0.1:443',
  stack: null,
  failedAt: new Date(1000),
  ...over,
})

const jobs = fc.array(
  fc.record({
    id: fc.uuid(),
    type: fc.constantFrom('send', 'receive'),
    attempts: fc.nat(5),
    error: fc.option(fc.constantFrom('HTTP 503', 'HTTP 429', 'connect ETIMEDOUT 10.0.0.7:443')),
    stack: fc.constant(null),
    failedAt: fc.option(fc.date({ noInvalidDate: true })),
  }),
  { maxLength: 50 },
)

const tallied = (all: readonly FailedJob[]): ClusterTally => {
  const tally = new ClusterTally()
  for (const job of all) tally.add(job)
  return tally
}

describe('a tally of failures', () => {
  it('says of each cluster what a plain look at its jobs says, in any order', () => {
    fc.assert(
      fc.property(jobs, (all) => {
        const tally = tallied(all)
        const largest = tally.largest(100)
        expect(tally.jobs).toBe(all.length)
        expect(largest.reduce((sum, { cluster }) => sum + cluster.count, 0)).toBe(all.length)
        for (const { cluster, newest } of largest) {
          const own = all.filter((job) => clusterOf(job).key === cluster.key)
          const times = own.flatMap(({ failedAt }) => (failedAt === null ? [] : [+failedAt]))
          const tries = own.map(({ attempts }) => attempts)
          expect(cluster.count).toBe(own.length)
          expect(cluster.attempts).toEqual({
            fewest: Math.min(...tries),
            most: Math.max(...tries),
          })
          expect([cluster.firstFailedAt, cluster.lastFailedAt].map((at) => at && +at)).toEqual(
            times.length === 0 ? [null, null] : [Math.min(...times), Math.max(...times)],
          )
          const last = own.find(({ id }) => id === newest.id)
          expect(last?.failedAt ?? null).toEqual(cluster.lastFailedAt)
        }
      }),
    )
  })

  it('shows the largest first, and no more than asked', () => {
    const tally = tallied([
      aJob(),
      aJob({ id: '2', error: 'HTTP 503' }),
      aJob({ id: '3', error: 'HTTP 503' }),
    ])
    expect(tally.clusters).toBe(2)
    expect(tally.largest(1).map(({ cluster }) => cluster.shape)).toEqual(['HTTP 503'])
  })

  it('does not grow with kinds of failure that never end', () => {
    const names = Array.from({ length: 5200 }, (_, n) => aJob({ id: `${n}`, type: `type ${n}` }))
    const tally = tallied(names)
    expect({ clusters: tally.clusters, jobs: tally.jobs }).toEqual({ clusters: 5000, jobs: 5200 })
  })
})
