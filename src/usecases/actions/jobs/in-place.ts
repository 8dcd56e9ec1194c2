import { OperatorError } from '../../../domain/errors.ts'
import type { JobEnd } from '../../../domain/job.ts'
import { jobAction, type SliceResult, type SliceWork } from './job-action.ts'

/** Jobs that stay in their queue: one guarded call per slice; receipts tell a second attempt what is done. */
export const inPlace =
  (change: (work: SliceWork, ids: readonly string[]) => Promise<readonly JobEnd[]>) =>
  async (_deps: unknown, work: SliceWork): Promise<SliceResult> => {
    const { slice, before } = work
    const left = slice.ids.filter((id) => !before.has(id))
    const done = slice.ids.flatMap((id) => before.get(id) ?? [])
    return { ends: [...done, ...(left.length === 0 ? [] : await change(work, left))] }
  }

export const retryAction = jobAction({
  kind: 'retry',
  carryOutSlice: inPlace(({ part, slice, operator, guard }, ids) =>
    operator.retry(slice.ref.queue, guard, ids, part.plan.jobs?.options.resetsAttempts === true),
  ),
  check: async (_deps, { plan }) => ({
    words:
      plan.jobs?.options.resetsAttempts === true
        ? '; they are tried as if they were new'
        : '; each gets at least one more try',
    found: null,
  }),
})

export const promoteAction = jobAction({
  kind: 'promote',
  carryOutSlice: inPlace(({ slice, operator, guard }, ids) =>
    operator.promote(slice.ref.queue, guard, ids),
  ),
})

export const prioritizeAction = jobAction({
  kind: 'prioritize',
  carryOutSlice: inPlace(({ part, slice, operator, guard }, ids) => {
    const priority = part.plan.jobs?.options.priority
    if (priority === undefined)
      throw new OperatorError('bad_input', 'No priority was given.', 'Nothing was changed.')
    return operator.reprioritize(slice.ref.queue, guard, slice.state, ids, priority)
  }),
  check: async (_deps, { plan }) => ({
    words: `; their priority is ${plan.jobs?.options.priority ?? 0} now`,
    found: null,
  }),
})
