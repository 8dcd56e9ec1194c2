import { RE2JS, RE2JSException } from 're2js'

export const MAX_PATTERN = 200
/** Only so much of a text is searched. */
export const SEARCHED_LENGTH = 2000
/** Instructions. A text costs at most this times its length: 30 ms where everything is against us. */
const MAX_SIZE = 200

export type SafePattern = (text: string) => boolean

/** Why something is not a pattern of ours, for people: `missing closing )`. */
export class PatternFault extends Error {
  override readonly name = 'PatternFault'
}

/**
 * A regular expression that is searched for in the first 2,000 characters of a text, in time that grows with
 * the text alone, whatever the expression: RE2's syntax, so no look-around and no back-references. Small and
 * capital letters differ unless it begins with `(?i)`. Throws PatternFault.
 */
export function safePattern(source: string): SafePattern {
  if (source === '') throw new PatternFault('it is empty')
  if (source.length > MAX_PATTERN)
    throw new PatternFault(`it is longer than ${MAX_PATTERN} characters`)
  const pattern = compile(source)
  if (pattern.programSize() > MAX_SIZE)
    throw new PatternFault('it repeats too much; lower the numbers in { }')
  return (text) => pattern.test(text.slice(0, SEARCHED_LENGTH))
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    throw new PatternFault(error.message.replace('error parsing regexp: ', ''), { cause: error })
  }
}
