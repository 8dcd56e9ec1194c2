import type { KnownBlock } from '@slack/types'

import { backlog } from '../../domain/queue.ts'
import { plural, thousands } from '../../domain/text.ts'
import { exactTime } from '../../domain/time.ts'
import type { Locale, QueueLine, QueueListView } from '../../domain/views.ts'
import { context, message, section, type Rendered } from './elements.ts'
import { code, prose, queueName, sentence } from './mrkdwn.ts'
import { healthLine, isAlarming, shortNumbers } from './numbers.ts'

/** Three screens of a phone; who wants more narrows it. */
const MAX_LINES = 20
const LINES_PER_SECTION = 5
const MAX_NOTES = 5
const MAX_NAMES = 30

function icon({ overview, rule, holds }: QueueLine, at: Date): string {
  if (isAlarming(overview, rule.thresholds, at)) return ':small_red_triangle:'
  return overview.isPaused || holds.length > 0 ? ':double_vertical_bar:' : '•'
}

function line(queue: QueueLine, at: Date): string {
  const { overview, rule, holds } = queue
  const tier = rule.tier === 'critical' ? ' critical' : ''
  const numbers = shortNumbers(overview, rule.thresholds, at)
  const paused = overview.isPaused ? ' · paused' : holds.length > 0 ? ' · pause is gone' : ''
  return `${icon(queue, at)} ${queueName(overview.ref)}${tier}\n${numbers}${paused}`
}

function sections(lines: readonly QueueLine[], at: Date): readonly KnownBlock[] {
  const starts = lines.map((_, index) => index).filter((index) => index % LINES_PER_SECTION === 0)
  return starts.map((start) =>
    section(...lines.slice(start, start + LINES_PER_SECTION).map((queue) => line(queue, at))),
  )
}

function heading({ matched, filter }: QueueListView): string {
  const which = filter === null ? '' : ` ${matched === 1 ? 'matches' : 'match'} ${code(filter)}`
  if (matched === 0)
    return filter === null ? 'No queues were found' : `No queue matches ${code(filter)}`
  return `${plural(matched, 'queue')}${which}`
}

/** Nothing to see: no number, no pause, no alarm. */
const isQuiet = ({ overview, rule, holds }: QueueLine, at: Date): boolean =>
  overview.isKnown &&
  backlog(overview.counts) + overview.counts.active + overview.counts.failed === 0 &&
  !overview.isPaused &&
  holds.length === 0 &&
  overview.stranded === 0 &&
  !isAlarming(overview, rule.thresholds, at)

/** Quiet queues cost one line together, by name as long as that is read at a glance. */
function quietLine(quiet: readonly QueueLine[]): string | null {
  if (quiet.length === 0) return null
  const names = quiet.slice(0, MAX_NAMES).map(({ overview }) => code(overview.ref.queue))
  const more =
    quiet.length > names.length ? ` and ${thousands(quiet.length - names.length)} more` : ''
  return `Quiet, nothing waiting or failed: ${names.join(' ')}${more}`
}

/** Queues, alarming ones first, and the systems behind them; quiet ones in one line. */
export function renderQueueList(view: QueueListView, locale: Locale): Rendered {
  const quiet = view.lines.filter((queue) => isQuiet(queue, view.at))
  const busy = view.lines.filter((queue) => !quiet.includes(queue))
  const shown = busy.slice(0, MAX_LINES)
  const rest = busy.length - shown.length
  const alarming = view.lines.filter((queue) =>
    isAlarming(queue.overview, queue.rule.thresholds, view.at),
  ).length
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
      ...view.health.slice(0, MAX_NOTES).map(healthLine),
      `numbers of ${prose(exactTime(view.at, locale.timeZone), 40)}`,
    ),
  )
}
