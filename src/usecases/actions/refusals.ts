import type { ActionKind, Hold } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { type JobAction, isJobAction, jobActionRule } from '../../domain/job-actions.ts'
import { queueKey, type QueueOverview, type QueueRef } from '../../domain/queue.ts'
import { clockTime } from '../../domain/time.ts'
import type { Deps } from '../deps.ts'
import { ownHolds, type Seen } from './look.ts'

/** What is asked for. */
interface Asked {
  readonly action: ActionKind
  readonly undoesPlanId?: string | null
}

/** Why an action on a queue as it is now would change nothing, or must not be done; null if it can be. */
export async function refusalOf(
  deps: Pick<Deps, 'store' | 'settings' | 'clock'>,
  { action, undoesPlanId = null }: Asked,
  { ref, state, holds }: Seen,
): Promise<OperatorError | null> {
  const { overview } = state
  if (isJobAction(action)) return refusalOfJobs(action, ref, overview)
  // Pausing what does not exist would make it up in the user's Redis.
  if (!overview.isKnown) return neverSeen(ref)
  const isStopped = overview.isPaused || holds.length > 0
  // What stops the queue now is not the pause that is taken back.
  if (action === 'resume' && undoesPlanId !== null && ownHolds(holds, undoesPlanId).length === 0)
    return pauseIsOver(ref)
  // What Spillway holds already can be held for longer; what others paused is theirs.
  if (action === 'pause') return overview.isPaused && holds.length === 0 ? foreignPause(ref) : null
  return isStopped || overview.stranded > 0 ? null : notPaused(deps, ref)
}

/** Whether jobs of this queue can be dealt with; which ones there are is looked up afterwards. */
function refusalOfJobs(
  action: JobAction,
  ref: QueueRef,
  { isKnown, isPaused }: QueueOverview,
): OperatorError | null {
  // Jobs of the vault go back also to a queue that was emptied.
  if (!isKnown && jobActionRule(action).source === 'queue') return neverSeen(ref)
  return action === 'drain' && !isPaused ? notStopped(ref) : null
}

const notStopped = (ref: QueueRef): OperatorError =>
  new OperatorError(
    'bad_input',
    `\`${queueKey(ref)}\` is not paused: workers would go on taking jobs while it is drained.`,
    `Nothing was changed. Pause it first: \`pause ${ref.queue}\`.`,
  )

const pauseIsOver = (ref: QueueRef): OperatorError =>
  new OperatorError(
    'already_done',
    `That pause of \`${queueKey(ref)}\` is over already.`,
    'Nothing was changed. `status` shows how the queue is now.',
  )

const foreignPause = (ref: QueueRef): OperatorError =>
  new OperatorError(
    'already_done',
    `\`${queueKey(ref)}\` is paused already, by somebody or something other than Spillway.`,
    'Nothing was changed. It stays paused until they, or you, resume it.',
  )

async function notPaused(
  deps: Pick<Deps, 'store' | 'settings' | 'clock'>,
  ref: QueueRef,
): Promise<OperatorError> {
  const last = await deps.store.now.plans.lastDone(ref, 'resume')
  const when = last?.finishedAt ?? null
  const who =
    last === null || when === null
      ? ''
      : `; <@${last.actor.userId}> resumed it at ${clockTime(when, deps.settings.timeZone, deps.clock.now())}`
  return new OperatorError(
    'already_done',
    `\`${queueKey(ref)}\` is not paused${who}.`,
    'Nothing was changed.',
  )
}

const neverSeen = (ref: QueueRef): OperatorError =>
  new OperatorError(
    'unknown_queue',
    `\`${queueKey(ref)}\` has no trace in its system: no job was ever added to it, or it was renamed.`,
    'Nothing was changed. `list` shows the queues that are known.',
  )

/** "already paused by @x at 14:02", for who finds it held. */
export const heldBy = (deps: Pick<Deps, 'settings' | 'clock'>, hold: Hold): string =>
  `<@${hold.owner.userId}> at ${clockTime(hold.startedAt, deps.settings.timeZone, deps.clock.now())}`
