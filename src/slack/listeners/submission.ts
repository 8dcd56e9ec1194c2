import { z } from 'zod'

import { ACTION_IDS, BLOCK_IDS } from '../action-ids.ts'
import { OPEN_END, type PlanMetadata } from '../render/plan-modal.ts'

const Metadata = z.object({
  planId: z.uuid(),
  action: z.enum(['pause', 'resume']),
  isReasonRequired: z.boolean(),
}) satisfies z.ZodType<PlanMetadata>

/** What a submitted plan modal holds; each client leaves out what it does not support. */
const View = z.object({
  id: z.string(),
  private_metadata: z.string().transform((text) => Metadata.parse(JSON.parse(text))),
  state: z.object({
    values: z.record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          value: z.string().nullish(),
          selected_option: z.object({ value: z.string() }).nullish(),
        }),
      ),
    ),
  }),
})

/** A submitted plan modal, read. */
export interface Submission extends PlanMetadata {
  readonly viewId: string
  readonly reason: string | null
  /** The chosen end as the modal named it; null when none was chosen or sent. */
  readonly hold: string | null
}

export function readSubmission(view: unknown): Submission {
  const { id, private_metadata: metadata, state } = View.parse(view)
  const field = (block: string, action: string) => state.values[block]?.[action]
  return {
    ...metadata,
    viewId: id,
    reason: field(BLOCK_IDS.reason, ACTION_IDS.reason)?.value ?? null,
    hold: field(BLOCK_IDS.hold, ACTION_IDS.hold)?.selected_option?.value ?? null,
  }
}

/** What is wrong with the form itself, by block: said inline. Needs nothing looked up. */
export function formErrors(submission: Submission): Readonly<Record<string, string>> | null {
  const isRequired = submission.isReasonRequired || submission.hold === OPEN_END
  if (!isRequired || (submission.reason ?? '').trim() !== '') return null
  return { [BLOCK_IDS.reason]: 'A short reason is needed; it goes into the audit trail.' }
}
