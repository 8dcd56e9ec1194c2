import type { OperatorError } from '../../domain/errors.ts'
import { message, section, type Rendered } from './elements.ts'
import { code, sentence } from './mrkdwn.ts'

/** What happened, then what is still true and what to do next. */
export const problemLines = (error: OperatorError): readonly string[] => [
  `:warning: ${sentence(error.message, 800)}`,
  sentence(error.advice, 800),
]

export const renderProblem = (error: OperatorError): Rendered =>
  message(sentence(error.message, 300), section(...problemLines(error)))

/** For a fault of ours: the reference finds it in the log. */
export function renderFault(reference: string): Rendered {
  const ref = code(reference, 60)
  return message(
    'Something went wrong on our side',
    section(
      `:warning: Something went wrong on our side (reference ${ref}).`,
      'Whether anything was changed is not known: look at the status before you try again. The log has the details under this reference.',
    ),
  )
}
