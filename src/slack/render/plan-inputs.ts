import type { InputBlock } from '@slack/types'

import { ACTION_WORDS } from '../../domain/action-words.ts'
import type { ActionKind, Plan } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { HoldChoice, PlanView } from '../../domain/views.ts'
import { ACTION_IDS, BLOCK_IDS, BREAK_GLASS_VALUE } from '../action-ids.ts'
import { LIMITS } from '../limits.ts'
import { plainTextOf } from './elements.ts'

/** The value of the choice "until somebody resumes it". */
const OPEN_END = 'open'
const MAX_REASON = 500
/** A plan of many queues may be shown in more rooms than a sentence can name. */
const MAX_PLACES = 3
const MAX_PLACE = 80
/** A longer phrase would not fit into the metadata together with the rest; the server checks it in any case. */
const MAX_PHRASE = 500

/** What the modal remembers, so that a submission can be answered before anything is looked up. */
export interface PlanMetadata {
  readonly planId: string
  readonly action: ActionKind
  readonly isReasonRequired: boolean
  /** Values of the choices that need a reason although the rest needs none. */
  readonly reasonFor: readonly string[]
  /** What has to be typed; null for nothing, or what is too long to carry. */
  readonly phrase: string | null
  readonly canBreakGlass: boolean
  /** Where it is told what becomes of it. */
  readonly places: readonly string[]
}

export const metadataOf = (view: PlanView): PlanMetadata => ({
  planId: view.plan.id,
  action: view.plan.action,
  isReasonRequired: view.isReasonRequired,
  reasonFor: offered(view.choices).filter(needsReason).map(holdValue),
  phrase: phraseOf(view),
  canBreakGlass: view.canBreakGlass,
  places: view.places.slice(0, MAX_PLACES).map((place) => place.slice(0, MAX_PLACE)),
})

const phraseOf = ({ plan: { phrase } }: PlanView): string | null =>
  phrase !== null && JSON.stringify(phrase).length <= MAX_PHRASE ? phrase : null

const offered = (choices: readonly HoldChoice[]): readonly HoldChoice[] =>
  choices.slice(0, LIMITS.select)

/** What asks more of others has to be explained to them: no end, or an approval. */
const needsReason = ({ holdMs, needsApproval }: HoldChoice): boolean =>
  holdMs === null || needsApproval

const lengthOf = ({ holdMs }: HoldChoice): string =>
  holdMs === null ? 'until somebody ends it' : formatDuration(holdMs)

const holdWords = (choice: HoldChoice): string =>
  choice.needsApproval ? `${lengthOf(choice)} · needs approval` : lengthOf(choice)

const holdValue = ({ holdMs }: Pick<HoldChoice, 'holdMs'>): string =>
  holdMs === null ? OPEN_END : String(holdMs)

/**
 * The end that was chosen, in ms; null means until somebody resumes. Without a choice, the default of
 * `choices`: not every client sends the option that it shows as chosen. Throws OperatorError
 * (`bad_input`) for a value that was not offered.
 */
export function readHoldChoice(
  value: string | null | undefined,
  choices: readonly Pick<HoldChoice, 'holdMs' | 'isDefault'>[],
): number | null {
  const chosen =
    value === null || value === undefined
      ? (choices.find((choice) => choice.isDefault) ?? choices[0])
      : choices.find((choice) => holdValue(choice) === value)
  if (chosen !== undefined) return chosen.holdMs
  throw new OperatorError(
    'bad_input',
    'That end was not among those offered.',
    'Nothing was changed. Open the form again and choose one of its times.',
  )
}

/** What is asked of the person, in the order in which it is decided. */
export function planInputs(view: PlanView, reason: string | null): readonly InputBlock[] {
  const { action } = view.plan
  const isTimed = (action === 'pause' || action === 'throttle') && view.choices.length > 0
  return [
    ...(isTimed ? [holdInput(offered(view.choices))] : []),
    reasonInput(view, reason),
    ...phraseInputs(view.plan),
    ...(view.canBreakGlass ? [breakGlassInput()] : []),
  ]
}

function holdInput(choices: readonly HoldChoice[]): InputBlock {
  const options = choices.map((choice) => ({
    text: plainTextOf(holdWords(choice), LIMITS.option.text),
    value: holdValue(choice),
  }))
  const standard = choices.findIndex((choice) => choice.isDefault)
  const initial = options[standard]
  const words = choices[standard]
  return {
    type: 'input',
    block_id: BLOCK_IDS.hold,
    optional: true,
    label: plainTextOf('For how long?', LIMITS.input.label),
    element: {
      type: 'static_select',
      action_id: ACTION_IDS.length,
      options,
      ...(initial === undefined ? {} : { initial_option: initial }),
    },
    ...(words === undefined
      ? {}
      : { hint: plainTextOf(`If you choose nothing: ${holdWords(words)}.`, LIMITS.input.hint) }),
  }
}

function reasonInput(
  { plan, isReasonRequired, choices, canBreakGlass }: PlanView,
  typed: string | null,
): InputBlock {
  const hints = [
    ...(isReasonRequired ? [] : reasonHints(plan, choices)),
    ...(canBreakGlass ? ['To break the glass, say why it cannot wait.'] : []),
  ]
  return {
    type: 'input',
    block_id: BLOCK_IDS.reason,
    optional: !isReasonRequired,
    label: plainTextOf(isReasonRequired ? 'Reason' : 'Reason, if you like', LIMITS.input.label),
    element: {
      type: 'plain_text_input',
      action_id: ACTION_IDS.reason,
      max_length: MAX_REASON,
      ...(typed === null || typed === '' ? {} : { initial_value: typed.slice(0, MAX_REASON) }),
    },
    ...(hints.length === 0 ? {} : { hint: plainTextOf(hints.join(' '), LIMITS.input.hint) }),
  }
}

function reasonHints(
  { action }: Pick<Plan, 'action'>,
  choices: readonly HoldChoice[],
): readonly string[] {
  const isOpenEndOffered = choices.some(({ holdMs }) => holdMs === null)
  const isApprovalOffered = choices.some(({ needsApproval }) => needsApproval)
  if (!isOpenEndOffered && !isApprovalOffered) return []
  const what = [
    ...(isOpenEndOffered
      ? [`for a ${ACTION_WORDS[action].noun.toLowerCase()} without an end`]
      : []),
    ...(isApprovalOffered ? ['for what needs approval'] : []),
  ]
  return [`Needed ${what.join(' and ')}.`]
}

function phraseInputs({ phrase, action, jobs }: Plan): readonly InputBlock[] {
  if (phrase === null) return []
  const isForGood = ACTION_WORDS[action].undo === null || jobs?.options.forgets === true
  const hint = `Without the quotation marks.${isForGood ? ' It cannot be taken back.' : ''}`
  return [
    {
      type: 'input',
      block_id: BLOCK_IDS.phrase,
      optional: false,
      label: plainTextOf(`Type "${phrase}" to confirm`, LIMITS.input.label),
      element: {
        type: 'plain_text_input',
        action_id: ACTION_IDS.phrase,
        max_length: LIMITS.input.value,
      },
      hint: plainTextOf(hint, LIMITS.input.hint),
    },
  ]
}

const breakGlassInput = (): InputBlock => ({
  type: 'input',
  block_id: BLOCK_IDS.breakGlass,
  optional: true,
  label: plainTextOf('Break glass', LIMITS.input.label),
  element: {
    type: 'checkboxes',
    action_id: ACTION_IDS.breakGlass,
    options: [
      {
        text: plainTextOf('Carry it out now, without approval', LIMITS.option.text),
        description: plainTextOf(
          'Announced to everybody, reviewed later.',
          LIMITS.option.description,
        ),
        value: BREAK_GLASS_VALUE,
      },
    ],
  },
})
