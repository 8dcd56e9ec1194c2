import type { KnownBlock } from '@slack/types'

import { formatDuration } from '../../domain/duration.ts'
import type { FailureGroup, Sampled } from '../../domain/queue.ts'
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

const share = (group: FailureGroup, groups: Sampled<FailureGroup>): string =>
  groups.looked > 0 && group.count <= groups.looked
    ? ` (${percent(group.count, groups.looked)})`
    : ''

/** A failure in one line, for where there is little room. */
const failureLine = (group: FailureGroup, groups: Sampled<FailureGroup>, now: Date): string =>
  `*${thousands(group.count)}×*${share(group, groups)} ${code(group.error)} · ${ago(group.lastFailedAt, now)}`

/** The worst few failures, within the status of a queue. */
export function failureSummary(groups: Sampled<FailureGroup>, now: Date): readonly KnownBlock[] {
  if (groups.items.length === 0) return []
  const note = sampleNote(groups, 'failed job')
  return [
    section(
      note === null ? '*Failures*' : `*Failures* (${note})`,
      ...firstFew(groups.items, 3, (group) => failureLine(group, groups, now)),
    ),
  ]
}
