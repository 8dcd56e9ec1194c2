import { csvLine } from './csv.ts'
import type { SkipReason, JobState } from './job.ts'
import type { Slice } from './ports/vault-store.ts'
import { queueKey } from './queue.ts'

/**
 * What became of one planned job: `returned` was never begun, `in_doubt` was begun by an execution that was
 * given up and settles when its system answers, `open` has its turn still to come.
 */
export const JOB_ACCOUNTS = ['done', 'skipped', 'returned', 'in_doubt', 'open'] as const
export type JobAccountKind = (typeof JOB_ACCOUNTS)[number]

/** One planned job and what became of it. */
export interface JobAccount {
  readonly queue: string
  readonly job: string
  /** Where it was when the plan was made; of a job of the vault, where it was taken from. */
  readonly state: JobState
  readonly outcome: JobAccountKind
  /** Why it was skipped. */
  readonly reason: SkipReason | null
  /** The id it has now, where it could not keep its own. */
  readonly newId: string | null
  /** The number of the vault set that it went into, or came from. */
  readonly vault: number | null
}

/** What is known of a slice's jobs beside the slice itself. */
export interface SliceContext {
  /** An execution that is over leaves what it began in doubt, not under way. */
  readonly isOver: boolean
  /** The set that the plan took from, or put into. */
  readonly vault: { readonly number: number; readonly isSource: boolean } | null
  /** Ids of jobs by those of their rows; null where the slice names jobs of a queue. */
  readonly jobIds: ReadonlyMap<string, string> | null
}

/** Every job of a slice, in the order of the plan. */
export function jobAccounts(slice: Slice, context: SliceContext): readonly JobAccount[] {
  const { ref, state, ids, end } = slice
  const outcome = outcomeOf(slice, context)
  const reasons = reasonsOf(end)
  return ids.map((id) => {
    const reason = reasons.get(id) ?? null
    return {
      queue: queueKey(ref),
      job: context.jobIds?.get(id) ?? id,
      state,
      outcome: reason === null ? outcome : 'skipped',
      reason,
      newId: end?.renamed[id] ?? null,
      vault: vaultOf(context, outcome, reason),
    }
  })
}

function outcomeOf({ end, isBegun }: Slice, { isOver }: SliceContext): JobAccountKind {
  if (end !== null) return end.state
  return isOver && isBegun ? 'in_doubt' : 'open'
}

function reasonsOf(end: Slice['end']): ReadonlyMap<string, SkipReason> {
  const skipped = Object.entries(end?.skipped ?? {}) as [SkipReason, readonly string[]][]
  return new Map(skipped.flatMap(([reason, ids]) => ids.map((id) => [id, reason] as const)))
}

/** A job that was skipped stayed in its queue; one that a move could not put stays in the vault. */
function vaultOf(
  { vault }: SliceContext,
  outcome: JobAccountKind,
  reason: SkipReason | null,
): number | null {
  if (vault === null) return null
  const isInside = reason === 'kept' || (reason === null && outcome === 'done')
  return vault.isSource || isInside ? vault.number : null
}

const COLUMNS = ['plan', 'queue', 'job', 'state', 'outcome', 'reason', 'new_id', 'vault'] as const

export const accountHead = (): string => csvLine(COLUMNS)

export const accountCsv = (plan: number, account: JobAccount): string => {
  const { queue, job, state, outcome, reason, newId, vault } = account
  return csvLine([plan, queue, job, state, outcome, reason, newId, vault])
}

/** One line with the names that the CSV has. */
export const accountJson = (plan: number, account: JobAccount): string => {
  const { queue, job, state, outcome, reason, newId, vault } = account
  const named = { plan, queue, job, state, outcome, reason, new_id: newId, vault }
  return `${JSON.stringify(named)}\n`
}

/** The last line of a JSON export; without it the file was cut off. */
export const accountEnd = (plan: number, jobs: number): string =>
  `${JSON.stringify({ end: { plan, jobs } })}\n`
