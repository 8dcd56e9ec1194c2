import { pino, type DestinationStream, type Logger } from 'pino'

import type { Log } from './domain/ports/runtime.ts'

const HIDDEN = '[hidden]'
/** Keys whose values never go to a log: credentials, and what senders and jobs carry. */
const SECRET_KEY =
  /(?:authorization|cookie|credentials?|password|passwd|secrets?|tokens?|body|payload)$/i
const MAX_DEPTH = 8

/** Patterns of secrets inside texts, error messages above all. */
const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  // user:password@ in an address. What stands before the last @ may hold any character but / and blanks.
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/]*@/gi, `$1${HIDDEN}@`],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, `$1 ${HIDDEN}`],
  [/\bx(?:ox[a-z]|app)-[\w-]+/g, HIDDEN],
  [/\b(password|passwd|secret|token)=[^\s&"']+/gi, `$1=${HIDDEN}`],
]

/** A text without the secrets that can be told by their shape. */
export const scrubText = (text: string): string =>
  SECRET_TEXT.reduce((clean, [pattern, instead]) => clean.replace(pattern, instead), text)

/** The same for facts at any depth; errors become plain objects, buffers a length. */
function scrub(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrubText(value)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null || value instanceof Date) return value
  if (depth >= MAX_DEPTH) return '[deeper]'
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return value.map((item) => scrub(item, depth + 1))
  return Object.fromEntries(
    Object.entries(value instanceof Error ? errorFacts(value) : value).map(([key, item]) => [
      key,
      SECRET_KEY.test(key) && item !== null && item !== undefined ? HIDDEN : scrub(item, depth + 1),
    ]),
  )
}

// Spread first: libraries hang the whole request on their errors; the keys above then hide what counts.
const errorFacts = (error: Error): Record<string, unknown> => ({
  ...error,
  type: error.name,
  message: error.message,
  stack: error.stack,
  ...(error.cause === undefined ? {} : { cause: error.cause }),
  ...(error instanceof AggregateError ? { errors: error.errors as unknown } : {}),
})

const LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LEVELS)[number]

/**
 * JSON lines on standard output, or into `destination`. Secrets are taken out before a line is made, from
 * facts, words and errors alike, so that no caller has to think of it.
 */
export const createLog = (
  options: { readonly level: LogLevel; readonly instance?: string },
  destination?: DestinationStream,
): Log => {
  const base = options.instance === undefined ? {} : { instance: options.instance }
  const settings = { level: options.level, base, timestamp: pino.stdTimeFunctions.isoTime }
  return wrap(destination === undefined ? pino(settings) : pino(settings, destination))
}

function wrap(logger: Logger): Log {
  const at =
    (level: LogLevel) =>
    (facts: object, words: string): void => {
      if (logger.isLevelEnabled(level)) logger[level](factsOf(facts), scrubText(words))
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (facts) => wrap(logger.child(factsOf(facts))),
  }
}

const factsOf = (facts: object): object =>
  (facts instanceof Error ? { err: scrub(facts) } : scrub(facts)) as object
