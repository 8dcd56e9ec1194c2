import { setTimeout as sleep } from 'node:timers/promises'

import type { Plan } from '../../src/domain/action.ts'
import type { QueueSystem } from '../../src/domain/ports/queue-system.ts'
import type { Store } from '../../src/domain/ports/store.ts'
import type { RampWish, Replay } from '../../src/domain/replay.ts'
import { executePlan } from '../../src/usecases/actions/execute-plan.ts'
import type { Deps } from '../../src/usecases/deps.ts'
import { type BulkStage, createBulkStage } from './bulk-stage.ts'

/** Time as it is: workers do not wait for a test's clock. */
const realClock = { now: () => new Date(), advance: () => undefined, set: () => undefined }

/** Nothing is watched for longer than it takes to look. */
export const QUICK: RampWish = { watchMs: 0, patienceMs: 5_000, promotes: 'itself' }

/** Replays of one queue, driven attempt by attempt as the runner would. */
export interface ReplayStage extends BulkStage {
  /** One round of every plan that is under way. */
  round(): Promise<void>
  /** Rounds until the replay looks like this. */
  until(planId: string, what: string, test: (replay: Replay) => boolean): Promise<Replay>
  /** Rounds until its plan and all that it had made are over. */
  over(planId: string): Promise<{ readonly plan: Plan; readonly replay: Replay }>
}

export function createReplayStage(
  store: Store,
  system: QueueSystem,
  queue: string,
  over: Partial<Deps> = {},
): ReplayStage {
  const stage = createBulkStage(store, realClock, system, queue)
  const deps = { ...stage.deps, ...over }
  const round = async (): Promise<void> => {
    const due = await store.now.plans.unfinished(new Date(), 50)
    for (const { id } of due) await executePlan(deps, id)
    await sleep(30)
  }
  const replayOf = async (planId: string): Promise<Replay | null> =>
    store.now.replays.byPlan(planId)
  const until: ReplayStage['until'] = async (planId, what, test) => {
    const deadline = Date.now() + 20_000
    for (;;) {
      await round()
      const replay = await replayOf(planId)
      if (replay !== null && test(replay)) return replay
      if (Date.now() > deadline)
        throw new Error(`not within 20 s: ${what}; instead: ${JSON.stringify(replay, null, 1)}`)
    }
  }
  return {
    ...stage,
    deps,
    round,
    until,
    async over(planId) {
      const replay = await until(planId, 'over', ({ endedAt }) => endedAt !== null)
      for (;;) {
        const plan = await store.now.plans.byId(planId)
        if (plan !== null && plan.finishedAt !== null)
          return { plan, replay: (await replayOf(planId)) ?? replay }
        await round()
      }
    },
  }
}
