import { z } from 'zod'

import { ACTION_KINDS } from '../../domain/action.ts'
import { isSamePhrase } from '../../domain/phrase.ts'
import { MIN_JUSTIFICATION } from '../../domain/plan.ts'
import { ACTION_IDS, BLOCK_IDS } from '../action-ids.ts'
import type { PlanMetadata } from '../render/plan-inputs.ts'

const Metadata = z.object({
  planId: z.uuid(),
  action: z.enum(ACTION_KINDS),
  isReasonRequired: z.boolean(),
  /** Values of the lengths for which a reason is needed although the action as such needs none. */
  reasonFor: z.array(z.string()),
  phrase: z.string().nullable(),
  canBreakGlass: z.boolean(),
  places: z.array(z.string()),
}) satisfies z.ZodType<PlanMetadata>

const Field = z.object({
  value: z.string().nullish(),
  selected_option: z.object({ value: z.string() }).nullish(),
  selected_options: z.array(z.object({ value: z.string() })).nullish(),
})

/** What a submitted plan modal holds; each client leaves out what it does not support. */
const View = z.object({
  id: z.string(),
  private_metadata: z.string().transform((text) => Metadata.parse(JSON.parse(text))),
  state: z.object({ values: z.record(z.string(), z.record(z.string(), Field)) }),
})

/** A submitted plan modal, read. */
export interface Submission extends Omit<PlanMetadata, 'phrase'> {
  readonly viewId: string
  readonly reason: string | null
  /** The chosen end as the modal named it; null when none was chosen or sent. */
  readonly hold: string | null
  /** What has to be typed, and what was. */
  readonly wantedPhrase: string | null
  readonly phrase: string | null
  readonly isBreakGlass: boolean
}

export function readSubmission(view: unknown): Submission {
  const { id, private_metadata: metadata, state } = View.parse(view)
  const { phrase: wantedPhrase, ...rest } = metadata
  const field = (block: string, action: string) => state.values[block]?.[action]
  const glass = field(BLOCK_IDS.breakGlass, ACTION_IDS.breakGlass)
  return {
    ...rest,
    wantedPhrase,
    viewId: id,
    reason: field(BLOCK_IDS.reason, ACTION_IDS.reason)?.value ?? null,
    hold: field(BLOCK_IDS.hold, ACTION_IDS.length)?.selected_option?.value ?? null,
    phrase: field(BLOCK_IDS.phrase, ACTION_IDS.phrase)?.value ?? null,
    isBreakGlass: (glass?.selected_options ?? []).length > 0,
  }
}

type FormErrors = Readonly<Record<string, string>>

/** What is wrong with the form itself, by block: said inline. Needs nothing looked up; the server checks again. */
export function formErrors(submission: Submission): FormErrors | null {
  const errors: FormErrors = { ...reasonError(submission), ...phraseError(submission) }
  return Object.keys(errors).length === 0 ? null : errors
}

function reasonError({ isReasonRequired, reasonFor, hold, reason, isBreakGlass }: Submission) {
  const given = (reason ?? '').trim()
  if (isBreakGlass && given.length < MIN_JUSTIFICATION)
    return {
      [BLOCK_IDS.reason]: `To break the glass, say why it cannot wait for an approval, in ${MIN_JUSTIFICATION} characters or more.`,
    }
  const isRequired = isReasonRequired || (hold !== null && reasonFor.includes(hold))
  if (!isRequired || given !== '') return {}
  return { [BLOCK_IDS.reason]: 'A short reason is needed; it goes into the audit trail.' }
}

function phraseError({ wantedPhrase, phrase }: Submission) {
  if (wantedPhrase === null || isSamePhrase(wantedPhrase, phrase)) return {}
  return { [BLOCK_IDS.phrase]: `Type ${wantedPhrase}, exactly.` }
}
