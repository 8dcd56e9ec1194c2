import type { Plan, PlannedQueueState } from './action.ts'
import type { JobAccounts } from './ports/vault-store.ts'

/** Queues, or of an action about jobs the jobs: planned = done + skipped + failed + returned, once it is over. */
export interface Accounts {
  readonly planned: number
  readonly done: number
  readonly skipped: number
  readonly failed: number
  readonly returned: number
  /** Not over yet; 0 afterwards. */
  readonly open: number
}

export function accountsOf(plan: Pick<Plan, 'queues' | 'jobs'>): Accounts {
  return plan.jobs === null ? queueAccounts(plan) : sumOfJobs(plan)
}

/** The same of jobs while they are dealt with. */
export const toAccounts = ({ planned, done, skipped, returned, open }: JobAccounts): Accounts => ({
  planned,
  done,
  skipped,
  failed: 0,
  returned,
  open,
})

function sumOfJobs({ queues }: Pick<Plan, 'queues'>): Accounts {
  const parts = queues.map(({ outcome, jobs, state }) =>
    outcome?.jobs === undefined ? untold(jobs ?? 0, state) : toAccounts(outcome.jobs),
  )
  const sum = (of: keyof Accounts): number => parts.reduce((total, part) => total + part[of], 0)
  return {
    planned: sum('planned'),
    done: sum('done'),
    skipped: sum('skipped'),
    failed: sum('failed'),
    returned: sum('returned'),
    open: sum('open'),
  }
}

/** A queue whose jobs were not begun, or are not over. */
const untold = (jobs: number, state: PlannedQueueState): Accounts => ({
  planned: jobs,
  done: 0,
  skipped: state === 'skipped' ? jobs : 0,
  failed: state === 'failed' ? jobs : 0,
  returned: state === 'returned' ? jobs : 0,
  open: state === 'pending' || state === 'executing' || state === 'done' ? jobs : 0,
})

function queueAccounts(plan: Pick<Plan, 'queues'>): Accounts {
  const count = (...states: readonly PlannedQueueState[]): number =>
    plan.queues.filter(({ state }) => states.includes(state)).length
  return {
    planned: plan.queues.length,
    done: count('done'),
    skipped: count('skipped'),
    failed: count('failed'),
    returned: count('returned'),
    open: count('pending', 'executing'),
  }
}
