import type { JobState } from '../domain/job.ts'
import type { VaultJob, VaultJobState, VaultSet } from '../domain/vault.ts'
import { actorOf, refOf, row, rows, type Sql } from './sql.ts'

type SetRow = Readonly<Record<VaultJobState, number>> & {
  id: string
  number: string
  plan_id: string
  system: string
  queue: string
  queue_tier: VaultSet['tier']
  incident_id: string | null
  team_id: string
  user_id: string
  label: string
  reason: string | null
  made_at: Date
  kept_until: Date | null
  kept_bytes: string
  oldest_at: Date | null
}

/** When the oldest held job of a set was added or failed; the index has it. */
export const OLDEST_OF_SET = `(
  select min(coalesce(finished_at, added_at)) from vault_job where set_id = vault_set.id and state = 'held'
)`

/** Has jobs that the queue may be without. */
export const IS_HOLDING = 'copied + held + releasing > 0'

/** Sets with their numbers. `from` is a table, or a statement that returns sets. */
export const selectSets = (from = 'vault_set'): string =>
  `select vault_set.*, ${OLDEST_OF_SET} as oldest_at from ${from} vault_set`

const toSet = (from: SetRow): VaultSet => ({
  id: from.id,
  number: Number(from.number),
  planId: from.plan_id,
  ref: refOf(from),
  tier: from.queue_tier,
  incidentId: from.incident_id === null ? null : Number(from.incident_id),
  owner: actorOf(from),
  label: from.label,
  reason: from.reason,
  madeAt: from.made_at,
  keptUntil: from.kept_until,
  counts: {
    copied: from.copied,
    held: from.held,
    releasing: from.releasing,
    released: from.released,
    discarded: from.discarded,
    expired: from.expired,
    forgotten: from.forgotten,
  },
  sizeBytes: Number(from.kept_bytes),
  oldestAt: from.oldest_at,
})

export async function oneSet(
  sql: Sql,
  text: string,
  values: readonly unknown[],
): Promise<VaultSet | null> {
  const found = await row<SetRow>(sql, text, values)
  return found === null ? null : toSet(found)
}

export const manySets = async (
  sql: Sql,
  text: string,
  values: readonly unknown[],
): Promise<readonly VaultSet[]> => (await rows<SetRow>(sql, text, values)).map(toSet)

export interface JobRow {
  id: string
  job_id: string
  type: string
  from_state: JobState
  added_at: Date | null
  finished_at: Date | null
  attempts: number
  priority: number
  error: string | null
  payload_hash: string
  digest: string
  size_bytes: number
  state: VaultJobState
  new_id: string | null
  content: string | null
}

export const toVaultJob = (from: JobRow): VaultJob => ({
  id: Number(from.id),
  jobId: from.job_id,
  state: from.state,
  from: from.from_state,
  facts: {
    id: from.job_id,
    state: from.from_state,
    type: from.type,
    addedAt: from.added_at,
    endedAt: from.finished_at,
    attempts: from.attempts,
    priority: from.priority,
    error: from.error,
  },
  payloadHash: from.payload_hash,
  digest: from.digest,
  sizeBytes: from.size_bytes,
  newId: from.new_id,
})
