import type { Plan } from '../../../domain/action.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import { doneIds } from '../jobs/done-ids.ts'

/**
 * Jobs that were taken out of the line never ran: the ledger of their replay says so in the transaction that tells
 * that they are in the vault, be the replay over by then or not.
 */
export async function noteReturned(
  store: Pick<Repositories, 'slices' | 'replays'>,
  { id, replay, queues }: Plan,
  at: Date,
): Promise<void> {
  if (replay?.step.startsWith('unstarted') !== true) return
  for (const { ref } of queues) {
    const ids = await doneIds(store, id, ref)
    const outcome = { outcome: 'returned', shape: null, isKnown: null, at } as const
    await store.replays.note(
      replay.planId,
      ids.map((job) => ({ id: job, ...outcome })),
    )
  }
}
