import type { KnownBlock } from '@slack/types'

import type { Counts, QueueRef, Sampled, TypeShare } from '../../domain/queue.ts'
import { percent, plural, thousands } from '../../domain/text.ts'
import { exactTime } from '../../domain/time.ts'
import type { Locale, StatusView } from '../../domain/views.ts'
import { actions, context, firstFew, message, section, type Rendered } from './elements.ts'
import { failureSummary, sampleNote } from './failures.ts'
import { hazardLines, pauseLines, throttleLines } from './holds.ts'
import { channel, code, prose, queueName } from './mrkdwn.ts'
import { bareNumbers, healthLine, numberLines } from './numbers.ts'

const MAX_TYPES = 5

function typeBlocks(types: Sampled<TypeShare>): readonly KnownBlock[] {
  if (types.items.length === 0) return []
  const note = sampleNote(types, 'waiting job')
  const lines = firstFew(
    types.items,
    MAX_TYPES,
    ({ type, count }) => `${code(type)} ${thousands(count)} (${percent(count, types.looked)})`,
  )
  return [section(note === null ? '*What waits*' : `*What waits* (${note})`, ...lines)]
}

/** The same for every waiting job, once they are counted. */
export const renderTypes = (ref: QueueRef, types: Sampled<TypeShare>): Rendered =>
  message(
    `What waits in ${queueName(ref)}`,
    section(`*${queueName(ref)}*: all ${plural(types.looked, 'waiting job')} counted`),
    typeBlocks(types),
  )

/** The states that the short numbers sum up or leave out. */
function otherCounts(counts: Counts): string {
  const parts = [
    ['of them prioritized', counts.prioritized],
    ['of them set aside by a pause', counts.paused],
    ['waiting for children', counts.waitingChildren],
    ['completed', counts.completed],
  ] as const
  return parts
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${thousands(count)} ${name}`)
    .join(' · ')
}

/** One queue: numbers, what waits, what fails, what is paused, and the health beneath it. */
export function renderStatus(view: StatusView, locale: Locale): Rendered {
  const { line, detail, at } = view
  const { overview } = detail
  const name = queueName(overview.ref)
  const warnings = [
    ...pauseLines(overview, line.holds, locale.timeZone, at),
    ...throttleLines(overview, line.throttles, locale.timeZone, at),
    ...hazardLines(view.hazards),
  ]
  const room = channel(view.incident?.channelId ?? null)
  const incident =
    view.incident === null
      ? null
      : `Incident ${view.incident.id} ${view.incident.severity} (${view.incident.state})${room === null ? '' : ` ${room}`}`
  return message(
    `${name}: ${overview.isPaused ? 'paused, ' : ''}${bareNumbers(overview)}`,
    section(
      `*${name}* (${line.rule.tier})`,
      ...numberLines(overview, line.rule.thresholds, at, view.nearest),
      otherCounts(overview.counts),
    ),
    warnings.length === 0 ? [] : section(...warnings),
    typeBlocks(detail.waitingTypes),
    failureSummary(detail.failures, at),
    actions(view.tokens, ['pause', 'resume', 'failed', 'ack', 'resolve', 'unfreeze']),
    context(
      incident,
      healthLine(view.health),
      overview.libraryVersion === null
        ? null
        : `last written by ${prose(overview.libraryVersion, 60)}`,
      `numbers of ${exactTime(at, locale.timeZone)}`,
    ),
  )
}
