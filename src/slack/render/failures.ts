import type { KnownBlock } from '@slack/types'

import { formatDuration } from '../../domain/duration.ts'
import type { FailureCluster } from '../../domain/failure-cluster.ts'
import type { Sampled } from '../../domain/queue.ts'
import { percent, plural, thousands } from '../../domain/text.ts'
import { firstFew, section } from './elements.ts'
import { code } from './mrkdwn.ts'

/** How much of the whole the numbers rest on. */
export const sampleNote = (sampled: Sampled<unknown>, noun: string): string | null =>
  sampled.isExact || sampled.looked >= sampled.total
    ? null
    : `from a sample: ${thousands(sampled.looked)} of ${plural(sampled.total, noun)} looked at`

const ago = (then: Date | null, now: Date): string =>
  then === null
    ? 'last failed at an unknown time'
    : `last ${formatDuration(now.getTime() - then.getTime())} ago`

const share = ({ count }: FailureCluster, { looked }: Sampled<FailureCluster>): string =>
  looked > 0 && count <= looked ? ` (${percent(count, looked)})` : ''

/** A cluster in one line, for where there is little room. */
const failureLine = (
  cluster: FailureCluster,
  clusters: Sampled<FailureCluster>,
  now: Date,
): string =>
  `*${thousands(cluster.count)}×*${share(cluster, clusters)} ${code(cluster.shape)} · ${code(cluster.type, 80)} · ${ago(cluster.lastFailedAt, now)}`

/** The worst few failures, within the status of a queue. */
export function failureSummary(
  clusters: Sampled<FailureCluster>,
  now: Date,
): readonly KnownBlock[] {
  if (clusters.items.length === 0) return []
  const note = sampleNote(clusters, 'failed job')
  return [
    section(
      note === null ? '*Failures*' : `*Failures* (${note})`,
      ...firstFew(clusters.items, 3, (cluster) => failureLine(cluster, clusters, now)),
    ),
  ]
}
