import { errorShape } from './failure-cluster.ts'
import { tidy, WORD_JOINER } from './quote.ts'
import { redactText } from './redaction.ts'
import { remembering } from './remembering.ts'
import { safePattern, SEARCHED_LENGTH } from './safe-pattern.ts'

/** What a shape has in place of what differs: nobody who types it means an error that says so. */
const PLACEHOLDER = /\{(?:url|email|id|time|host|path|text|n)\}/

/** Marks that are shown in place of those that Slack would take for formatting. */
const SHOWN_AS: Readonly<Record<string, string>> = {
  '`': "'",
  '\u2217': '*',
  '\u223c': '~',
  '\u02cd': '_',
  [WORD_JOINER]: '',
}

/** One line, whether it comes from a queue or was copied out of Slack. */
const onOneLine = (text: string): string =>
  tidy(text.replace(/[`\u2217\u223c\u02cd\u2060]/g, (mark) => SHOWN_AS[mark] ?? ''))

/** More of an error than this is never read. */
const READ_LENGTH = 4 * SEARCHED_LENGTH

/** Whether a pattern is found in an error as it is shown: what is redacted cannot be searched. */
export function errorFits(pattern: string): (error: string) => boolean {
  const fits = safePattern(pattern)
  return remembering((error) =>
    fits(redactText(error.slice(0, READ_LENGTH), { maxLength: SEARCHED_LENGTH + 1 })),
  )
}

/**
 * Whether an error is this text: as the queue has it, or as people read it in Slack, which is all that most of them
 * can copy: redacted, on one line; or, where the text holds a placeholder such as `{n}`, as the shape of a cluster.
 * A text that was cut when it was shown is none of these.
 */
export function errorIs(text: string): (error: string) => boolean {
  const asked = onOneLine(text)
  const isShape = PLACEHOLDER.test(text)
  const reads = remembering((error) => {
    const shown = redactText(error, { maxLength: SEARCHED_LENGTH + 1 })
    return onOneLine(shown) === asked || (isShape && onOneLine(errorShape(error)) === asked)
  })
  return (error) => error === text || (asked !== '' && reads(error))
}
