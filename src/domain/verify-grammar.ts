import { asTyped, isKeyword, type Word } from './command-words.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { OperatorError } from './errors.ts'

const MIN_MS = 1000
/** What has to be watched for longer is a matter of other tools. */
const MAX_MS = 6 * 60 * 60_000

const badDuration = (happened: string): OperatorError =>
  new OperatorError(
    'bad_duration',
    happened,
    `Nothing was changed. Say for example \`verify for 15m\`; at most ${formatDuration(MAX_MS)}.`,
  )

/** Splits `7 for 5m` into what stands before the time, and the time in ms; null without one. Throws `bad_duration`. */
export function splitTime(words: readonly Word[]): {
  readonly before: readonly Word[]
  readonly forMs: number | null
} {
  const at = words.findIndex((word) => isKeyword(word, 'for'))
  if (at === -1) return { before: words, forMs: null }
  const text = words
    .slice(at + 1)
    .map((word) => word.text)
    .join(' ')
  const forMs = parseDuration(text)
  if (forMs === null)
    throw badDuration(
      text === ''
        ? 'After `for` a time is missing.'
        : `${asTyped(text)} is not a time that I understand.`,
    )
  if (forMs < MIN_MS || forMs > MAX_MS)
    throw badDuration(`${asTyped(text)} is too ${forMs < MIN_MS ? 'short' : 'long'} a time.`)
  return { before: words.slice(0, at), forMs }
}
