import { asTyped, isKeyword, type Word } from './command-words.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { OperatorError } from './errors.ts'
import { suggest } from './suggest.ts'

const MIN_MS = 1000
/** What has to be watched for longer is a matter of other tools. */
const MAX_MS = 6 * 60 * 60_000

const badDuration = (happened: string): OperatorError =>
  new OperatorError(
    'bad_duration',
    happened,
    `Nothing was changed. Say for example \`verify for 15m\`; at most ${formatDuration(MAX_MS)}.`,
  )

/**
 * Splits `7 for 5m` or `7 5m` into what stands before the time, and the time in ms; null without one. Throws
 * `bad_duration`.
 */
export function splitTime(words: readonly Word[]): {
  readonly before: readonly Word[]
  readonly forMs: number | null
} {
  const at = words.findIndex((word) => isKeyword(word, 'for'))
  if (at !== -1) return { before: words.slice(0, at), forMs: timeOf(words.slice(at + 1)) }
  const last = words.at(-1)
  const isTimed = last !== undefined && !last.isQuoted && parseDuration(last.text) !== null
  const before = isTimed ? words.slice(0, -1) : words
  const strange = before.find(({ text, isQuoted }) => !isQuoted && isMisspelt(text))
  if (strange !== undefined)
    throw badDuration(`There is no ${asTyped(strange.text)} here; did you mean \`for\`?`)
  return { before, forMs: isTimed ? timeOf([last]) : null }
}

const isMisspelt = (text: string): boolean =>
  /^[a-z]{2,4}$/i.test(text) && suggest(text, ['for']) !== null

function timeOf(words: readonly Word[]): number {
  const text = words.map((word) => word.text).join(' ')
  const ms = parseDuration(text)
  if (ms === null)
    throw badDuration(
      text === ''
        ? 'After `for` a time is missing.'
        : `${asTyped(text)} is not a time that I understand.`,
    )
  if (ms < MIN_MS || ms > MAX_MS)
    throw badDuration(`${asTyped(text)} is too ${ms < MIN_MS ? 'short' : 'long'} a time.`)
  return ms
}
