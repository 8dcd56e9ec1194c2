import type { JobEnd } from '../../../domain/job.ts'
import type { JobCopy } from '../../../domain/ports/job-operator.ts'
import type { VaultSet } from '../../../domain/vault.ts'
import type { Deps } from '../../deps.ts'
import { LeaseLost, type Part } from '../execution.ts'
import type { SliceWork } from './job-action.ts'

/** Jobs may be megabytes each: so many are held in memory at first, then as many as fit. */
const PART = 340
const MOST_BYTES = 8 * 1024 * 1024

/**
 * Copies what is left of these, commits, and only then removes it; a part after the other. While one part is
 * removed, the next one is committed, and the one after it copied.
 */
export async function takeRest(
  deps: Pick<Deps, 'store'>,
  set: VaultSet,
  work: SliceWork,
  ids: readonly string[],
): Promise<readonly JobEnd[]> {
  const ends: JobEnd[] = []
  const copyNext = inParts(work, ids)
  let copying = copyNext(PART)
  let removing = Promise.resolve<readonly JobEnd[]>([])
  try {
    while (copying !== null) {
      const { copies, refused, largestBytes } = await copying
      copying = heardLater(copyNext(Math.max(1, Math.floor(MOST_BYTES / largestBytes))))
      await copyIn(deps, work.part, set, copies)
      ends.push(...refused, ...(await removing))
      removing = heardLater(remove(work, copies))
    }
    return [...ends, ...(await removing)]
  } finally {
    // Where one of them failed, nothing goes on behind the back of whoever hears of it.
    await Promise.allSettled([copying, removing])
  }
}

/** It is awaited in the next round; were something else to fail first, nobody would be listening. */
function heardLater<P extends Promise<unknown> | null>(promise: P): P {
  promise?.catch(() => {})
  return promise
}

/** Copies the next of these with each call, a part's worth or fewer; null once there are no more. */
function inParts(work: SliceWork, ids: readonly string[]) {
  let from = 0
  return (most: number): Promise<Copies> | null => {
    const part = ids.slice(from, from + Math.min(most, PART))
    from += part.length
    return part.length === 0 ? null : copyPart(work, part)
  }
}

interface Copies {
  readonly copies: readonly JobCopy[]
  readonly refused: readonly JobEnd[]
  readonly largestBytes: number
}

async function copyPart({ slice, operator }: SliceWork, ids: readonly string[]): Promise<Copies> {
  const answers = await operator.copy(slice.ref.queue, slice.state, ids)
  const copies = answers.flatMap((answer) => ('copy' in answer ? [answer.copy] : []))
  const refused = answers.flatMap((answer): readonly JobEnd[] =>
    'copy' in answer ? [] : [{ id: answer.id, skipped: answer.skipped }],
  )
  const largestBytes = copies.reduce((most, { sizeBytes }) => Math.max(most, sizeBytes), 1)
  return { copies, refused, largestBytes }
}

const remove = async (
  { slice, operator, guard }: SliceWork,
  copies: readonly JobCopy[],
): Promise<readonly JobEnd[]> =>
  copies.length === 0
    ? []
    : operator.take(
        slice.ref.queue,
        guard,
        slice.state,
        copies.map(({ facts, digest }) => ({ id: facts.id, digest })),
      )

/** Committed before anything is removed, be it by several statements: none of them is removed before the last. */
async function copyIn(
  { store }: Pick<Deps, 'store'>,
  { plan, fence }: Part,
  set: VaultSet,
  copies: readonly JobCopy[],
): Promise<void> {
  if (copies.length === 0) return
  const forgets = plan.jobs?.options.forgets === true
  const isOurs = await store.now.vault.copyIn(set.id, fence, copies, { forgets })
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
