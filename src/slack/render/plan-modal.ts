import type { KnownBlock, ModalView } from '@slack/types'

import { ACTION_WORDS } from '../../domain/action-words.ts'
import { type ActionKind, onlyQueue, type Plan } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { OperatorError } from '../../domain/errors.ts'
import { shownFilter } from '../../domain/filter-shown.ts'
import { isJobAction, SELECT_MS } from '../../domain/job-actions.ts'
import { isOver } from '../../domain/plan-states.ts'
import { rampTyped } from '../../domain/replay-grammar.ts'
import { percent, plural } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { Locale, PlanCardView, PlanView } from '../../domain/views.ts'
import { CALLBACK_IDS } from '../action-ids.ts'
import { approverLines, expiryWords } from './approval-words.ts'
import { context, section } from './elements.ts'
import { stopLines, untilWords } from './holds.ts'
import { modal } from './modal.ts'
import { code, places, sentence } from './mrkdwn.ts'
import { numberLines } from './numbers.ts'
import { planBlocks, planFooter } from './plan-card.ts'
import { metadataOf, planInputs } from './plan-inputs.ts'
import { effectLine, queueLines, stakeLine, warningLines } from './plan-numbers.ts'
import { previewLines, sampleBlocks } from './plan-preview.ts'
import { deed, numbersOf, planLabel, subject, verbOf } from './plan-words.ts'
import { problemLines, renderFault } from './problem.ts'

const MAX_WARNINGS = 5
const MAX_QUEUES = 8

/** `Pause a queue`, `Retry jobs`; even what may not be known before the button is looked up. */
function titleFor(action: ActionKind | null): string {
  if (action === null) return 'Preview'
  return `${verbOf({ action })} ${isJobAction(action) ? 'jobs' : 'a queue'}`
}

/** `Pause 12 queues`, `Quarantine 376 jobs`: what it is about, and no more than fits. */
function titleOfPlan({ action, queues, jobs }: Plan): string {
  if (jobs !== null) return `${verbOf({ action })} ${plural(jobs.count, 'job')}`
  return queues.length === 1
    ? titleFor(action)
    : `${verbOf({ action })} ${plural(queues.length, 'queue')}`
}

/** What is opened at once, before anything is known: the right to open a modal lasts three seconds. */
export const loadingModal = (action: ActionKind | null): ModalView =>
  modal({
    title: titleFor(action),
    blocks: [
      section(
        `:hourglass_flowing_sand: ${action !== null && isJobAction(action) ? 'Looking for the jobs' : 'Looking it up'}. ${NOT_YET}`,
      ),
    ],
  })

const NOT_YET = 'Nothing is changed yet.'

/** While many jobs are looked at: how far it is, 0 to 1, so that nobody takes it for stuck. */
export const searchingModal = (action: ActionKind, share: number): ModalView =>
  modal({
    title: titleFor(action),
    blocks: [
      section(
        `:hourglass_flowing_sand: Looking for the jobs: ${percent(share, 1)} looked at. ${NOT_YET}`,
        `In a queue with hundreds of thousands this takes up to ${formatDuration(SELECT_MS)}; a narrower state or \`limit:\` is quicker. You may close this: then nothing happens.`,
      ),
    ],
  })

/** In place of the preview when it may not or cannot be done. */
export const refusedModal = (action: ActionKind | null, error: OperatorError): ModalView =>
  modal({ title: titleFor(action), blocks: [section(...problemLines(error))] })

/** What holds the queues already, and what that means for this plan. */
function holdBlocks({ plan, holds, foreign, at }: PlanView, zone: string): readonly KnownBlock[] {
  const lines = stopLines({ holds, foreign }, plan.queues.length === 1, zone, at)
  const isAboutJobs = plan.jobs !== null
  const note = holds.length === 0 || isAboutJobs ? null : holdNote({ plan, holds, at }, zone)
  return lines.length === 0 ? [] : [section(note, ...lines)]
}

function holdNote(
  { plan, holds, at }: Pick<PlanView, 'plan' | 'holds' | 'at'>,
  zone: string,
): string {
  const [first] = holds
  if (plan.action === 'resume' || plan.action === 'unthrottle')
    return `This ends ${plural(holds.length, 'hold')}:`
  if (plan.action === 'throttle')
    return 'Throttled already; while several last, of each limit the strictest counts:'
  const rest = 'runs again when the last hold ends, so this can only keep it paused for longer.'
  if (first !== undefined && holds.length === 1 && plan.queues.length === 1)
    return `It is held already ${untilWords(first, zone, at)}. It ${rest}`
  return plan.queues.length === 1
    ? `It is held already. It ${rest}`
    : `Some of them are held already. Each ${rest}`
}

/** Who must agree, and to what: always, or only to the longer choices. */
function approvalBlocks(view: PlanView): readonly KnownBlock[] {
  const { plan, approvalsNeeded, approvers, canBreakGlass } = view
  if (approvalsNeeded === 0) return []
  const what = isApprovalDue(plan) ? 'This needs' : 'A choice marked so needs'
  const isShort = approvers.length < approvalsNeeded
  return [
    section(
      `:raised_hand: *${what} the approval of ${plural(approvalsNeeded, 'other person', 'other people')}.*`,
      ...approverLines(approvalsNeeded, approvers),
      isShort && canBreakGlass ? 'You can break the glass below.' : null,
    ),
  ]
}

const isApprovalDue = ({ tier }: Plan): boolean => tier === 'T3'

/** What it is about: one queue with all its numbers, or several with the sums and the first few. */
function subjectBlocks({ plan, undoes }: PlanView): readonly KnownBlock[] {
  const only = onlyQueue(plan)
  const heading = `*${verbOf(plan)} ${subject(plan)}*`
  const undoing = undoes === null ? '' : ` · takes plan ${undoes} back`
  if (only !== null)
    return [
      section(`${heading} (${only.tier})${undoing}`, effectLine(plan)),
      section(...numberLines(only.before, null, plan.createdAt), ...previewLines(plan)),
      ...sampleBlocks(plan),
    ]
  return [
    section(`${heading}${undoing}`, effectLine(plan), stakeLine(plan)),
    section(...queueLines(plan.queues, MAX_QUEUES), ...previewLines(plan)),
    ...sampleBlocks(plan),
  ]
}

/**
 * The preview that is confirmed by submitting it; `private_metadata` says what was previewed. `reason` is what
 * the person typed already, for a preview that no longer held.
 */
export function planModal(view: PlanView, locale: Locale, reason: string | null = null): ModalView {
  const { plan, at } = view
  const zone = locale.timeZone
  const warnings = warningLines(plan.queues, view.hazards, MAX_WARNINGS)
  return modal({
    title: titleOfPlan(plan),
    submit: isApprovalDue(plan) ? 'Ask for approval' : verbOf(plan),
    callbackId: CALLBACK_IDS.planSubmit,
    privateMetadata: JSON.stringify(metadataOf(view)),
    blocks: [
      ...driftBlocks(view),
      ...subjectBlocks(view),
      ...holdBlocks(view, zone),
      ...(warnings.length === 0 ? [] : [section(...warnings)]),
      ...approvalBlocks(view),
      ...planInputs(view, reason),
      context(
        `*${plan.tier}* · ${sentence(plan.tierReason, 300)}`,
        otherwiseWords(plan, locale),
        `plan ${plan.number} · ${numbersOf(plan, zone)} · can be confirmed until ${clockTime(plan.expiresAt, zone, at)}`,
      ),
    ],
  })
}

/** How other waves are said: the same again, typed, for whoever wants to change a part of it. */
function otherwiseWords({ scope, jobs }: Plan, { commands }: Locale): string | null {
  if (jobs?.replay === undefined) return null
  const filter = jobs.filter === '' ? '' : ` ${shownFilter(jobs.filter)}`
  const { ramp } = jobs.replay
  return `Otherwise, for example: ${code(`${commands.queue} replay ${scope}${filter} ${rampTyped(ramp)}`, 250)}`
}

const driftBlocks = ({ drift }: PlanView): readonly KnownBlock[] =>
  drift === null
    ? []
    : [
        section(
          `:warning: *What was shown before no longer holds*: ${sentence(drift, 300)} This is how it is now.`,
        ),
      ]

function howWords(action: ActionKind): string {
  if (action === 'replay') return ', wave by wave'
  return isJobAction(action)
    ? ', a thousand jobs at a time at most'
    : ' and watched for a few seconds'
}

/** Between the confirmation and its outcome. */
export const workingModal = (action: ActionKind, where: readonly string[]): ModalView =>
  modal({
    title: titleFor(action),
    blocks: [
      section(
        `:hourglass_flowing_sand: Received. It is checked once more and recorded; then it is carried out${howWords(action)}, or sent to those who must approve it.`,
        `You may close this: what becomes of the ${ACTION_WORDS[action].noun.toLowerCase()} is posted in ${places(where)}. If others must approve it, you are also told directly.`,
      ),
    ],
  })

/** What became of a confirmed plan; one that is not over says where the rest will be told. */
export function outcomeModal(
  view: PlanCardView,
  locale: Locale,
  where: readonly string[],
): ModalView {
  const { plan } = view
  const title = titleOfPlan(plan)
  if (plan.state === 'requested')
    return modal({ title, blocks: [section(...askedLines(view, locale, where))] })
  const blocks = [...planBlocks(view, locale), planFooter(plan)]
  const note = section(
    plan.jobs === null
      ? `It takes longer than usual. You may close this: the outcome will be posted in ${places(where)}.`
      : `It goes on when you close this: the card in ${places(where)} shows how far it is, and can stop it.`,
  )
  return modal({ title, blocks: isOver(plan.state) ? blocks : [...blocks, note] })
}

function askedLines(
  { plan, approvers, at }: PlanCardView,
  locale: Locale,
  where: readonly string[],
): readonly string[] {
  const needed = plan.approvalsNeeded
  return [
    `:raised_hand: *Asked for approval*: ${deed(plan)}`,
    `It needs ${plural(needed, 'approval')}. ${expiryWords(plan, locale.timeZone, at)}.`,
    ...approverLines(needed, approvers),
    `You may close this: the card in ${places(where)} shows what becomes of it, and you are told directly.`,
    planLabel(plan),
  ]
}

/** A fault of ours; the reference finds it in the log. */
export const faultModal = (action: ActionKind | null, reference: string): ModalView =>
  modal({ title: titleFor(action), blocks: renderFault(reference).blocks })
