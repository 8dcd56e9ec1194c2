import type { JobEnd, JobState } from '../../../domain/job.ts'
import type { Destination, PutJob } from '../../../domain/ports/job-operator.ts'
import { isSameQueue, type QueueRef } from '../../../domain/queue.ts'
import type { Deps } from '../../deps.ts'
import { LeaseLost } from '../execution.ts'
import { jobAction, type SliceResult, type SliceWork } from './job-action.ts'

/**
 * Jobs of the vault go back, each row once. A slice names rows; a row is claimed for this plan by a commit,
 * put back under a receipt of its own, then marked:
 *
 * - died before the claim: nothing was changed; after it: the rows are ours still, nobody else can have them;
 * - within or after putting back: the receipts tell which are back, and those are not put again;
 * - after the checkpoint: the slice is over. A late attempt's call is refused by the newer fence.
 */
export const releaseAction = jobAction({
  kind: 'release',
  carryOutSlice: releaseSlice,
  check: async (_deps, { plan }) => ({
    words:
      plan.jobs?.options.asItWas === true ? '; they are where they were' : '; they are in line',
    found: null,
  }),
})

/** Puts the slice's rows back, as the plan says; shared by everything that runs jobs of the vault. */
export async function releaseSlice(
  { store }: Pick<Deps, 'store'>,
  { part, slice, operator, guard, before }: SliceWork,
  where: { readonly to?: QueueRef; readonly isFirst?: boolean } = {},
): Promise<SliceResult> {
  const { plan, fence } = part
  const rows = await store.now.vault.claim(plan.id, fence, slice.ids.map(Number))
  if (rows === null) throw new LeaseLost()
  const to = where.to ?? slice.ref
  const isElsewhere = !isSameQueue(to, slice.ref)
  const told = isElsewhere ? await operator.open(to.queue, guard) : before
  const claimed = new Set(rows.map(({ key }) => key))
  const done = slice.ids.filter((key) => told.has(key) && claimed.has(key))
  const left = rows.filter(({ key }) => !told.has(key))
  const ends = await putAll(
    operator,
    {
      queue: to.queue,
      guard,
      destination: {
        ...destinationOf(part.plan.jobs?.options),
        isElsewhere,
        isFirst: where.isFirst === true,
      },
    },
    left,
  )
  const all: readonly JobEnd[] = [
    ...slice.ids.flatMap((id) => (claimed.has(id) ? [] : [{ id, skipped: 'not_held' as const }])),
    ...done.map((id) => told.get(id) ?? { id, skipped: null }),
    ...ends,
  ]
  const ours = all.filter(({ id }) => claimed.has(id))
  return {
    ends: all,
    settle: (tx, at) => tx.vault.settleReleases(plan.id, ours, at),
    ...(isElsewhere ? { alsoAt: to.queue } : {}),
  }
}

const destinationOf = (
  options: { readonly asItWas?: boolean; readonly resetsAttempts?: boolean } = {},
): Destination => ({
  how: options.asItWas === true ? 'as_it_was' : 'run',
  resetsAttempts: options.resetsAttempts === true,
  isElsewhere: false,
})

async function putAll(
  operator: SliceWork['operator'],
  to: {
    readonly queue: string
    readonly guard: SliceWork['guard']
    readonly destination: Destination
  },
  jobs: readonly (PutJob & { readonly from: JobState })[],
): Promise<readonly JobEnd[]> {
  return jobs.length === 0 ? [] : operator.put(to.queue, to.guard, jobs, to.destination)
}
