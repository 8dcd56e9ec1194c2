import type { KnownBlock } from '@slack/types'

import { alarmsOf } from '../../domain/alarm.ts'
import { backlog } from '../../domain/queue.ts'
import { plural, thousands } from '../../domain/text.ts'
import { throttleWords } from '../../domain/throttle.ts'
import { exactTime } from '../../domain/time.ts'
import type { Locale, QueueLine, QueueListView } from '../../domain/views.ts'
import { context, message, section, type Rendered } from './elements.ts'
import { code, prose, queueName, sentence } from './mrkdwn.ts'
import { healthLine, shortNumbers } from './numbers.ts'

/** Three screens of a phone; who wants more narrows it. */
const MAX_LINES = 20
const LINES_PER_SECTION = 5
const MAX_NOTES = 5
const MAX_NAMES = 30

const isAlarming = ({ overview, rule }: QueueLine, at: Date): boolean =>
  alarmsOf(overview, rule.thresholds, at).size > 0

function icon(queue: QueueLine, at: Date): string {
  if (isAlarming(queue, at)) return ':small_red_triangle:'
  if (isStopped(queue)) return ':double_vertical_bar:'
  return isSlowed(queue) ? ':turtle:' : '•'
}

function line(queue: QueueLine, at: Date): string {
  const { overview, rule, holds } = queue
  const tier = rule.tier === 'critical' ? ' critical' : ''
  const numbers = shortNumbers(overview, rule.thresholds, at)
  const paused = overview.isPaused ? ' · paused' : holds.length > 0 ? ' · pause is gone' : ''
  const slowed = isSlowed(queue) ? ` · throttled to ${throttleWords(overview.throttle)}` : ''
  return `${icon(queue, at)} ${queueName(overview.ref)}${tier}\n${numbers}${paused}${slowed}`
}

function sections(lines: readonly QueueLine[], at: Date): readonly KnownBlock[] {
  const starts = lines.map((_, index) => index).filter((index) => index % LINES_PER_SECTION === 0)
  return starts.map((start) =>
    section(...lines.slice(start, start + LINES_PER_SECTION).map((queue) => line(queue, at))),
  )
}

/** None is a finding only once everything was looked through. */
function nothing({ filter, problems, searching }: QueueListView): string {
  if (filter !== null) return `No queue matches ${code(filter)}`
  if (problems.length > 0) return 'No queues are known; not all systems answered'
  return searching.length > 0 ? 'No queues were found yet' : 'No queues were found'
}

function heading(view: QueueListView): string {
  const { matched, filter } = view
  if (matched === 0) return nothing(view)
  const which = filter === null ? '' : ` ${matched === 1 ? 'matches' : 'match'} ${code(filter)}`
  return `${plural(matched, 'queue')}${which}`
}

/** Nothing to see: no number, no pause, no alarm. */
const isQuiet = (queue: QueueLine, at: Date): boolean =>
  queue.overview.isKnown &&
  isEmpty(queue.overview) &&
  !isStopped(queue) &&
  !isSlowed(queue) &&
  !isAlarming(queue, at)

const isEmpty = ({ counts }: QueueLine['overview']): boolean =>
  backlog(counts) + counts.active + counts.failed === 0

const isStopped = ({ overview, holds }: QueueLine): boolean => overview.isPaused || holds.length > 0

const isSlowed = ({ throttles }: QueueLine): boolean => throttles.length > 0

/** Quiet queues cost one line together, by name as long as that is read at a glance. */
function quietLine(quiet: readonly QueueLine[]): string | null {
  if (quiet.length === 0) return null
  const names = quiet.slice(0, MAX_NAMES).map(({ overview }) => code(overview.ref.queue))
  const more =
    quiet.length > names.length ? ` and ${thousands(quiet.length - names.length)} more` : ''
  return `Quiet, nothing waiting or failed: ${names.join(' ')}${more}`
}

const searchingLine = ({ searching }: QueueListView): string | null =>
  searching.length === 0
    ? null
    : `still looking for queues in ${searching.map((system) => prose(system, 60)).join(', ')}`

/** Queues, alarming ones first, and the systems behind them; quiet ones in one line. */
export function renderQueueList(view: QueueListView, locale: Locale): Rendered {
  const quiet = view.lines.filter((queue) => isQuiet(queue, view.at))
  const busy = view.lines.filter((queue) => !quiet.includes(queue))
  const shown = busy.slice(0, MAX_LINES)
  const rest = busy.length - shown.length
  const alarming = view.lines.filter((queue) => isAlarming(queue, view.at)).length
  const title = heading(view)
  const summary = alarming === 0 ? title : `${title}, ${thousands(alarming)} alarming`
  const narrow = code(`${locale.commands.queue} list some*`)
  return message(
    summary,
    section(`*${title}*${alarming === 0 ? '' : ` · ${thousands(alarming)} alarming`}`),
    view.problems.length === 0
      ? []
      : section(
          ...view.problems.slice(0, MAX_NOTES).map((words) => `:warning: ${sentence(words, 300)}`),
        ),
    sections(shown, view.at),
    quiet.length === 0 ? [] : section(quietLine(quiet)),
    rest > 0 ? context(`and ${thousands(rest)} more; narrow it with ${narrow}`) : [],
    context(
      searchingLine(view),
      ...view.health.slice(0, MAX_NOTES).map(healthLine),
      `numbers of ${prose(exactTime(view.at, locale.timeZone), 40)}`,
    ),
  )
}
