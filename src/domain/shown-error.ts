import { tidy } from './quote.ts'
import { redactText } from './redaction.ts'

const SHOWN_LENGTH = 200

/** How a job failed last, as its sample shows it: one redacted line, or nothing where it did not fail. */
export function shownError(error: string): { readonly error?: string } {
  const line = tidy(redactText(error, { maxLength: SHOWN_LENGTH }))
  return line === '' ? {} : { error: line }
}
