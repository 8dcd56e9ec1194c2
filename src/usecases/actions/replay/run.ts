import type { JobOperator } from '../../../domain/ports/job-operator.ts'
import type { QueueRef } from '../../../domain/queue.ts'
import type { PlannedReplay, Replay } from '../../../domain/replay.ts'
import type { Deps } from '../../deps.ts'
import type { Part } from '../execution.ts'

/** A replay in the hands of one attempt. */
export interface Run {
  readonly part: Part
  readonly planned: PlannedReplay
  /** As stored; read again after every change. */
  readonly replay: Replay
  readonly operator: JobOperator
  /** Where its jobs run. */
  readonly ref: QueueRef
}

/** With what is stored by now. */
export async function refreshed(deps: Pick<Deps, 'store'>, run: Run): Promise<Run> {
  const replay = await deps.store.now.replays.byPlan(run.part.plan.id)
  if (replay === null) throw new Error(`replay of plan ${run.part.plan.number} is gone`)
  return { ...run, replay }
}

/** Jobs of it that were put in line and did not end yet. */
export const openJobs = ({ waves }: Replay): number =>
  waves.reduce((sum, { counts }) => sum + counts.open, 0)
