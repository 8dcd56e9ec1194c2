import type { Plan } from '../../domain/action.ts'
import { JOB_ACCOUNTS, type JobAccount } from '../../domain/job-accounts.ts'
import { SKIP_REASONS } from '../../domain/job.ts'
import type { JobAccounts } from '../../domain/ports/vault-store.ts'
import type { OutcomeGroup, OutcomesView } from '../../domain/views-jobs.ts'
import type { Deps } from '../deps.ts'
import { jobPlan, readAccounts } from './read-accounts.ts'

/** Of each group; one that begins late in a long plan is looked for no further than this. */
const SHOWN_JOBS = 5
const MOST_LOOKED = 200_000

/**
 * What became of the jobs of a plan, as many by reason, and the first few of each. Throws `bad_input` where no such
 * plan is about jobs.
 */
export async function showOutcomes(
  { store, clock }: Pick<Deps, 'store' | 'clock'>,
  { plan: number }: { readonly plan: number },
): Promise<OutcomesView> {
  const plan = await jobPlan(store.now, number)
  const accounts = await store.now.slices.accounts(plan.id, null)
  const groups = await withFirst(readAccounts(store.now, plan), groupsOf(plan, accounts))
  return { plan, groups, at: clock.now() }
}

type Numbers = Omit<OutcomeGroup, 'first'>

/** All numbers come from the accounts; skipped jobs by their reason. */
function groupsOf(plan: Plan, accounts: JobAccounts): readonly Numbers[] {
  const { done, returned, open, reasons } = accounts
  // Of a plan that is over, only what it left in doubt is open.
  const left = plan.finishedAt === null ? { open, in_doubt: 0 } : { open: 0, in_doubt: open }
  const counts = { done, returned, ...left }
  const groups = JOB_ACCOUNTS.flatMap((outcome): Numbers[] =>
    outcome === 'skipped'
      ? SKIP_REASONS.map((reason) => ({ outcome, reason, count: reasons[reason] ?? 0 }))
      : [{ outcome, reason: null, count: counts[outcome] }],
  )
  return groups.filter(({ count }) => count > 0)
}

async function withFirst(
  pages: AsyncIterable<readonly JobAccount[]>,
  groups: readonly Numbers[],
): Promise<readonly OutcomeGroup[]> {
  const shown = groups.map((group) => ({ ...group, first: [] as JobAccount[] }))
  let looked = 0
  for await (const page of pages) {
    for (const account of page) {
      const group = shown.find(
        ({ outcome, reason }) => outcome === account.outcome && reason === account.reason,
      )
      if (group !== undefined && group.first.length < SHOWN_JOBS) group.first.push(account)
    }
    looked += page.length
    const isEnough = shown.every(({ first, count }) => first.length === Math.min(count, SHOWN_JOBS))
    if (isEnough || looked >= MOST_LOOKED) break
  }
  return shown
}
