import { plural, thousands } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { ReplayDetailsView } from '../../domain/views-replay.ts'
import type { Locale } from '../../domain/views.ts'
import { context, message, section, type Rendered } from './elements.ts'
import { code } from './mrkdwn.ts'

const MAX_STRATA = 8

/** What the jobs of a replay failed with, and how its first wave went by what the jobs were: for the card's thread. */
export function renderReplayDetails(view: ReplayDetailsView, { timeZone }: Locale): Rendered {
  const { planNumber, words, failures, isCut, strata, at } = view
  const failed = failures.reduce((sum, { jobs }) => sum + jobs, 0)
  const title =
    failed === 0
      ? `Nothing failed in replay ${planNumber}`
      : `${isCut ? 'More than ' : ''}${plural(failed, 'job')} failed in replay ${planNumber}`
  return message(
    title,
    section(
      `*${title}*`,
      `${words}.`,
      ...failures.map(failureLine),
      isCut ? 'and other errors' : null,
    ),
    strata.length === 0
      ? []
      : section(
          '*First wave, by what the jobs were*',
          ...strata.slice(0, MAX_STRATA).map(stratumLine),
        ),
    context(`as of ${clockTime(at, timeZone, at)} · errors are redacted`),
  )
}

type Failure = ReplayDetailsView['failures'][number]
const failureLine = ({ shape, isKnown, jobs }: Failure): string =>
  isKnown
    ? `:x: *${thousands(jobs)}* as before: ${code(shape, 160)}`
    : `:warning: *${thousands(jobs)} with another error*: ${code(shape, 160)}`

type Share = ReplayDetailsView['strata'][number]
function stratumLine({ type, shape, jobs, completed, failed }: Share): string {
  const ended = completed + failed
  const icon = failed === 0 ? ':white_check_mark:' : completed === 0 ? ':x:' : ':warning:'
  const error = shape === null ? '' : ` ${code(shape, 80)}`
  return `${icon} ${completed} of ${ended} completed: ${code(type, 60)}${error} (${plural(jobs, 'such job')})`
}
