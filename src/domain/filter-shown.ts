import { OperatorError } from './errors.ts'
import { parseFilterText } from './filter-grammar.ts'
import { shownText } from './filter-secrecy.ts'
import { filterWords } from './filter-words.ts'
import type { ErrorTest, JobFilter, PayloadTest } from './job-filter.ts'
import { HIDDEN } from './redaction-names.ts'
import { isHiddenPath } from './redaction.ts'
import { isAnything } from './wildcard.ts'

/**
 * A filter's words as everybody may see them, in Slack, in logs and in the audit trail: values out of payloads
 * and texts of errors are redacted as the jobs themselves are. Words that nobody can read are hidden as a whole.
 */
export function shownFilter(words: string): string {
  try {
    return filterWords(redacted(parseFilterText(words)))
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return HIDDEN
  }
}

/** Do canonical words hold something that is not for everybody? */
export const isFilterRedacted = (words: string): boolean => shownFilter(words) !== words

const redacted = (filter: JobFilter): JobFilter => ({
  ...filter,
  errors: filter.errors.map(redactedError),
  payload: filter.payload.map(redactedPayload),
})

const redactedError = (test: ErrorTest): ErrorTest =>
  test.kind === 'cluster' ? test : { ...test, text: shownText(test.text) }

function redactedPayload({ path, value, isNot }: PayloadTest): PayloadTest {
  const isHidden = isHiddenPath(path) && !isAnything(value)
  return { path: path.map(shownText), value: isHidden ? HIDDEN : shownText(value), isNot }
}
