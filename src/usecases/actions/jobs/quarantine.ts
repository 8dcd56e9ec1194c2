import type { JobEnd } from '../../../domain/job.ts'
import type { VaultSet } from '../../../domain/vault.ts'
import type { Deps } from '../../deps.ts'
import { LeaseLost, type Part } from '../execution.ts'
import { jobAction, type SliceResult, type SliceWork } from './job-action.ts'
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
    carryOutSlice: takeSlice,
    async check(deps, part) {
      const set = await openVaultSet(deps, part)
      const { held, forgotten } = set.counts
      const isForgotten = part.plan.jobs?.options.forgets === true
      const words = isForgotten
        ? '; their content was not kept'
        : `; the vault has them as *v${set.number}*`
      return { words, found: isForgotten ? forgotten : held }
    },
  })

export const quarantineAction = taking('quarantine')
export const cleanAction = taking('clean')
export const drainAction = taking('drain')

async function takeSlice(deps: Deps, work: SliceWork): Promise<SliceResult> {
  const set = await openVaultSet(deps, work.part)
  const gone = await takenBefore(deps, set, work)
  const left = work.slice.ids.filter((id) => !gone.has(id))
  const ends = left.length === 0 ? [] : await takeRest(deps, set, work, left)
  const all = [...[...gone].map((id): JobEnd => ({ id, skipped: null })), ...ends]
  const taken = all.flatMap(({ id, skipped }) => (skipped === null ? [id] : []))
  return {
    ends: all,
    settle: (store) => store.vault.settleCopies(set.id, work.slice.ids, taken),
  }
}

/** What an earlier attempt removed: a receipt without a copy would be a lost job, and a fault that ends the attempt. */
async function takenBefore(
  { store }: Pick<Deps, 'store'>,
  set: VaultSet,
  { before, slice }: SliceWork,
): Promise<ReadonlySet<string>> {
  const removed = slice.ids.filter((id) => before.has(id))
  if (removed.length === 0) return new Set()
  const copied = new Set(await store.now.vault.copied(set.id, removed))
  const lost = removed.filter((id) => !copied.has(id))
  if (lost.length > 0)
    throw new Error(`${lost.length} removed jobs of vault ${set.number} have no copy`)
  return new Set(removed)
}

async function takeRest(
  deps: Deps,
  set: VaultSet,
  { part, slice, operator, guard }: SliceWork,
  ids: readonly string[],
): Promise<readonly JobEnd[]> {
  const { queue } = slice.ref
  const answers = await operator.copy(queue, slice.state, ids)
  const copies = answers.flatMap((answer) => ('copy' in answer ? [answer.copy] : []))
  const refused = answers.flatMap((answer): readonly JobEnd[] =>
    'copy' in answer ? [] : [{ id: answer.id, skipped: answer.skipped }],
  )
  if (copies.length === 0) return refused
  await copyIn(deps, part, set, copies)
  const wanted = copies.map(({ facts, digest }) => ({ id: facts.id, digest }))
  return [...refused, ...(await operator.take(queue, guard, slice.state, wanted))]
}

/** Committed before anything is removed. */
async function copyIn(
  { store }: Pick<Deps, 'store'>,
  { plan, fence }: Part,
  set: VaultSet,
  copies: Parameters<Deps['store']['now']['vault']['copyIn']>[2],
): Promise<void> {
  const forgets = plan.jobs?.options.forgets === true
  const isOurs = await store.transaction(({ vault }) =>
    vault.copyIn(set.id, fence, copies, { forgets }),
  )
  if (!isOurs) throw new LeaseLost()
}
