import { OperatorError } from '../../../domain/errors.ts'
import type { JobEnd } from '../../../domain/job.ts'
import type { Deps } from '../../deps.ts'
import { jobAction, type SliceResult, type SliceWork } from './job-action.ts'
import { requireCopies, takeRest } from './take.ts'
import { openVaultSet } from './vault-set.ts'

/**
 * Jobs leave their queue for the vault. At every instant each job is in the queue, or its content is committed:
 *
 * - died before the copies are committed: nothing was changed;
 * - after it: the queue has the jobs; the copies are made again and replace the first ones;
 * - within or after the removal: a receipt, written with each removal, tells which copies are the only ones;
 * - after the checkpoint: the slice is over.
 *
 * A job that changed between copy and removal is left alone: its digest differs.
 */
const taking = (kind: 'quarantine' | 'clean' | 'drain') =>
  jobAction({
    kind,
    async prepare(deps, part) {
      await openVaultSet(deps, part)
    },
    async carryOutSlice(deps, work) {
      if (kind === 'drain') await requireStopped(deps, work)
      return takeSlice(deps, work)
    },
    async check(deps, part) {
      const set = await openVaultSet(deps, part)
      const { held, forgotten } = set.counts
      return part.plan.jobs?.options.forgets === true
        ? { words: '; their content was not kept', found: forgotten }
        : { words: `; the vault has them as \`v${set.number}\``, found: held }
    },
  })

export const quarantineAction = taking('quarantine')
export const cleanAction = taking('clean')
export const drainAction = taking('drain')

/** A queue that was resumed meanwhile is not to be emptied; what was taken stays in the vault. */
async function requireStopped(
  { systems }: Pick<Deps, 'systems'>,
  { slice }: SliceWork,
): Promise<void> {
  const { system, queue } = slice.ref
  const { overview } = await systems.get(system).pauseState(queue)
  // What was begun is brought to its end.
  if (overview.isPaused || slice.isBegun) return
  throw new OperatorError(
    'not_supported',
    'The queue was resumed meanwhile, and is not drained any further.',
    'What was taken before is in the vault.',
  )
}

async function takeSlice(deps: Deps, work: SliceWork): Promise<SliceResult> {
  const { slice, before, part } = work
  const set = await openVaultSet(deps, part)
  const removed = slice.ids.filter((id) => before.has(id))
  await requireCopies(deps, set, removed)
  const left = slice.ids.filter((id) => !before.has(id))
  const ends = [
    ...removed.map((id): JobEnd => ({ id, skipped: null })),
    ...(await takeRest(deps, set, work, left)),
  ]
  const taken = ends.flatMap(({ id, skipped }) => (skipped === null ? [id] : []))
  return { ends, settle: (store) => store.vault.settleCopies(set.id, slice.ids, taken) }
}
