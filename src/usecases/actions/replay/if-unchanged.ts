import { isSameActor } from '../../../domain/action.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import type { Replay } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import { LEASE_MS, LeaseLost } from '../execution.ts'
import type { Run } from './run.ts'

type Held<T> = (store: Repositories, fresh: Replay, now: Date) => Promise<T>

/**
 * A transaction of the attempt that has the plan, with the replay as it is and stays until the commit. An attempt
 * that was overtaken throws `LeaseLost` and writes nothing: what it saw is old. The plan's row is locked before the
 * replay's, as by whoever closes the plan.
 */
export function asHolder<T>(
  deps: Pick<Deps, 'store' | 'clock'>,
  { part: { plan, fence, queue } }: Pick<Run, 'part'>,
  run: Held<T>,
): Promise<T> {
  const now = deps.clock.now()
  return deps.store.transaction(async (store) => {
    // A plan that is over has no holder any more: what is left to be done for its replay, the row's lock orders.
    const isOurs =
      plan.finishedAt !== null ||
      (await store.plans.touch(plan.id, fence, queue.ref, now, LEASE_MS))
    const fresh = isOurs ? await store.replays.locked(plan.id) : null
    if (fresh === null) throw new LeaseLost()
    return run(store, fresh, now)
  })
}

/** The same, if the replay is still as it was looked at; false, and nothing happens, if it is not. */
export function ifUnchanged(
  deps: Pick<Deps, 'store' | 'clock'>,
  run: Run,
  change: Held<unknown>,
): Promise<boolean> {
  return asHolder(deps, run, async (store, fresh, now) => {
    if (!isSameStand(fresh, run.replay)) return false
    await change(store, fresh, now)
    return true
  })
}

/** Whether nobody held it, let it go on or judged it in between. */
const isSameStand = (a: Replay, b: Replay): boolean =>
  a.state === b.state &&
  a.wave === b.wave &&
  a.isHeldByPerson === b.isHeldByPerson &&
  (a.by === null ? b.by === null : b.by !== null && isSameActor(a.by, b.by))
