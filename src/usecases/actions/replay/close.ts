import type { Plan } from '../../../domain/action.ts'
import type { Repositories } from '../../../domain/ports/store.ts'

/** A replay whose plan is over is over, too, however that came: its queue is free for another one. */
export async function closeReplay(
  store: Repositories,
  { id, outcome }: Pick<Plan, 'id' | 'outcome'>,
  now: Date,
): Promise<void> {
  const replay = await store.replays.locked(id)
  if (replay === null || replay.state === 'done' || replay.state === 'halted') return
  if (replay.state !== 'halting')
    await store.replays.change(id, { state: 'halting', reason: outcome?.words ?? null }, now)
  await store.replays.change(id, { state: 'halted', endedAt: now }, now)
}
