import {
  accountCsv,
  accountEnd,
  accountHead,
  accountJson,
  type JobAccount,
} from '../../domain/job-accounts.ts'
import type { Store } from '../../domain/ports/store.ts'
import { jobPlan, readAccounts } from './read-accounts.ts'

export const OUTCOME_FORMATS = ['csv', 'json'] as const
export type OutcomeFormat = (typeof OUTCOME_FORMATS)[number]

interface Format {
  readonly head: string
  readonly line: (plan: number, account: JobAccount) => string
  readonly end: (plan: number, jobs: number) => string
}

const FORMATS: Readonly<Record<OutcomeFormat, Format>> = {
  csv: { head: accountHead(), line: accountCsv, end: () => '' },
  json: { head: '', line: accountJson, end: accountEnd },
}

/**
 * Writes one line for each job of a plan, a slice at a time, however many there are; changes nothing. Of a plan
 * that is under way each slice is told as it was when its turn came. Resolves to how many jobs there were. Throws
 * `bad_input` where no such plan is about jobs, before anything is written.
 */
export async function exportOutcomes(
  { now: store }: Pick<Store, 'now'>,
  request: {
    readonly plan: number
    readonly format: OutcomeFormat
    /** Resolves when it may have the next piece. */
    readonly write: (text: string) => Promise<void>
  },
): Promise<number> {
  const { format, write } = request
  const plan = await jobPlan(store, request.plan)
  const { head, line, end } = FORMATS[format]
  let jobs = 0
  await write(head)
  for await (const accounts of readAccounts(store, plan)) {
    await write(accounts.map((account) => line(plan.number, account)).join(''))
    jobs += accounts.length
  }
  await write(end(plan.number, jobs))
  return jobs
}
