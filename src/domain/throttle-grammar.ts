import { asTyped, isKeyword, type Word } from './command-words.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { OperatorError, type ProblemCode } from './errors.ts'
import type { Rate, Throttle } from './throttle.ts'

/** What was asked for after `throttle`: the queue, if it was named, the limits, and for how long. */
export interface AskedThrottle {
  /** Null: the queue of the room. */
  readonly queue: string | null
  readonly throttle: Throttle
  /** Null until somebody ends it. */
  readonly forMs: number | null
}

/** What was asked for after the `then` of a pause. */
export type ThenThrottle = Omit<AskedThrottle, 'queue'>

const DAY_MS = 24 * 60 * 60_000
const MAX_FOR_MS = 30 * DAY_MS
/** Beyond these it is no limit, but a slip. */
const MAX_JOBS = 1_000_000
const MAX_CONCURRENCY = 10_000

const EXAMPLES =
  'Say for example `throttle email 20/min for 1h`, or `throttle email concurrency 2 for 30m`.'

const refusal = (happened: string, code: ProblemCode = 'bad_input', advice = EXAMPLES) =>
  new OperatorError(code, happened, `Nothing was changed. ${advice}`)

/**
 * What follows `throttle`: `email 20/min for 1h`, `email concurrency 2`, `20/min and concurrency 2 for 30m`, in
 * any order after the name; without a name the queue of the room counts. A name that reads like a limit stands in
 * quotes. Throws `OperatorError` (`bad_input`, `bad_duration`).
 */
export function parseThrottle(words: readonly Word[]): AskedThrottle {
  const [first, ...rest] = words
  const isNamed = first !== undefined && !isLimit(words) && !isKeyword(first, 'for')
  const asked = parseLimits(isNamed ? rest : words)
  return { queue: isNamed ? first.text : null, ...asked }
}

/** What follows the `then` of a pause: `20/min for 1h`, `concurrency 1`. Throws as `parseThrottle` does. */
export const parseThen = (words: readonly Word[]): ThenThrottle => parseLimits(words)

/** Splits what follows `pause` at its `then`; null where there is none. */
export function splitThen(
  words: readonly Word[],
): { readonly pause: readonly Word[]; readonly slow: readonly Word[] } | null {
  const at = words.findIndex((word) => isKeyword(word, 'then'))
  return at < 0 ? null : { pause: words.slice(0, at), slow: words.slice(at + 1) }
}

function parseLimits(words: readonly Word[]): ThenThrottle {
  let throttle: Throttle = { rate: null, concurrency: null }
  let left = words
  while (left.length > 0 && !isKeyword(left[0], 'for')) {
    const read = readLimit(left)
    if (read === null)
      throw refusal(`${asTyped(left[0]?.text ?? '')} is no limit that I understand.`)
    throttle = joined(throttle, read.throttle, left[0]?.text ?? '')
    left = left.slice(read.length)
  }
  if (throttle.rate === null && throttle.concurrency === null)
    throw refusal('How slow it should be is missing.')
  return { throttle, forMs: left.length === 0 ? null : timeOf(left.slice(1)) }
}

function joined(so: Throttle, more: Throttle, word: string): Throttle {
  const isTwice =
    (so.rate !== null && more.rate !== null) ||
    (so.concurrency !== null && more.concurrency !== null)
  if (isTwice) throw refusal(`${asTyped(word)} is a second limit of the same kind.`)
  return { rate: more.rate ?? so.rate, concurrency: more.concurrency ?? so.concurrency }
}

interface Read {
  readonly throttle: Throttle
  /** So many words were read. */
  readonly length: number
}

const isLimit = (words: readonly Word[]): boolean => readLimit(words) !== null

/** The limit at the beginning of these words; null if there is none. Throws where it is one that makes no sense. */
export function readLimit(words: readonly Word[]): Read | null {
  const [first] = words
  if (first === undefined || first.isQuoted) return null
  if (isKeyword(first, 'and') || isKeyword(first, 'to')) {
    const next = readLimit(words.slice(1))
    return next === null ? null : { ...next, length: next.length + 1 }
  }
  return readRate(words) ?? readConcurrency(words)
}

const bare = (words: readonly Word[], count: number): string =>
  words
    .slice(0, count)
    .map(({ text, isQuoted }) => (isQuoted ? '"' : text.toLowerCase()))
    .join(' ')

const RATE =
  /^(\d[\d,]{0,12})(?: jobs?)? ?(?:\/|per|in|an|a|every) ?((?:\d{1,6} ?[a-z]{1,7} ?){1,2}|[a-z]{1,7})$/
/** `5 in 1 min 30 s`. */
const RATE_WORDS = 6

/** `20/min`, `20 / min`, `20 jobs per minute`, `100 an hour`, `5/30s`: the longest that reads as one. */
function readRate(words: readonly Word[]): Read | null {
  for (let length = Math.min(RATE_WORDS, words.length); length > 0; length -= 1) {
    const [, digits, unit] = RATE.exec(bare(words, length)) ?? []
    const durationMs = unit === undefined ? null : unitMs(unit)
    if (digits !== undefined && durationMs !== null) {
      const rate = rateOf(Number(digits.replaceAll(',', '')), durationMs)
      return { throttle: { rate, concurrency: null }, length }
    }
  }
  return null
}

const unitMs = (unit: string): number | null => parseDuration(/^\d/.test(unit) ? unit : `1${unit}`)

function rateOf(max: number, durationMs: number): Rate {
  if (max === 0) throw refusal('0 jobs is no throttle.', 'bad_input', 'To stop a queue, pause it.')
  if (max > MAX_JOBS)
    throw refusal(`${max} jobs are too many for a limit.`, 'bad_input', 'At most 1,000,000.')
  if (durationMs > DAY_MS)
    throw refusal('A limit counts within a day at most.', 'bad_input', 'Say for example `200/day`.')
  return { max, durationMs }
}

const CONCURRENCY = [/^concurrency(?:[ =:]| of )?(\d{1,9})$/, /^(\d{1,9}) at (?:once|a time)$/]

/** `concurrency 2`, `concurrency=2`, `2 at once`. */
function readConcurrency(words: readonly Word[]): Read | null {
  for (const length of [4, 3, 2, 1]) {
    const text = bare(words, length)
    const digits = CONCURRENCY.map((pattern) => pattern.exec(text)?.[1]).find(Boolean)
    if (digits !== undefined && length <= words.length)
      return { throttle: { rate: null, concurrency: concurrencyOf(Number(digits)) }, length }
  }
  return null
}

function concurrencyOf(count: number): number {
  if (count === 0)
    throw refusal('0 jobs at once is no throttle.', 'bad_input', 'To stop a queue, pause it.')
  if (count > MAX_CONCURRENCY)
    throw refusal(`${count} jobs at once are too many for a limit.`, 'bad_input', 'At most 10,000.')
  return count
}

function timeOf(words: readonly Word[]): number {
  const text = words.map((word) => word.text).join(' ')
  const ms = parseDuration(text)
  if (ms === null) {
    const happened =
      text === ''
        ? 'After `for` a time is missing.'
        : `${asTyped(text)} is not a time that I understand.`
    throw refusal(happened, 'bad_duration', 'Say for example `for 30m`, `for 2h` or `for 1d`.')
  }
  if (ms > MAX_FOR_MS)
    throw refusal(
      `${asTyped(text)} is too long: a throttle lasts at most ${formatDuration(MAX_FOR_MS)}.`,
      'bad_duration',
      'Choose a shorter time; it can be throttled again.',
    )
  return ms
}
