import type { Plan } from '../../domain/action.ts'
import { accountCsv, accountEnd, accountHead, accountJson } from '../../domain/job-accounts.ts'
import type { Repositories, Store } from '../../domain/ports/store.ts'
import { replayCsv, replayHead, replayJson } from '../../domain/replay-accounts.ts'
import { jobPlan, readAccounts } from './read-accounts.ts'
import { readReplayAccounts } from './read-replay-accounts.ts'

export const OUTCOME_FORMATS = ['csv', 'json'] as const
export type OutcomeFormat = (typeof OUTCOME_FORMATS)[number]

/** A table as lines of text, a page at a time. */
interface Table {
  readonly head: string
  readonly pages: AsyncIterable<readonly string[]>
  readonly end: (plan: number, jobs: number) => string
}

type Reads = Pick<Repositories, 'plans' | 'slices' | 'vault' | 'replays'>

/**
 * Writes one line for each job of a plan, a slice at a time, however many there are; changes nothing. Of a plan
 * that is under way each slice is told as it was when its turn came; of a replay the ledger tells how each job did.
 * Resolves to how many jobs there were. Throws `bad_input` where no such plan is about jobs, before anything is
 * written.
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
  const { head, pages, end } = await tableOf(store, plan, format)
  let jobs = 0
  await write(head)
  for await (const lines of pages) {
    await write(lines.join(''))
    jobs += lines.length
  }
  await write(end(plan.number, jobs))
  return jobs
}

async function tableOf(store: Reads, plan: Plan, format: OutcomeFormat): Promise<Table> {
  const { number } = plan
  const isCsv = format === 'csv'
  const end = isCsv ? () => '' : accountEnd
  const ofReplay = await readReplayAccounts(store, plan)
  if (ofReplay !== null) {
    const line = isCsv ? replayCsv : replayJson
    const pages = mapped(ofReplay, (account) => line(number, account))
    return { head: isCsv ? replayHead() : '', pages, end }
  }
  const line = isCsv ? accountCsv : accountJson
  const pages = mapped(readAccounts(store, plan), (account) => line(number, account))
  return { head: isCsv ? accountHead() : '', pages, end }
}

async function* mapped<T>(
  pages: AsyncIterable<readonly T[]>,
  line: (item: T) => string,
): AsyncGenerator<readonly string[], void> {
  for await (const page of pages) yield page.map(line)
}
