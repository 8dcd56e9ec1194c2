import type { Plan } from '../../../domain/action.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import type { Replay } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import { beginRecovery } from '../../recovery/begin.ts'
import { placesOf } from '../card.ts'

/**
 * A replay whose plan is over is over, too, however that came: its queue is free for another one. After one that
 * brought everything through, it is measured whether the queue has recovered.
 */
export async function closeReplay(
  deps: Pick<Deps, 'settings' | 'clock' | 'ids'>,
  store: Repositories,
  plan: Plan,
  now: Date,
): Promise<void> {
  const replay = await store.replays.locked(plan.id)
  if (replay === null || replay.state === 'halted') return
  if (replay.state === 'done') return verifyAfter(deps, store, plan, replay)
  if (replay.state !== 'halting') {
    const reason = plan.outcome?.words ?? null
    await store.replays.change(plan.id, { state: 'halting', reason }, now)
  }
  await store.replays.change(plan.id, { state: 'halted', endedAt: now }, now)
}

/** A canary alone proves nothing about the queue. */
async function verifyAfter(
  deps: Pick<Deps, 'settings' | 'clock' | 'ids'>,
  store: Repositories,
  plan: Plan,
  { ref }: Replay,
): Promise<void> {
  const last = plan.jobs?.replay?.ramp.steps.at(-1)
  if (last === undefined || 'jobs' in last) return
  for (const { id } of (await placesOf(store, plan)).incidents)
    await beginRecovery(deps, store, { incidentId: id, refs: [ref], by: null, planId: plan.id })
}
