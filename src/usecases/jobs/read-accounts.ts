import { ACTION_WORDS } from '../../domain/action-words.ts'
import type { Plan } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { jobAccounts, type JobAccount, type SliceContext } from '../../domain/job-accounts.ts'
import { isJobAction, isOfVault } from '../../domain/job-actions.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import type { Slice } from '../../domain/ports/vault-store.ts'
import { queueKey } from '../../domain/queue.ts'

type Reads = Pick<Repositories, 'plans' | 'slices' | 'vault'>

/** Slices of a page: 10,000 jobs at most are in memory. */
const PAGE = 10

/** The plan of this number, if it is one about jobs. Throws `bad_input`. */
export async function jobPlan({ plans }: Pick<Reads, 'plans'>, number: number): Promise<Plan> {
  const plan = await plans.byNumber(number)
  if (plan === null)
    throw new OperatorError(
      'bad_input',
      `There is no plan ${number}.`,
      'Nothing was changed. The card of a plan shows its number, and so does the audit trail.',
    )
  if (plan.jobs !== null) return plan
  throw new OperatorError(
    'bad_input',
    `Plan ${number} is to ${ACTION_WORDS[plan.action].verb}: it names queues, no single jobs.`,
    'Nothing was changed. Its card and the audit trail tell what became of it.',
  )
}

/** Every job of a plan with what became of it, in the order of the plan, slices at a time. */
export async function* readAccounts(
  store: Reads,
  plan: Plan,
): AsyncGenerator<readonly JobAccount[], void> {
  const sets = new Map(
    (await store.vault.setsOfPlan(plan.id)).map(({ ref, number }) => [queueKey(ref), number]),
  )
  for (let after = -1; ;) {
    const page = await store.slices.page(plan.id, after, PAGE)
    for (const slice of page) yield jobAccounts(slice, await contextOf(store, plan, slice, sets))
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    after = last.position
  }
}

async function contextOf(
  { vault }: Pick<Reads, 'vault'>,
  plan: Plan,
  slice: Slice,
  sets: ReadonlyMap<string, number>,
): Promise<SliceContext> {
  const { ref, ids } = slice
  const isOver = plan.finishedAt !== null
  const isSource = isJobAction(plan.action) && isOfVault(plan.action, slice)
  const number = isSource ? plan.jobs?.options.vault : sets.get(queueKey(ref))
  const rows = isSource ? await vault.rows(ids.map(Number)) : null
  return {
    isOver,
    vault: number === undefined ? null : { number, isSource },
    jobIds: rows && new Map(rows.map(({ id, jobId }) => [String(id), jobId])),
  }
}
