import type { JobEnd } from '../../../domain/job.ts'
import type { JobCopy } from '../../../domain/ports/job-operator.ts'
import type { VaultSet } from '../../../domain/vault.ts'
import type { Deps } from '../../deps.ts'
import { LeaseLost, type Part } from '../execution.ts'
import type { SliceWork } from './job-action.ts'

/** Jobs may be megabytes each: so many are held in memory at first, then as many as fit. */
const FIRST_PART = 250
const MOST_BYTES = 8 * 1024 * 1024

/** Copies what is left of these, commits, and only then removes it; a part after the other. */
export async function takeRest(
  deps: Pick<Deps, 'store'>,
  set: VaultSet,
  work: SliceWork,
  ids: readonly string[],
): Promise<readonly JobEnd[]> {
  const ends: JobEnd[] = []
  let size = FIRST_PART
  for (let from = 0; from < ids.length;) {
    const part = ids.slice(from, from + size)
    const taken = await takePart(deps, set, work, part)
    ends.push(...taken.ends)
    from += part.length
    size = Math.max(1, Math.floor((MOST_BYTES * part.length) / Math.max(1, taken.bytes)))
  }
  return ends
}

async function takePart(
  deps: Pick<Deps, 'store'>,
  set: VaultSet,
  { part, slice, operator, guard }: SliceWork,
  ids: readonly string[],
): Promise<{ readonly ends: readonly JobEnd[]; readonly bytes: number }> {
  const { queue } = slice.ref
  const answers = await operator.copy(queue, slice.state, ids)
  const copies = answers.flatMap((answer) => ('copy' in answer ? [answer.copy] : []))
  const refused = answers.flatMap((answer): readonly JobEnd[] =>
    'copy' in answer ? [] : [{ id: answer.id, skipped: answer.skipped }],
  )
  if (copies.length === 0) return { ends: refused, bytes: 0 }
  await copyIn(deps, part, set, copies)
  const wanted = copies.map(({ facts, digest }) => ({ id: facts.id, digest }))
  const ends = [...refused, ...(await operator.take(queue, guard, slice.state, wanted))]
  return { ends, bytes: copies.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
}

/** Committed before anything is removed. */
async function copyIn(
  { store }: Pick<Deps, 'store'>,
  { plan, fence }: Part,
  set: VaultSet,
  copies: readonly JobCopy[],
): Promise<void> {
  const forgets = plan.jobs?.options.forgets === true
  const isOurs = await store.transaction(({ vault }) =>
    vault.copyIn(set.id, fence, copies, { forgets }),
  )
  if (!isOurs) throw new LeaseLost()
}

/** A receipt without a copy would be a lost job: a fault of ours that must end the attempt, and be seen. */
export async function requireCopies(
  { store }: Pick<Deps, 'store'>,
  set: VaultSet,
  removed: readonly string[],
): Promise<void> {
  if (removed.length === 0) return
  const rows = new Set((await store.now.vault.rowsOf(set.id, removed)).map(({ jobId }) => jobId))
  const lost = removed.filter((id) => !rows.has(id))
  if (lost.length > 0)
    throw new Error(`${lost.length} removed jobs of vault set ${set.number} have no copy`)
}
