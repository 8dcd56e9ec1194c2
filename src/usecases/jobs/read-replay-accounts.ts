import type { Plan } from '../../domain/action.ts'
import type { Repositories } from '../../domain/ports/store.ts'
import { queueKey } from '../../domain/queue.ts'
import { keptAccount, putAccount, type ReplayAccount } from '../../domain/replay-accounts.ts'
import type { PlannedReplay, Replay } from '../../domain/replay.ts'
import { readAccounts } from './read-accounts.ts'

type Reads = Pick<Repositories, 'plans' | 'slices' | 'vault' | 'replays'>

/** Jobs of a page. */
const PAGE = 5000

/**
 * Every job of a plan's replay, a page at a time: first those that were put in line, in that order, then those that
 * were not. Null where no replay has begun.
 */
export async function readReplayAccounts(
  store: Reads,
  plan: Plan,
): Promise<AsyncIterable<readonly ReplayAccount[]> | null> {
  const planned = plan.jobs?.replay
  const replay = planned === undefined ? null : await store.replays.byPlan(plan.id)
  return planned === undefined || replay === null ? null : pagesOf(store, plan, replay, planned)
}

async function* pagesOf(
  store: Reads,
  plan: Plan,
  replay: Replay,
  planned: PlannedReplay,
): AsyncGenerator<readonly ReplayAccount[], void> {
  const queue = queueKey(replay.ref)
  for (let after: string | undefined; ;) {
    const query = { limit: PAGE, ...(after === undefined ? {} : { after }) }
    const jobs = await store.replays.jobs(plan.id, query)
    yield jobs.map((job) => putAccount(queue, planned, job))
    after = jobs.at(-1)?.id
    if (after === undefined || jobs.length < PAGE) break
  }
  for await (const accounts of readAccounts(store, plan))
    yield accounts.flatMap((account) => keptAccount(account) ?? [])
}
