import { isSameActor } from '../../../domain/action.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import type { Replay } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import type { Run } from './run.ts'

/** In a transaction that holds the replay's row, if it is still as it was looked at. */
export async function ifUnchanged(
  deps: Deps,
  { part, replay }: Run,
  run: (store: Repositories, now: Date, fresh: Replay) => Promise<unknown>,
): Promise<void> {
  const now = deps.clock.now()
  await deps.store.transaction(async (store) => {
    const fresh = await store.replays.locked(part.plan.id)
    if (fresh === null || !isSameStand(fresh, replay)) return
    await run(store, now, fresh)
  })
}

/** Whether nobody held it, let it go on or judged it in between. */
const isSameStand = (a: Replay, b: Replay): boolean =>
  a.state === b.state &&
  a.wave === b.wave &&
  a.isHeldByPerson === b.isHeldByPerson &&
  (a.by === null ? b.by === null : b.by !== null && isSameActor(a.by, b.by))
