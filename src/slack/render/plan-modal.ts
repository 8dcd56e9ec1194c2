import type { InputBlock, KnownBlock, ModalView } from '@slack/types'

import type { ActionKind, Plan } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { OperatorError } from '../../domain/errors.ts'
import { backlog } from '../../domain/queue.ts'
import { plural } from '../../domain/text.ts'
import { clockTime, exactTime } from '../../domain/time.ts'
import type { HoldChoice, Locale, PlanView } from '../../domain/views.ts'
import { ACTION_IDS, BLOCK_IDS, CALLBACK_IDS } from '../action-ids.ts'
import { LIMITS } from '../limits.ts'
import { context, firstFew, plainTextOf, section } from './elements.ts'
import { hazardLines, holdLine } from './holds.ts'
import { modal } from './modal.ts'
import { queueName, sentence } from './mrkdwn.ts'
import { numberLines } from './numbers.ts'
import { renderOutcome } from './outcome.ts'
import { problemLines, renderFault } from './problem.ts'

const TITLES: Readonly<Record<ActionKind, string>> = {
  pause: 'Pause a queue',
  resume: 'Resume a queue',
}
const SUBMITS: Readonly<Record<ActionKind, string>> = { pause: 'Pause', resume: 'Resume' }

/** The value of the choice "until somebody resumes it". */
export const OPEN_END = 'open'
const MAX_REASON = 500
const MAX_WARNINGS = 5

/** What is opened at once, before anything is known: the right to open a modal lasts three seconds. */
export const loadingModal = (action: ActionKind): ModalView =>
  modal({
    title: TITLES[action],
    blocks: [section(':hourglass_flowing_sand: Looking at the queue. Nothing is changed yet.')],
  })

/** In place of the preview when it may not or cannot be done. */
export const refusedModal = (action: ActionKind, error: OperatorError): ModalView =>
  modal({ title: TITLES[action], blocks: [section(...problemLines(error))] })

const holdWords = ({ holdMs }: HoldChoice): string =>
  holdMs === null ? 'until somebody resumes it' : formatDuration(holdMs)

const isOpenEnd = ({ holdMs }: HoldChoice): boolean => holdMs === null

const holdValue = ({ holdMs }: HoldChoice): string => (holdMs === null ? OPEN_END : String(holdMs))

/**
 * The end that was chosen, in ms; null means until somebody resumes. Without a choice, the default of
 * `choices`: not every client sends the option that it shows as chosen. Throws OperatorError
 * (`bad_input`) for a value that was not offered.
 */
export function readHoldChoice(
  value: string | null | undefined,
  choices: readonly HoldChoice[],
): number | null {
  const chosen =
    value === null || value === undefined
      ? (choices.find((choice) => choice.isDefault) ?? choices[0])
      : choices.find((choice) => holdValue(choice) === value)
  if (chosen !== undefined) return chosen.holdMs
  throw new OperatorError(
    'bad_input',
    'That end of the pause was not among those offered.',
    'Nothing was changed. Open the form again and choose one of its times.',
  )
}

function holdInput(choices: readonly HoldChoice[]): InputBlock {
  const offered = choices.slice(0, LIMITS.select)
  const options = offered.map((choice) => ({
    text: plainTextOf(holdWords(choice), LIMITS.option.text),
    value: holdValue(choice),
  }))
  const standard = offered.findIndex((choice) => choice.isDefault)
  const initial = options[standard]
  const words = offered[standard]
  return {
    type: 'input',
    block_id: BLOCK_IDS.hold,
    optional: true,
    label: plainTextOf('For how long?', LIMITS.input.label),
    element: {
      type: 'static_select',
      action_id: ACTION_IDS.hold,
      options,
      ...(initial === undefined ? {} : { initial_option: initial }),
    },
    ...(words === undefined
      ? {}
      : { hint: plainTextOf(`If you choose nothing: ${holdWords(words)}.`, LIMITS.input.hint) }),
  }
}

const reasonInput = (isRequired: boolean, isOpenEndOffered: boolean): InputBlock => ({
  type: 'input',
  block_id: BLOCK_IDS.reason,
  optional: !isRequired,
  label: plainTextOf(isRequired ? 'Reason' : 'Reason, if you like', LIMITS.input.label),
  element: { type: 'plain_text_input', action_id: ACTION_IDS.reason, max_length: MAX_REASON },
  ...(isOpenEndOffered && !isRequired
    ? { hint: plainTextOf('Needed for a pause without an end.', LIMITS.input.hint) }
    : {}),
})

/** What the modal remembers, so that a submission can be answered before anything is looked up. */
export interface PlanMetadata {
  readonly planId: string
  readonly action: ActionKind
  readonly isReasonRequired: boolean
}

const metadataOf = ({ plan, isReasonRequired }: PlanView): PlanMetadata => ({
  planId: plan.id,
  action: plan.action,
  isReasonRequired,
})

/** What will be different afterwards, in one or two sentences with the numbers of the preview. */
function effect({ plan }: PlanView): string {
  const { counts } = plan.before.overview
  const waiting = plural(backlog(counts), 'waiting job')
  return plan.action === 'pause'
    ? `Workers take no more jobs. ${plural(counts.active, 'running job')} will finish; ${waiting} and new ones stay in line.`
    : `Workers may take ${waiting} at once.`
}

function existingHolds(view: PlanView, zone: string): readonly string[] {
  const lines = firstFew(view.holds, MAX_WARNINGS, (hold) => holdLine(hold, zone, view.at))
  if (lines.length === 0) return []
  const note =
    view.plan.action === 'pause'
      ? 'It is held already; it runs again when the last hold ends.'
      : `This ends ${plural(view.holds.length, 'hold')}:`
  return [note, ...lines]
}

/** The preview that is confirmed by submitting it; `private_metadata` says what was previewed. */
export function planModal(view: PlanView, locale: Locale): ModalView {
  const { plan, at } = view
  const zone = locale.timeZone
  const { overview, warnings } = plan.before
  const notes = [
    ...firstFew(warnings, MAX_WARNINGS, (words) => `:warning: ${sentence(words, 300)}`),
    ...hazardLines(view.hazards),
  ]
  const holds = existingHolds(view, zone)
  const isTimed = plan.action === 'pause' && view.choices.length > 0
  const blocks: readonly KnownBlock[] = [
    section(`*${SUBMITS[plan.action]} ${queueName(plan.ref)}* (${plan.queueTier})`, effect(view)),
    section(...numberLines(overview, null, at)),
    ...(holds.length === 0 ? [] : [section(...holds)]),
    ...(notes.length === 0 ? [] : [section(...notes)]),
    ...(isTimed ? [holdInput(view.choices)] : []),
    reasonInput(view.isReasonRequired, isTimed && view.choices.some(isOpenEnd)),
    context(
      `${plan.tier} · numbers of ${exactTime(plan.createdAt, zone)} · can be confirmed until ${clockTime(plan.expiresAt, zone, at)}`,
    ),
  ]
  return modal({
    title: TITLES[plan.action],
    submit: SUBMITS[plan.action],
    callbackId: CALLBACK_IDS.planSubmit,
    privateMetadata: JSON.stringify(metadataOf(view)),
    blocks,
  })
}

/** Between the confirmation and its outcome. */
export const workingModal = (action: ActionKind): ModalView =>
  modal({
    title: TITLES[action],
    blocks: [
      section(
        ':hourglass_flowing_sand: Received. It is checked once more, recorded, carried out, then watched for a few seconds.',
        'You may close this: the outcome is posted in the room and in the ops channel.',
      ),
    ],
  })

/** How it ended; a plan that is still under way says where the outcome will be. */
export function outcomeModal(plan: Plan): ModalView {
  const isOver = plan.finishedAt !== null
  const { blocks } = renderOutcome({ plan, action: plan.action, tier: plan.tier })
  const note = section('It takes longer than usual. The outcome will be posted in the room.')
  return modal({ title: TITLES[plan.action], blocks: isOver ? blocks : [...blocks, note] })
}

/** A fault of ours; the reference finds it in the log. */
export const faultModal = (action: ActionKind, reference: string): ModalView =>
  modal({ title: TITLES[action], blocks: renderFault(reference).blocks })
