import type { ActionKind, Hold } from '../../domain/action.ts'
import { OperatorError } from '../../domain/errors.ts'
import { type JobAction, isJobAction, jobActionRule } from '../../domain/job-actions.ts'
import { isSameQueue, queueKey, type QueueOverview, type QueueRef } from '../../domain/queue.ts'
import { isSameThrottle, isThrottled, strictest, throttleWords } from '../../domain/throttle.ts'
import { clockTime } from '../../domain/time.ts'
import type { Deps } from '../deps.ts'
import { ownHolds, type Seen } from './look.ts'
import type { ThrottleWish } from './prepare-throttle.ts'

/** What is asked for. */
interface Asked {
  readonly action: ActionKind
  readonly undoesPlanId?: string | null
  readonly throttle?: ThrottleWish | null
}

/** Why an action on a queue as it is now would change nothing, or must not be done; null if it can be. */
export async function refusalOf(
  deps: Pick<Deps, 'store' | 'settings' | 'clock'>,
  asked: Asked,
  seen: Seen,
): Promise<OperatorError | null> {
  const { action } = asked
  const { ref } = seen
  const { overview } = seen.state
  if (isJobAction(action)) return refusalOfJobs(action, ref, overview)
  // Pausing what does not exist would make it up in the user's Redis.
  if (!overview.isKnown) return neverSeen(ref)
  if (action === 'throttle') return slowEnough(asked, seen)
  if (action === 'unthrottle') return notThrottled(asked, seen)
  return refusalOfStop(deps, asked, seen)
}

async function refusalOfStop(
  deps: Pick<Deps, 'store' | 'settings' | 'clock'>,
  asked: Asked,
  seen: Seen,
): Promise<OperatorError | null> {
  const { action, undoesPlanId = null } = asked
  const { ref, holds } = seen
  const { overview } = seen.state
  const isStopped = overview.isPaused || holds.length > 0
  // What stops the queue now is not the pause that is taken back.
  if (action === 'resume' && undoesPlanId !== null && ownHolds(seen, asked).length === 0)
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

/** Why jobs of one queue cannot go to another; null where they can. */
export function refusalOfTarget(from: QueueRef, to: QueueRef): OperatorError | null {
  if (isSameQueue(from, to))
    return new OperatorError(
      'bad_input',
      `The jobs are in \`${queueKey(to)}\` already.`,
      'Nothing was changed. Name another queue, or a priority: `move email to priority 5`.',
    )
  return from.system === to.system
    ? null
    : new OperatorError(
        'not_supported',
        `\`${queueKey(to)}\` is of another system than \`${queueKey(from)}\`.`,
        'Nothing was changed. Jobs move between queues of one system.',
      )
}

const notStopped = (ref: QueueRef): OperatorError =>
  new OperatorError(
    'bad_input',
    `\`${queueKey(ref)}\` is not paused: workers would go on taking jobs while it is drained.`,
    `Nothing was changed. Pause it first: \`pause ${ref.queue}\`.`,
  )

/** What Spillway limits already can be limited for longer; what others limit as much is theirs. */
function slowEnough(
  { throttle = null }: Asked,
  { ref, state, throttles }: Seen,
): OperatorError | null {
  const now = state.overview.throttle
  const isSlower = throttle !== null && isSameThrottle(strictest([now, throttle.to]), now)
  if (throttles.length > 0 || !isSlower) return null
  return new OperatorError(
    'already_done',
    `\`${queueKey(ref)}\` is limited to ${throttleWords(now)} already, by somebody or something other than Spillway.`,
    'Nothing was changed. Say a smaller limit to slow it further.',
  )
}

function notThrottled(asked: Asked, seen: Seen): OperatorError | null {
  if (ownHolds(seen, asked).length > 0) return null
  const name = `\`${queueKey(seen.ref)}\``
  const { throttle } = seen.state.overview
  if (seen.throttles.length > 0)
    return new OperatorError(
      'already_done',
      `That throttle of ${name} is over already.`,
      'Nothing was changed. `status` shows how the queue is now.',
    )
  return new OperatorError(
    'already_done',
    isThrottled(throttle)
      ? `${name} is limited to ${throttleWords(throttle)}, but not by Spillway.`
      : `${name} is not throttled.`,
    isThrottled(throttle)
      ? 'Nothing was changed. Whoever set that limit takes it away.'
      : 'Nothing was changed.',
  )
}

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
