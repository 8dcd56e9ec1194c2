import type { KnownBlock } from '@slack/types'

import { formatDuration } from '../../domain/duration.ts'
import { isFilterRedacted, shownFilter } from '../../domain/filter-shown.ts'
import type { JobLine } from '../../domain/job-details.ts'
import { percent, plural, thousands } from '../../domain/text.ts'
import { exactTime } from '../../domain/time.ts'
import type { JobsView } from '../../domain/views-jobs.ts'
import type { Locale } from '../../domain/views.ts'
import { actions, context, message, section, type Rendered } from './elements.ts'
import { code, queueName } from './mrkdwn.ts'

const PER_SECTION = 5

/** A page of jobs, two short lines each, and how many there are in all. */
export function renderJobs(view: JobsView, locale: Locale): Rendered {
  const title = titleOf(view)
  return message(
    title,
    section(`*${title}*`),
    jobSections(view.lines, view.at),
    actions(view.tokens, ['next', 'quarantine', 'retry']),
    context(
      placeWords(view),
      `${plural(view.looked, 'job')} looked at · as of ${exactTime(view.at, locale.timeZone)}`,
      ...moreAbout(view, locale),
    ),
  )
}

function titleOf({ ref, filter, matched, isMore }: JobsView): string {
  const name = queueName(ref)
  const which = filter === '' ? '' : `: ${code(shownFilter(filter), 200)}`
  if (matched === 0)
    return filter === ''
      ? `No jobs in ${name}`
      : `No job in ${name} matches ${code(shownFilter(filter), 200)}`
  return `${isMore ? 'At least ' : ''}${plural(matched, 'job')} in ${name}${which}`
}

function placeWords({ lines, skipped, matched, isMore }: JobsView): string | null {
  if (lines.length === 0) return null
  const last = skipped + lines.length
  if (skipped === 0 && last >= matched && !isMore) return null
  const all = isMore ? `at least ${thousands(matched)}` : thousands(matched)
  return `${thousands(skipped + 1)} to ${thousands(last)} of ${all}`
}

function moreAbout(view: JobsView, { commands }: Locale): readonly (string | null)[] {
  const [first] = view.lines
  if (first === undefined) return []
  const say = (verb: string, rest: string): string =>
    code(`${commands.queue} ${verb} ${view.ref.system}/${view.ref.queue} ${rest}`, 250)
  return [
    `One of them: ${say('job', first.id)}`,
    view.takenBy === null || isFilterRedacted(view.takenBy)
      ? null
      : `To take them out: ${say('quarantine', view.takenBy)}`,
  ]
}

/** Jobs, a few to a section, so that none is cut for the length of the others. */
export function jobSections(lines: readonly JobLine[], now: Date): readonly KnownBlock[] {
  const starts = lines.map((_, index) => index).filter((index) => index % PER_SECTION === 0)
  return starts.map((start) =>
    section(...lines.slice(start, start + PER_SECTION).flatMap((line) => jobLines(line, now))),
  )
}

function jobLines(line: JobLine, now: Date): readonly string[] {
  const { id, state, type, attempts, priority, shape } = line
  const facts = [
    ageWords(line, now),
    attempts === 0 ? null : plural(attempts, 'attempt'),
    priority === 0 ? null : `priority ${thousands(priority)}`,
    shape === null ? null : code(shape, 120),
  ]
  return [
    `*${state}* ${code(type, 80)} · job ${code(id, 80)}`,
    facts.filter((fact) => fact !== null).join(' · '),
  ]
}

function ageWords({ addedAt, endedAt }: JobLine, now: Date): string {
  const ago = (date: Date): string => `${formatDuration(now.getTime() - date.getTime())} ago`
  if (endedAt !== null) return `ended ${ago(endedAt)}`
  return addedAt === null ? 'age unknown' : `added ${ago(addedAt)}`
}

/** While a long look is under way: that it is, and how far. */
export const renderLooking = (view: Pick<JobsView, 'ref' | 'filter'>, share: number): Rendered => {
  const words = `Looking through ${queueName(view.ref)} for ${code(shownFilter(view.filter), 200)}: ${percent(share, 1)} so far`
  return message(words, section(`:mag: ${words}`))
}

/** The number that the first page left open. */
export const renderMatched = ({ ref, filter, matched, isMore, looked }: JobsView): Rendered => {
  const words = `${isMore ? 'At least ' : ''}${plural(matched, 'job')} in ${queueName(ref)}: ${code(shownFilter(filter), 200)} · ${plural(looked, 'job')} looked at`
  return message(words, section(words))
}
