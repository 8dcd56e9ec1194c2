import { OperatorError } from '../../../domain/errors.ts'
import { Overtaken } from '../../../domain/ports/job-operator.ts'
import { replayWords } from '../../../domain/replay-words.ts'
import type { Deps } from '../../deps.ts'
import {
  type ActionSpec,
  LeaseLost,
  type Part,
  type PartEnd,
  recordIntent,
  touchQueue,
} from '../execution.ts'
import { isExplained } from '../jobs/outcome-words.ts'
import { replayAccounts } from './accounts.ts'
import { openRun } from './begin.ts'
import { asHolder } from './if-unchanged.ts'
import { stepReplay } from './step.ts'

/**
 * Jobs run again in waves, the first of which is small and watched: see docs/replay.md. Every step begins with a
 * look at what is so, and is over in seconds; in between the queue is free for others.
 */
export const replayAction: ActionSpec = {
  kind: 'replay',
  async carryOut(deps, part) {
    await deps.store.transaction((store) => recordIntent(store, part, deps.clock.now()))
    await touchQueue(deps, part, async () => {})
    const run = await openRun(deps, part)
    if ('outcome' in run) return run
    try {
      return await stepReplay(deps, run)
    } catch (error) {
      if (error instanceof Overtaken) throw new LeaseLost()
      if (isAway(error)) await noteAway(deps, part, error.message)
      throw error
    }
  },
  verify: verifyReplay,
  settle: async () => {},
}

const isAway = (error: unknown): error is OperatorError =>
  error instanceof OperatorError && error.code === 'system_unreachable'

/** Nothing is known while the system is away: the card says so rather than showing what was true before. */
async function noteAway(deps: Deps, { plan }: Part, words: string): Promise<void> {
  const gates = [{ name: 'redis', state: 'unknown', words }] as const
  await deps.store.now.replays.change(plan.id, { gates }, deps.clock.now())
  await deps.store.now.messages.touchPlan(plan.id)
}

async function verifyReplay(deps: Deps, part: Part): Promise<PartEnd> {
  const { plan, queue } = part
  // Nobody looks after these any more: each has an end in the ledger, if only that it was not seen.
  await asHolder(deps, { part }, ({ replays }, _fresh, now) => replays.endOpen(plan.id, now))
  const replay = await deps.store.now.replays.byPlan(plan.id)
  if (replay === null) throw new Error(`replay of plan ${plan.number} is gone`)
  const slices = await deps.store.now.slices.accounts(plan.id, queue.ref)
  const jobs = replayAccounts(slices, replay)
  const { overview } = await deps.systems.get(queue.ref.system).pauseState(queue.ref.queue)
  return {
    state: replay.state === 'done' || replay.by !== null ? 'done' : 'failed',
    outcome: {
      words: replayWords(replay),
      proof: null,
      after: overview,
      accounting: { isAsPlanned: isExplained(jobs, null), words: '' },
      jobs,
    },
  }
}
