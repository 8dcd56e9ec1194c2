import { refuseFilter } from './filter-keys.ts'
import { filterWords } from './filter-words.ts'
import { type ErrorTest, type JobFilter, NO_FILTER, type PayloadTest } from './job-filter.ts'
import { isHiddenPath, redactText } from './redaction.ts'
import { hasWildcard, isAnything } from './wildcard.ts'

/** Text without what is hidden in it. */
export const shownText = (text: string): string => redactText(text, { maxLength: Infinity })

/**
 * What is redacted cannot be found out piece by piece: no wildcards for values that are hidden, and errors as they
 * are shown. Throws OperatorError (`bad_input`).
 */
export function refuseGuessing({ payload, errors }: JobFilter): void {
  const guess = payload.find(
    ({ path, value }) => isHiddenPath(path) && hasWildcard(value) && !isAnything(value),
  )
  if (guess !== undefined)
    throw refuseFilter(
      `${named(guess)} is redacted, so a \`*\` cannot search it.`,
      'Say the whole value, or `*` alone for any value at all.',
    )
  const raw = errors.find(({ kind, text }) => kind === 'exact' && shownText(text) !== text)
  if (raw !== undefined)
    throw refuseFilter(
      'The error holds what is redacted wherever errors are shown, and is not searched for.',
      `Say it as it is shown: \`${asShown(raw)}\`.`,
    )
}

/**
 * Lists are for everybody, and a list of candidates with a number of jobs is an answer: about hidden values only
 * actions may ask, which need a right and leave an entry. Throws OperatorError (`bad_input`).
 */
export function refuseReading({ payload }: JobFilter): void {
  const hidden = payload.find(
    ({ path, value }) => !isAnything(value) && (isHiddenPath(path) || shownText(value) !== value),
  )
  if (hidden !== undefined)
    throw refuseFilter(
      `${named(hidden)} is redacted, so lists do not look for its value.`,
      'Actions do: `quarantine`, `retry` and the others show how many there are before they do anything.',
    )
}

const named = ({ path }: PayloadTest): string => {
  const payload = [{ path: path.map(shownText), isNot: false, value: '' }]
  return `\`${filterWords({ ...NO_FILTER, payload })
    .replaceAll('`', "'")
    .replace(/=""$/, '')}\``
}

const asShown = ({ kind, text }: ErrorTest): string =>
  filterWords({ ...NO_FILTER, errors: [{ kind, text: shownText(text) }] }).replaceAll('`', "'")
