import { csvLine } from './csv.ts'
import type { JobAccount } from './job-accounts.ts'
import type { PlannedReplay, ReplayJob } from './replay.ts'

/** One planned job of a replay and what became of it, as the table of outcomes has it. */
export interface ReplayAccount {
  readonly queue: string
  readonly job: string
  /** Counted from 1; null of a job that was never put in line. */
  readonly wave: number | null
  /** What it was before, as far as somebody looked: of the first wave. */
  readonly type: string | null
  readonly errorBefore: string | null
  /**
   * As in the ledger; of a job that was never put in line as in its slice: `skipped`, `returned`, `in_doubt`, or
   * `open` while its turn may still come.
   */
  readonly outcome: ReplayJob['outcome'] | Exclude<JobAccount['outcome'], 'done'>
  /** Why it was skipped. */
  readonly reason: JobAccount['reason']
  /** What it failed with, redacted, and whether these jobs had that before. */
  readonly error: string | null
  readonly isKnown: boolean | null
  readonly putAt: Date | null
  readonly endedAt: Date | null
}

/** A job that was put in line. */
export function putAccount(
  queue: string,
  { strata }: Pick<PlannedReplay, 'strata'>,
  job: ReplayJob,
): ReplayAccount {
  const stratum = job.stratum === null ? undefined : strata[job.stratum]
  return {
    queue,
    job: job.id,
    wave: job.wave + 1,
    type: stratum?.type ?? null,
    errorBefore: stratum?.shape ?? null,
    outcome: job.outcome,
    reason: null,
    error: job.shape,
    isKnown: job.isKnown,
    putAt: job.putAt,
    endedAt: job.endedAt,
  }
}

/** A job that was not; null of one that the ledger tells of. */
export function keptAccount({ queue, job, outcome, reason }: JobAccount): ReplayAccount | null {
  if (outcome === 'done') return null
  const nothing = { wave: null, type: null, errorBefore: null, error: null, isKnown: null }
  return { queue, job, outcome, reason, ...nothing, putAt: null, endedAt: null }
}

const COLUMNS = [
  'plan',
  'queue',
  'job',
  'wave',
  'type',
  'error_before',
  'outcome',
  'reason',
  'error',
  'error_is_known',
  'put_at',
  'ended_at',
] as const

type Column = (typeof COLUMNS)[number]

const valuesOf = (
  plan: number,
  account: ReplayAccount,
): Readonly<Record<Column, string | number | boolean | null>> => ({
  plan,
  queue: account.queue,
  job: account.job,
  wave: account.wave,
  type: account.type,
  error_before: account.errorBefore,
  outcome: account.outcome,
  reason: account.reason,
  error: account.error,
  error_is_known: account.isKnown,
  put_at: account.putAt?.toISOString() ?? null,
  ended_at: account.endedAt?.toISOString() ?? null,
})

export const replayHead = (): string => csvLine(COLUMNS)

export function replayCsv(plan: number, account: ReplayAccount): string {
  const values = valuesOf(plan, account)
  return csvLine(
    COLUMNS.map((column) => {
      const value = values[column]
      return typeof value === 'boolean' ? (value ? 'yes' : 'no') : value
    }),
  )
}

/** One line with the names that the CSV has. */
export const replayJson = (plan: number, account: ReplayAccount): string =>
  `${JSON.stringify(valuesOf(plan, account))}\n`
