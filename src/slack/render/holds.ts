import type { Hold, QueueProof, ThrottleHold } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import type { Freeze } from '../../domain/ports/store.ts'
import type { PauseHazard, QueueOverview } from '../../domain/queue.ts'
import { heldAt, isSameThrottle, isThrottled, throttleWords } from '../../domain/throttle.ts'
import { clockTime } from '../../domain/time.ts'
import type { Stops } from '../../domain/views.ts'
import { firstFew } from './elements.ts'
import { mention, queueName, quoted, sentence } from './mrkdwn.ts'

/** A long tail of holds or hazards would push the buttons off the screen. */
const MAX_LINES = 5

const PROOFS: Readonly<Record<QueueProof, string>> = {
  held: 'held',
  set_not_proven: 'set, not yet proven',
  not_held: '*not holding: jobs still move*',
  running: 'running, a job was taken',
  paused_again: '*paused again by somebody or something else*',
}

export const proofWords = (proof: QueueProof): string => PROOFS[proof]

const THROTTLE_PROOFS: Readonly<Record<Hold['proof'], string>> = {
  held: 'workers wait for it',
  set_not_proven: 'set, not yet proven',
  not_held: '*not holding: workers take more*',
}

const isThrottle = (hold: Hold): hold is ThrottleHold => 'throttle' in hold

/** `until 14:27 (25 min left)`. */
export function untilWords(hold: Hold, zone: string, now: Date): string {
  if (hold.endsAt === null)
    return isThrottle(hold) ? 'until somebody ends it' : 'until somebody resumes it'
  const time = clockTime(hold.endsAt, zone, now)
  const left = hold.endsAt.getTime() - now.getTime()
  return left <= 0 ? `until ${time} (due now)` : `until ${time} (${formatDuration(left)} left)`
}

const because = (reason: string | null, mark: string): string =>
  reason === null || reason.trim() === '' ? '' : `${mark}${quoted(reason, 200)}`

const sinceWords = ({ startedAt }: Hold, zone: string, now: Date): string =>
  `since ${clockTime(startedAt, zone, now)}`

const iconOf = (hold: Hold): string => (isThrottle(hold) ? ':turtle:' : ':double_vertical_bar:')

const proofOf = (hold: Hold): string =>
  isThrottle(hold) ? THROTTLE_PROOFS[hold.proof] : PROOFS[hold.proof]

/** Who stopped or slowed it, since and until when, whether it is proven to hold, and why. */
function holdLine(hold: Hold, zone: string, now: Date): string {
  const what = isThrottle(hold) ? `Throttled to ${throttleWords(hold.throttle.wanted)}` : 'Paused'
  return `${iconOf(hold)} ${what} by ${mention(hold.owner.userId)} ${sinceWords(hold, zone, now)}, ${untilWords(hold, zone, now)} · ${proofOf(hold)}${because(hold.reason, ' · ')}`
}

/** As `holdLine`, for lists over many queues, where one without an end must not be overlooked. */
export function heldQueueLine(hold: Hold, zone: string, now: Date): string {
  const to = isThrottle(hold) ? ` to ${throttleWords(hold.throttle.wanted)}` : ''
  const endless = hold.endsAt === null ? '*no end* ' : ''
  return `${iconOf(hold)} ${queueName(hold.ref)}${to} by ${mention(hold.owner.userId)} ${sinceWords(hold, zone, now)}, ${endless}${untilWords(hold, zone, now)} · ${proofOf(hold)}${because(hold.reason, ' · ')}`
}

const FOREIGN_LINE =
  ':double_vertical_bar: *Paused, but not by Spillway*: another tool or person did it.'

/** What a start would end: who stopped the queues, since when and why, as far as Spillway knows. */
export function stopLines(
  { holds, foreign }: Stops,
  isOne: boolean,
  zone: string,
  now: Date,
): readonly string[] {
  const line = isOne ? holdLine : heldQueueLine
  const named = firstFew(foreign, MAX_LINES, queueName).join(', ')
  return [
    ...firstFew(holds, MAX_LINES, (hold) => line(hold, zone, now)),
    ...(foreign.length === 0 ? [] : [isOne ? FOREIGN_LINE : `${FOREIGN_LINE} ${named}`]),
  ]
}

/** What is paused, and where the queue's own flag disagrees with our holds. Null numbers: only the holds are known. */
export function pauseLines(
  overview: QueueOverview | null,
  holds: readonly Hold[],
  zone: string,
  now: Date,
): readonly string[] {
  const lines = firstFew(holds, MAX_LINES, (hold) => holdLine(hold, zone, now))
  if (overview === null) return lines
  if (overview.isPaused && holds.length === 0) return [FOREIGN_LINE]
  if (!overview.isPaused && holds.length > 0)
    return [
      ...lines,
      ':warning: *Its pause is gone*: another tool resumed it. Pause it again if it must stop.',
    ]
  return lines
}

/** What is slowed, and where the queue's own limits are others than our throttles set. Null numbers: only those are known. */
export function throttleLines(
  overview: QueueOverview | null,
  throttles: readonly ThrottleHold[],
  zone: string,
  now: Date,
): readonly string[] {
  const lines = firstFew(throttles, MAX_LINES, (hold) => holdLine(hold, zone, now))
  if (overview === null) return lines
  const found = throttleWords(overview.throttle)
  const [first] = throttles
  if (first === undefined)
    return isThrottled(overview.throttle)
      ? [`:turtle: Limited to ${found}, but not by Spillway.`]
      : []
  const set = heldAt(
    first.throttle.former,
    throttles.map(({ throttle }) => throttle),
  )
  return isSameThrottle(set, overview.throttle)
    ? lines
    : [...lines, `:warning: *Its limits are others now*: ${found}. Another tool changed them.`]
}

export const hazardLines = (hazards: readonly PauseHazard[]): readonly string[] =>
  firstFew(hazards, MAX_LINES, (hazard) => `:warning: ${sentence(hazard.explanation, 300)}`)

/** The banner while nothing may be executed. */
export const freezeLine = (freeze: Freeze, zone: string, now: Date): string =>
  `:ice_cube: *Frozen* by ${mention(freeze.by.userId)} since ${clockTime(freeze.at, zone, now)}${because(freeze.reason, ': ')}. No action is carried out until it ends.`
