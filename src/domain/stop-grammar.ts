import { asTyped, isKeyword, type Word } from './command-words.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { OperatorError } from './errors.ts'
import { parseThen, parseThrottle, splitThen } from './throttle-grammar.ts'
import type { Throttle } from './throttle.ts'

/** What a person wants stopped or slowed. Queues as typed; null means the one of the room. */
export type StopCommand =
  | {
      readonly kind: 'pause'
      readonly queue: string | null
      readonly holdMs: number | null
      /** How slow it goes on after the pause; at full speed unless told. */
      readonly slow?: Slow
    }
  | {
      readonly kind: 'throttle'
      readonly queue: string | null
      readonly holdMs: number | null
      readonly to: Throttle
    }

interface Slow {
  readonly to: Throttle
  readonly thenMs: number | null
}

/** Nothing longer is meant: a month of pause is forgotten, not decided. */
const MAX_HOLD_MS = 30 * 24 * 60 * 60_000

const badDuration = (happened: string, advice: string): OperatorError =>
  new OperatorError('bad_duration', happened, `Nothing was changed. ${advice}`)

function holdOf(words: readonly Word[]): number {
  const text = words.map((word) => word.text).join(' ')
  const ms = parseDuration(text)
  if (ms === null)
    throw badDuration(
      text === ''
        ? 'After `for` a time is missing.'
        : `${asTyped(text)} is not a time that I understand.`,
      'Say for example `for 30m`, `for 1h30m`, `for 2h` or `for 1d`.',
    )
  if (ms > MAX_HOLD_MS)
    throw badDuration(
      `${asTyped(text)} is too long: a pause lasts at most ${formatDuration(MAX_HOLD_MS)}.`,
      'Choose a shorter time; it can be paused again.',
    )
  return ms
}

const isTimeLike = (word: Word | undefined): boolean =>
  word !== undefined && !word.isQuoted && parseDuration(word.text) !== null

/**
 * `email for 30m`, `email 30m`, `for 30m`, `30m`, `email` or nothing; the queue of the room counts without a
 * name. `then 20/min for 1h` says how it goes on afterwards. Throws `bad_duration`, `bad_input`.
 */
export function parsePause(words: readonly Word[]): StopCommand {
  const split = splitThen(words)
  if (split === null) return parseStop(words)
  const stop = parseStop(split.pause)
  if (stop.holdMs === null)
    throw badDuration(
      'A pause that goes on slowly needs an end.',
      'Say for example `pause email for 30m then 20/min for 1h`.',
    )
  const { throttle, forMs } = parseThen(split.slow)
  return { ...stop, slow: { to: throttle, thenMs: forMs } }
}

function parseStop(words: readonly Word[]) {
  const [first, ...rest] = words
  const isNamed = first !== undefined && !isKeyword(first, 'for') && !isTimeLike(first)
  const queue = isNamed ? first.text : null
  const time = isNamed ? rest : words
  const holdMs = time.length === 0 ? null : holdOf(isKeyword(time[0], 'for') ? time.slice(1) : time)
  return { kind: 'pause' as const, queue, holdMs }
}

/** `email 20/min for 1h`, `concurrency 2`. Throws `bad_input`, `bad_duration`. */
export function parseThrottleCommand(words: readonly Word[]): StopCommand {
  const { queue, throttle, forMs } = parseThrottle(words)
  return { kind: 'throttle', queue, holdMs: forMs, to: throttle }
}
