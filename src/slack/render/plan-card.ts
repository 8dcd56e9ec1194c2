import type { KnownBlock } from '@slack/types'

import type { Accounts } from '../../domain/accounts.ts'
import { ACTION_WORDS } from '../../domain/action-words.ts'
import { onlyQueue, type Plan } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { isOver } from '../../domain/plan-states.ts'
import type { QueueOverview } from '../../domain/queue.ts'
import { listing, plural, thousands } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { Locale, PlanCardView } from '../../domain/views.ts'
import { approvalsSoFar, expiryWords, missingLines, whoLines } from './approval-words.ts'
import { actions, context, message, section, type Rendered } from './elements.ts'
import { freezeLine, proofWords, stopLines } from './holds.ts'
import { mention, places, quoted, sentence } from './mrkdwn.ts'
import {
  effectLine,
  jobCounts,
  queueLines,
  shortCounts,
  stakeLine,
  warningLines,
} from './plan-numbers.ts'
import { previewLines } from './plan-preview.ts'
import {
  deed,
  deedUnderWay,
  numbersOf,
  planLabel,
  reasonOf,
  standingOf,
  wasBegun,
} from './plan-words.ts'
import { barOf } from './progress.ts'
import { replayBlocks, replayCard } from './replay.ts'

const MAX_WARNINGS = 3
const MAX_QUEUES = 5
const MAX_PLACES = 3
const MAX_WORDS = 1200

/** A plan's own message, from its request to its outcome: one card that is edited in place, for a phone at night. */
export function planCard(view: PlanCardView, locale: Locale): Rendered {
  const { plan, tokens } = view
  if (plan.state === 'requested') return requestCard(view, locale.timeZone)
  if (view.replay !== null) return replayCard(view, view.replay, locale)
  const undo = ACTION_WORDS[plan.action].undo?.label
  return message(
    isOver(plan.state) ? outcomeText(plan) : `${deedUnderWay(plan)}${progressText(view)}`,
    planBlocks(view, locale),
    actions(tokens, ['stop', 'undo', 'signOff', 'again'], undo === undefined ? {} : { undo }),
    planFooter(plan),
  )
}

/** What the card tells once nobody's word is awaited any more, without its buttons. */
export function planBlocks(view: PlanCardView, locale: Locale): readonly KnownBlock[] {
  const { timeZone: zone } = locale
  if (view.replay !== null) return replayBlocks(view, view.replay, locale)
  return isOver(view.plan.state) ? outcomeBlocks(view, zone) : progressBlocks(view, zone)
}

/** Who asks for what, why, how much is at stake and until when: enough to judge it, first things first. */
function requestCard(view: PlanCardView, zone: string): Rendered {
  const { plan, at } = view
  const warnings = warningLines(plan.queues, [], MAX_WARNINGS)
  const stopped = stopLines(view.stops, plan.queues.length === 1, zone, at)
  return message(
    `Approval needed: ${deed(plan)} by ${mention(plan.actor.userId)}`,
    freezeBlocks(view, zone),
    section(...requestLines(plan)),
    section(
      effectLine(plan),
      stakeLine(plan),
      ...(plan.queues.length === 1 ? [] : queueLines(plan.queues, MAX_QUEUES)),
      ...previewLines(plan),
    ),
    stopped.length === 0 ? [] : section('*It would end*', ...stopped),
    warnings.length === 0 ? [] : section(...warnings),
    section(
      `${approvalsSoFar(view, zone)} · ${expiryWords(plan, zone, at)}`,
      ...missingLines(view),
    ),
    actions(view.tokens, ['approve', 'reject', 'withdraw']),
    context(
      `${planLabel(plan)} · ${numbersOf(plan, zone)}`,
      view.places.length === 0 ? null : `Ask back in ${places(view.places.slice(0, MAX_PLACES))}`,
    ),
  )
}

/** Of a request: what, who, why, and why it is not for one person to decide. */
export const requestLines = (plan: Plan): readonly string[] => [
  `:raised_hand: *Approval needed*: ${deed(plan)}`,
  `${mention(plan.actor.userId)} asks: ${plan.reason === null ? 'no reason given' : quoted(plan.reason)}`,
  `It needs approval because ${sentence(plan.tierReason, 300)}.`,
]

const freezeBlocks = ({ freeze, at }: PlanCardView, zone: string): readonly KnownBlock[] =>
  freeze === null ? [] : [section(freezeLine(freeze, zone, at))]

/** The last queues are watched for a while: what is left is never less. */
const MOMENT_MS = 5000

const count = ({ accounts: { planned, open } }: PlanCardView): string =>
  `${thousands(planned - open)} of ${thousands(planned)}`

const progressText = (view: PlanCardView): string =>
  view.plan.state === 'executing' && view.accounts.planned > 1 ? `: ${count(view)}` : ''

function rateWords({ progress }: PlanCardView): string {
  if (progress === null) return ''
  const { perMinute, leftMs } = progress
  const rate = perMinute < 1 ? 'under 1' : thousands(Math.round(perMinute))
  const left = leftMs < MOMENT_MS ? 'a few seconds' : `about ${formatDuration(leftMs)}`
  return ` · ${rate} per min · ${left} left`
}

function progressLine(view: PlanCardView): string {
  if (view.plan.state === 'confirmed') return 'It is about to start.'
  const { planned, open } = view.accounts
  return planned === 1 && view.plan.jobs === null
    ? 'Under way. Afterwards the queue is watched for a few seconds.'
    : `${barOf(planned - open, planned)} ${count(view)}${rateWords(view)}`
}

function soFarLine({ skipped, failed }: Accounts): string | null {
  const parts = [
    ...(skipped === 0 ? [] : [`${thousands(skipped)} skipped`]),
    ...(failed === 0 ? [] : [`*${thousands(failed)} failed*`]),
  ]
  return parts.length === 0 ? null : `So far ${listing(parts)}.`
}

function stopLine({ plan: { stop }, at }: PlanCardView, zone: string): string | null {
  if (stop === null) return null
  return `:octagonal_sign: *Asked to stop* by ${mention(stop.by.userId)} at ${clockTime(stop.at, zone, at)}. What is not begun yet is left as it is.`
}

const progressBlocks = (view: PlanCardView, zone: string): readonly KnownBlock[] => [
  ...freezeBlocks(view, zone),
  section(
    `:hourglass_flowing_sand: *${deedUnderWay(view.plan)}*`,
    progressLine(view),
    soFarLine(view.accounts),
    stopLine(view, zone),
  ),
  section(...whoLines(view, zone)),
]

/** How it is found again, and of one queue the numbers before and after. */
export const planFooter = (plan: Plan): KnownBlock => context(planLabel(plan), changeLine(plan))

/** Planned = done + skipped + failed + returned, once it is over; what is left over is nobody's, and must be 0. */
const accountsLine = ({ planned, done, skipped, failed, returned, open }: Accounts): string =>
  `${thousands(planned)} planned = ${thousands(done)} done + ${thousands(skipped)} skipped + ${thousands(failed)} failed + ${thousands(returned)} returned; unexplained ${thousands(open)}`

function outcomeBlocks(view: PlanCardView, zone: string): readonly KnownBlock[] {
  const { plan } = view
  const { icon, words } = standingOf(plan)
  const isMany = plan.queues.length > 1
  return [
    section(
      `${icon} *${deed(plan)}: ${words}*`,
      plan.outcome === null ? null : sentence(plan.outcome.words, MAX_WORDS),
      (isMany || plan.jobs !== null) && wasBegun(plan) ? accountsLine(view.accounts) : null,
      isMany ? proofLine(plan) : null,
      ...whoLines(view, zone),
    ),
  ]
}

/** On how many queues the change was seen to hold. */
function proofLine({ queues }: Plan): string | null {
  const proofs = queues.flatMap(({ outcome }) => outcome?.proof ?? [])
  const kinds = [...new Set(proofs)].map((kind) => {
    const times = proofs.filter((proof) => proof === kind).length
    return `${plural(times, 'queue')} ${proofWords(kind)}`
  })
  return kinds.length === 0 ? null : `Seen afterwards: ${kinds.join(' · ')}`
}

/** Of one queue: its numbers before and after, those that the action is about. */
function changeLine(plan: Plan): string | null {
  const only = onlyQueue(plan)
  if (only === null || !wasBegun(plan) || !isOver(plan.state)) return null
  const after: QueueOverview | null = only.outcome?.after ?? null
  const counts = (of: QueueOverview): string =>
    plan.jobs === null ? shortCounts(of) : jobCounts(of, plan.jobs)
  return `before: ${counts(only.before)} → after: ${after === null ? 'unknown' : counts(after)}`
}

/** For the lock screen: how it ended, and who has to look after it if it did not end well. */
function outcomeText(plan: Plan): string {
  const { isGood, words } = standingOf(plan)
  const ending = plan.outcome === null ? words : sentence(plan.outcome.words, 400)
  const said = wasBegun(plan) && plan.outcome !== null ? ending : `${deed(plan)}: ${ending}`
  const reason = reasonOf(plan)
  const whom = mention(plan.actor.userId)
  return [
    isGood || said.includes(whom) ? null : whom,
    said,
    reason === null ? null : `Reason: ${reason}`,
  ]
    .filter((part) => part !== null)
    .join(' ')
}
