import type { Plan } from '../../../domain/action.ts'
import type { JobEnd } from '../../../domain/job.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import type { Slice } from '../../../domain/ports/vault-store.ts'
import { canaryKey } from '../../../domain/replay-waves.ts'

/**
 * Enters what was put in line of a slice into the ledger of its replay, in the transaction of its checkpoint. A job
 * of the vault runs under its former id, or under the one that it got.
 */
export async function enterInLedger(
  store: Repositories,
  plan: Pick<Plan, 'id' | 'jobs'>,
  slice: Slice,
  ends: readonly JobEnd[],
  at: Date,
): Promise<void> {
  const wave = slice.wave ?? 0
  const strata = wave === 0 ? (plan.jobs?.replay?.canary ?? {}) : {}
  const put = ends.filter(({ skipped }) => skipped === null)
  const idOf = slice.isInVault === true ? await idsOfRows(store, put) : ownId
  const stratumOf = ({ id }: JobEnd) => strata[canaryKey(id, slice.isInVault === true)] ?? null
  const jobs = put.map((end) => ({ id: idOf(end), key: end.id, stratum: stratumOf(end) }))
  const skipped = ends.length - put.length
  await store.replays.addJobs(plan.id, wave, jobs, skipped, at, isAllInPlace(plan))
}

/** Then every job keeps the id that it has in its queue, and no two have one. */
const isAllInPlace = ({ jobs }: Pick<Plan, 'jobs'>): boolean =>
  jobs !== null &&
  jobs.options.vault === undefined &&
  jobs.options.continues === undefined &&
  jobs.options.target === undefined

const ownId = ({ id, newId }: JobEnd): string => newId ?? id

async function idsOfRows(
  store: Repositories,
  put: readonly JobEnd[],
): Promise<(end: JobEnd) => string> {
  const rows = await store.vault.rows(put.map(({ id }) => Number(id)))
  const ids = new Map(rows.map((row) => [String(row.id), row.newId ?? row.jobId]))
  return (end) => end.newId ?? ids.get(end.id) ?? end.id
}
