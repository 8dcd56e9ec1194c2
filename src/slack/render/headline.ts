import type { KnownBlock } from '@slack/types'

import { alertName, alertSummary, duringReplay, type TrackedAlert } from '../../domain/alert.ts'
import type { RoomStep, RoomStepName } from '../../domain/incident.ts'
import { progressWords } from '../../domain/recovery-words.ts'
import { plural, thousands } from '../../domain/text.ts'
import { clockTime, exactTime } from '../../domain/time.ts'
import type { HeadlineView, Locale, Tokens } from '../../domain/views.ts'
import { LIMITS } from '../limits.ts'
import { actions, context, firstFew, header, message, section, type Rendered } from './elements.ts'
import { freezeLine, hazardLines, heldQueueLine, pauseLines, throttleLines } from './holds.ts'
import { incidentIcon, lasted, leadWords, resolvedWords } from './incident-words.ts'
import { link, mention, plain, prose, queueName, sentence } from './mrkdwn.ts'
import { nextStep } from './next-step.ts'
import { bareNumbers, numberLines, shortNumbers } from './numbers.ts'
import { deed } from './plan-words.ts'

const MAX_ALERTS = 3
const MAX_STORM_LINES = 10
const MAX_STORM_HOLDS = 5
const MAX_PENDING = 3

const ORDER: readonly (keyof Tokens)[] = [
  'ack',
  'pause',
  'resume',
  'failed',
  'status',
  'resolve',
  'unfreeze',
]

const STEP_WORDS: Readonly<Record<RoomStepName, string>> = {
  create: 'opening the room',
  invite: 'inviting people',
  topic: 'setting the topic',
  pin: 'pinning the headline',
}

const stepLine = (step: RoomStep): string =>
  `:warning: Failed: ${STEP_WORDS[step.step]}${step.problem === null ? '' : ` (${sentence(step.problem, 150)})`}. It is tried again.`

function alertLine(alert: TrackedAlert, zone: string, now: Date): string {
  const name = prose(alertName(alert), 80)
  const summary = prose(alertSummary(alert), 250)
  const state =
    alert.status === 'firing' ? `since ${clockTime(alert.startsAt, zone, now)}` : 'resolved'
  const during = alert.replay === null ? [] : [duringReplay(alert.replay)]
  const runbook = alert.annotations['runbook_url'] ?? alert.annotations['runbook']
  const links = [link(runbook, 'runbook'), link(alert.sourceUrl, 'source')].filter(
    (found) => found !== null,
  )
  return [`*${name}* ${state}`, ...during, ...(summary === name ? [] : [summary]), ...links].join(
    ' · ',
  )
}

function summaryLines(view: HeadlineView, zone: string): readonly string[] {
  const { incident, at } = view
  const tier = view.rule === null ? '' : ` (${view.rule.tier})`
  const what = incident.ref === null ? '*Many queues*' : `*${queueName(incident.ref)}*${tier}`
  const isOver = incident.state === 'resolved'
  const facts = [
    `${isOver ? 'lasted ' : ''}${lasted(incident, at)}, since ${clockTime(incident.openedAt, zone, at)}`,
    isOver ? null : `${plural(view.firing, 'alert')} firing`,
    incident.reopened === 0 ? null : `reopened ${plural(incident.reopened, 'time')}`,
  ].filter((fact) => fact !== null)
  return [`${incidentIcon(incident)} ${what}`, facts.join(' · '), ...whoLines(view, zone)]
}

const leader = ({ incident }: HeadlineView): string =>
  incident.lead === null ? '*Nobody has it yet*' : leadWords(incident)

function whoLines(view: HeadlineView, zone: string): readonly string[] {
  const { incident, at } = view
  if (incident.state === 'resolved') return [resolvedWords(incident, zone, at)]
  if (incident.state === 'mitigated') return ['Alerts are quiet, not resolved yet', leader(view)]
  return [leader(view)]
}

/** The live part: numbers, or why there are none; what is paused; what could go wrong with a pause. */
function queueBlocks(view: HeadlineView, zone: string): readonly KnownBlock[] {
  const { queue, at } = view
  if (queue === null) return []
  const numbers = queue.isLive
    ? numberLines(queue.value, view.rule?.thresholds ?? null, queue.at, view.nearest)
    : [`:grey_question: *No live numbers*: ${sentence(queue.problem, 300)}`]
  const overview = queue.isLive ? queue.value : null
  const warnings = [
    ...pauseLines(overview, view.holds, zone, at),
    ...throttleLines(overview, view.throttles, zone, at),
    ...(view.incident.state === 'resolved' ? [] : hazardLines(view.hazards)),
  ]
  return [section(...numbers), ...(warnings.length === 0 ? [] : [section(...warnings)])]
}

const stormBlocks = (view: HeadlineView, zone: string): readonly KnownBlock[] =>
  view.incident.kind === 'storm'
    ? [
        section(
          `*${plural(view.lines.length, 'incident')}* that came too fast for a room each:`,
          ...firstFew(view.lines, MAX_STORM_LINES, (line) => {
            const what = line.ref === null ? '' : `${queueName(line.ref)} `
            return `${incidentIcon(line)} ${line.severity} ${what}${prose(line.title, 80)}`
          }),
        ),
        ...(view.holds.length + view.throttles.length === 0
          ? []
          : [
              section(
                ...firstFew([...view.holds, ...view.throttles], MAX_STORM_HOLDS, (hold) =>
                  heldQueueLine(hold, zone, view.at),
                ),
              ),
            ]),
      ]
    : []

/** What else of the group is concerned; the buttons act on the incident's own queue. */
const othersBlocks = (view: HeadlineView): readonly KnownBlock[] =>
  view.others.length === 0
    ? []
    : [
        section(
          '*Also concerned*, of the same group:',
          ...view.others.map(({ overview, rule }) => {
            const paused = overview.isPaused ? ' · paused' : ''
            return `${queueName(overview.ref)} ${shortNumbers(overview, rule.thresholds, view.at)}${paused}`
          }),
        ),
      ]

/** What waits for somebody's word on this account. */
const pendingBlocks = ({ pending, at }: HeadlineView, zone: string): readonly KnownBlock[] =>
  pending.length === 0
    ? []
    : [
        section(
          ...firstFew(
            pending,
            MAX_PENDING,
            (plan) =>
              `:raised_hand: Waits for approval: ${deed(plan)} by ${mention(plan.actor.userId)}, until ${clockTime(plan.expiresAt, zone, at)}`,
          ),
        ),
      ]

/** Its message has the checklist. */
const recoveryBlocks = ({ recovery = null }: HeadlineView): readonly KnownBlock[] =>
  recovery === null
    ? []
    : [section(`:stethoscope: Recovery: ${sentence(progressWords(recovery), 300)}`)]

const alertBlocks = (view: HeadlineView, zone: string): readonly KnownBlock[] =>
  view.alerts.length === 0
    ? []
    : [section(...firstFew(view.alerts, MAX_ALERTS, (alert) => alertLine(alert, zone, view.at)))]

const stepBlocks = (view: HeadlineView): readonly KnownBlock[] => {
  const failed = view.steps.filter((step) => step.state === 'failed')
  return failed.length === 0 ? [] : [context(...failed.map(stepLine))]
}

/** Without a time once it is over, so that an unchanged headline costs no edit. */
function footer(view: HeadlineView, zone: string): KnownBlock {
  const { queue, incident } = view
  const isLive = queue?.isLive === true
  const instant = isLive
    ? ` · numbers of ${exactTime(queue.at, zone)}`
    : ` · as of ${exactTime(view.at, zone)}`
  return context(
    `Incident ${incident.id}${incident.state === 'resolved' && !isLive ? '' : instant}`,
  )
}

const title = (view: HeadlineView): string => {
  const { incident } = view
  const words = incident.state === 'resolved' ? `Resolved: ${incident.title}` : incident.title
  return `${incident.severity} ${words}`
}

function notification(view: HeadlineView): string {
  const { incident, queue } = view
  const what = prose(incident.title, LIMITS.header)
  if (incident.state === 'resolved') return `${incident.severity} resolved: ${what}`
  const numbers =
    queue === null ? null : queue.isLive ? bareNumbers(queue.value) : 'no live numbers'
  const lines = incident.kind === 'storm' ? plural(view.lines.length, 'incident') : null
  const facts = [numbers, lines, `${thousands(view.firing)} firing`].filter((fact) => fact !== null)
  return `${incident.severity} ${what}: ${facts.join(', ')}`
}

/**
 * The pinned message of a room: what is broken, since when, how bad, who leads, what is paused, what to
 * do now. Without buttons once the incident is resolved.
 */
export function renderHeadline(view: HeadlineView, locale: Locale): Rendered {
  const zone = locale.timeZone
  const isOver = view.incident.state === 'resolved'
  const next = isOver ? null : nextStep(view)
  return message(
    notification(view),
    view.freeze === null || isOver ? [] : section(freezeLine(view.freeze, zone, view.at)),
    header(plain(title(view), LIMITS.header)),
    section(...summaryLines(view, zone)),
    queueBlocks(view, zone),
    othersBlocks(view),
    stormBlocks(view, zone),
    isOver ? [] : pendingBlocks(view, zone),
    isOver ? [] : recoveryBlocks(view),
    next === null ? [] : section(`:point_right: ${next}`),
    isOver ? [] : actions(view.tokens, ORDER),
    alertBlocks(view, zone),
    stepBlocks(view),
    footer(view, zone),
  )
}
