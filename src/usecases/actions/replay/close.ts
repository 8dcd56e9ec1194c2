import type { Plan } from '../../../domain/action.ts'
import type { Repositories } from '../../../domain/ports/store.ts'
import type { Replay } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import { beginRecovery } from '../../recovery/begin.ts'
import { placesOf } from '../card.ts'
import { openJobs } from './run.ts'

/**
 * A replay whose plan is over is over, too, or halts: what a plan that was given up has in line, and what is in doubt
 * of it, is taken back by `endGivenUp`, before its queue is free for another one. After one that brought everything
 * through, it is measured whether the queue has recovered.
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
    const words = plan.outcome?.words ?? 'It was given up.'
    await store.replays.judge(plan.id, replay.wave, { verdict: 'halt', by: null, words, now })
    await store.replays.change(plan.id, { state: 'halting', reason: words }, now)
  }
  const doubtful = plan.queues.map(({ ref }) => store.slices.open(plan.id, ref, 1))
  if (openJobs(replay) > 0 || (await Promise.all(doubtful)).flat().length > 0) return
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
