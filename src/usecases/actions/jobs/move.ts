import { OperatorError } from '../../../domain/errors.ts'
import type { JobEnd } from '../../../domain/job.ts'
import type { Destination } from '../../../domain/ports/job-operator.ts'
import { queueKey, type QueueRef } from '../../../domain/queue.ts'
import type { VaultJob, VaultSet } from '../../../domain/vault.ts'
import type { Deps } from '../../deps.ts'
import { LEASE_MS, LeaseLost, type Part } from '../execution.ts'
import { jobAction, type SliceResult, type SliceWork } from './job-action.ts'
import { requireCopies, takeRest } from './take.ts'
import { openVaultSet } from './vault-set.ts'

/**
 * Jobs go to another queue by way of the vault: taken as a quarantine takes them, committed as held, then put
 * as a release puts them. Died between the two, the vault has them, and the next attempt puts them.
 */
export const moveAction = jobAction({
  kind: 'move',
  async prepare(deps, part) {
    await openVaultSet(deps, part)
  },
  carryOutSlice: (deps, work) => moveSlice(deps, work),
  async check(deps, part) {
    const set = await openVaultSet(deps, part)
    const { held, released } = set.counts
    const kept = held === 0 ? '' : `; the vault has ${held} of them as \`v${set.number}\``
    return { words: ` to \`${queueKey(targetOf(part))}\`${kept}`, found: released }
  },
})

function targetOf({ plan, queue }: Part): QueueRef {
  const target = plan.jobs?.options.target
  // Two receipts of one queue would be taken for each other; and another system has other keys.
  const isElsewhere = target?.system === queue.ref.system && target.queue !== queue.ref.queue
  if (target !== undefined && isElsewhere) return target
  throw new OperatorError('bad_input', 'It is not said where the jobs go.', 'Nothing was changed.')
}

/** One slice to the plan's target; shared by everything that runs jobs elsewhere. */
export async function moveSlice(
  deps: Deps,
  work: SliceWork,
  how: Pick<Destination, 'isFirst'> = {},
): Promise<SliceResult> {
  const set = await openVaultSet(deps, work.part)
  const target = targetOf(work.part)
  const refused = await takeThem(deps, set, work)
  const rows = await deps.store.now.vault.rowsOf(set.id, work.slice.ids)
  const resetsAttempts = work.part.plan.jobs?.options.resetsAttempts === true
  const destination = { how: 'run', resetsAttempts, isElsewhere: true, ...how } as const
  const ends = await putThem(deps, work, { target, destination }, rows)
  const jobIds = new Map(rows.map((row) => [String(row.id), row.jobId]))
  const told = ends.map(({ id, skipped, newId }): JobEnd => ({
    id: jobIds.get(id) ?? id,
    skipped: skipped === null ? null : 'kept',
    ...(newId === undefined ? {} : { newId }),
  }))
  return {
    ends: [...refused, ...told],
    settle: (store, at) => store.vault.settleReleases(work.part.plan.id, ends, at),
    alsoAt: target.queue,
  }
}

/** Whatever of the slice is not in the vault yet goes there; resolves to what stays in its queue. */
async function takeThem(deps: Deps, set: VaultSet, work: SliceWork): Promise<readonly JobEnd[]> {
  const { slice, before, part } = work
  const removed = slice.ids.filter((id) => before.has(id))
  await requireCopies(deps, set, removed)
  const ends = await takeRest(
    deps,
    set,
    work,
    slice.ids.filter((id) => !before.has(id)),
  )
  const taken = [...removed, ...ends.flatMap(({ id, skipped }) => (skipped === null ? [id] : []))]
  await deps.store.transaction(async (store) => {
    await store.vault.settleCopies(set.id, slice.ids, taken)
    const now = deps.clock.now()
    if (!(await store.slices.begin(part.plan.id, part.fence, slice.position, now, LEASE_MS)))
      throw new LeaseLost()
  })
  return ends.filter(({ skipped }) => skipped !== null)
}

interface Where {
  readonly target: QueueRef
  readonly destination: Destination
}

/** Puts the vault's rows of the slice, those that are not there yet; ends name rows. */
async function putThem(
  deps: Deps,
  { part, operator, guard }: SliceWork,
  to: Where,
  rows: readonly VaultJob[],
): Promise<readonly JobEnd[]> {
  const before = await operator.open(to.target.queue, guard)
  const ends: JobEnd[] = []
  for (const ids of inParts(rows)) {
    ends.push(...(await putPart(deps, { part, operator, guard }, { ...to, before, ids })))
  }
  return ends
}

/** So many bytes of payloads are held in memory. */
const PART_BYTES = 16 * 1024 * 1024

function inParts(rows: readonly VaultJob[]): readonly (readonly number[])[] {
  const parts: number[][] = []
  let bytes = Infinity
  for (const { id, sizeBytes } of rows) {
    bytes += sizeBytes
    if (bytes > PART_BYTES) {
      parts.push([])
      bytes = sizeBytes
    }
    parts.at(-1)?.push(id)
  }
  return parts
}

async function putPart(
  deps: Deps,
  { part, operator, guard }: Pick<SliceWork, 'part' | 'operator' | 'guard'>,
  about: Where & {
    readonly before: ReadonlyMap<string, JobEnd>
    readonly ids: readonly number[]
  },
): Promise<readonly JobEnd[]> {
  const { target, destination, before, ids } = about
  const { plan, fence } = part
  const claimed = await deps.store.now.vault.claim(plan.id, fence, ids)
  if (claimed === null) throw new LeaseLost()
  const done = claimed.flatMap(({ key }) => before.get(key) ?? [])
  const left = claimed.filter(({ key }) => !before.has(key))
  if (left.length === 0) return done
  return [...done, ...(await operator.put(target.queue, guard, left, destination))]
}
