import type { ActionsBlock, KnownBlock } from '@slack/types'

import { formatDuration } from '../../domain/duration.ts'
import { checkLabel, progressWords, verdictWords } from '../../domain/recovery-words.ts'
import { timeWords, type Check, type Recovery } from '../../domain/recovery.ts'
import { plural, thousands } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { Locale } from '../../domain/views.ts'
import type { RecoveryView } from '../../usecases/recovery/recovery-view.ts'
import { actions, context, message, section, type Rendered } from './elements.ts'
import { mention, prose, queueName, sentence } from './mrkdwn.ts'
import { barOf } from './progress.ts'

const ICONS: Readonly<Record<Check['state'], string>> = {
  good: ':white_check_mark:',
  bad: ':x:',
  unknown: ':grey_question:',
  pending: ':hourglass_flowing_sand:',
}

const QUEUES_SHOWN = 5
const PROBES_SHOWN = 4
/** In one section no more fit with their words. */
const CHECKS_PER_SECTION = 6

/** Whether an incident's queues have recovered: each check with its number, and how much of the time is over. */
export function renderRecovery(view: RecoveryView, locale: Locale): Rendered {
  const { recovery, incident, at } = view
  const headline = headlineOf(recovery, at)
  return message(
    `Recovery of incident ${incident.id}: ${headline}`,
    section(`*Recovery* · ${queuesOf(view)}`, headline, setbackLine(recovery, locale, at)),
    checkSections(view, locale),
    buttons(view),
    context(...footer(view, locale)),
  )
}

const queuesOf = ({ recovery: { refs }, queues }: RecoveryView): string => {
  const named = refs.slice(0, QUEUES_SHOWN).map(queueName).join(', ')
  const rest = refs.length - QUEUES_SHOWN
  const looked =
    queues > refs.length ? ` (${thousands(refs.length)} of ${plural(queues, 'queue')})` : ''
  return `${named}${rest > 0 ? ` and ${plural(rest, 'more queue')}` : ''}${looked}`
}

function headlineOf(recovery: Recovery, at: Date): string {
  if (recovery.state === 'stopped' && recovery.endedBy !== null)
    return `Stopped by ${mention(recovery.endedBy.userId)} after ${timeWords(recovery)}.`
  if (recovery.state !== 'measuring') return sentence(verdictWords(recovery, at), 500)
  const { goodMs, forMs, checks } = recovery
  return checks.some(({ state }) => state === 'bad')
    ? `:x: Not good yet; the time of ${formatDuration(forMs)} begins when nothing is bad`
    : `${barOf(goodMs, forMs)} ${progressWords(recovery)}`
}

/** What is bad now says so itself; this is about what is over. */
const setbackLine = (
  { state, setback, checks }: Recovery,
  { timeZone }: Locale,
  at: Date,
): string | null =>
  setback === null || state !== 'measuring' || checks.some((check) => check.state === 'bad')
    ? null
    : `Began anew at ${clockTime(setback.at, timeZone, at)}: ${sentence(setback.words, 300)}`

function checkSections({ recovery, at }: RecoveryView, locale: Locale): readonly KnownBlock[] {
  const { checks } = recovery
  if (checks.length === 0) return [section(':hourglass_flowing_sand: The first look is under way')]
  return Array.from({ length: Math.ceil(checks.length / CHECKS_PER_SECTION) }, (_, index) =>
    section(
      ...checks
        .slice(index * CHECKS_PER_SECTION, (index + 1) * CHECKS_PER_SECTION)
        .map((check) => checkLine(check, locale, at)),
    ),
  )
}

const checkLine = (check: Check, { timeZone }: Locale, at: Date): string => {
  const since =
    check.state === 'bad' || check.state === 'unknown'
      ? ` (since ${clockTime(check.since, timeZone, at)})`
      : ''
  return `${ICONS[check.state]} *${prose(checkLabel(check), 80)}*: ${sentence(check.words, 300)}${since}`
}

/** Each probe in a row of its own: within one, Slack wants every button to be of another kind. */
function buttons({ tokens }: RecoveryView): readonly ActionsBlock[] {
  const { probes, ...others } = tokens
  return [
    ...probes
      .slice(0, PROBES_SHOWN)
      .flatMap(({ name, token }) =>
        actions({ probe: token }, ['probe'], { probe: `Run ${name}…` }),
      ),
    ...actions(others, ['resolve', 'stop'], { stop: { label: 'Stop the check', isPlain: true } }),
  ]
}

const ABOUT = { health: 'health endpoints', external: 'external APIs' } as const

function footer(
  { recovery, unasked, inVault, at }: RecoveryView,
  { timeZone }: Locale,
): readonly string[] {
  const { by, planId, beganAt, endedAt } = recovery
  const who =
    by !== null
      ? `begun by ${mention(by.userId)}`
      : planId === null
        ? 'begun when the alerts were resolved'
        : 'begun when a replay ended well'
  const over = endedAt === null ? '' : ` · over at ${clockTime(endedAt, timeZone, at)}`
  return [
    `${who} at ${clockTime(beganAt, timeZone, at)}${over}`,
    ...(inVault === 0 ? [] : [`${plural(inVault, 'job')} in the vault, not counted as failed`]),
    ...(unasked.length === 0
      ? []
      : [`no probe is configured for ${unasked.map((about) => ABOUT[about]).join(' and ')}`]),
  ]
}
