import type { KnownBlock } from '@slack/types'

import { formatDuration } from '../../domain/duration.ts'
import type { FailureGroup, Sampled } from '../../domain/queue.ts'
import { percent, plural, thousands } from '../../domain/text.ts'
import { exactTime } from '../../domain/time.ts'
import type { FailedView, Locale } from '../../domain/views.ts'
import { context, firstFew, message, section, type Rendered } from './elements.ts'
import { code, fenced, prose, queueName } from './mrkdwn.ts'

const MAX_GROUPS = 5

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

function groupBlock(group: FailureGroup, groups: Sampled<FailureGroup>, now: Date): KnownBlock {
  const { sample } = group
  return section(
    failureLine(group, groups, now),
    `e.g. job ${code(sample.jobId, 60)} · ${code(sample.type, 80)} · ${plural(sample.attempts, 'attempt')}`,
    fenced([sample.error, sample.data], 500),
  )
}

/** Failed jobs that share an error, most first, each with one redacted sample. */
export function renderFailed(view: FailedView, locale: Locale): Rendered {
  const { groups, ref, failedTotal } = view
  const name = queueName(ref)
  const title =
    failedTotal === 0
      ? `No failed jobs in ${name}`
      : `${plural(failedTotal, 'failed job')} in ${name}`
  const rest = groups.items.length - MAX_GROUPS
  return message(
    title,
    section(`*${title}*`),
    groups.items.slice(0, MAX_GROUPS).map((group) => groupBlock(group, groups, view.at)),
    context(
      rest > 0 ? `and ${plural(rest, 'other error')}` : null,
      sampleNote(groups, 'failed job'),
      `as of ${prose(exactTime(view.at, locale.timeZone), 40)} · samples are redacted`,
    ),
  )
}

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
