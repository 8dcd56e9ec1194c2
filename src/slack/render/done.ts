import { message, section, type Rendered } from './elements.ts'
import { sentence } from './mrkdwn.ts'

/** A short yes to the person who asked; with warnings, what is still true. */
export const renderDone = (words: string, ...warnings: readonly string[]): Rendered =>
  message(
    sentence(words, 300),
    section(
      `:white_check_mark: ${sentence(words, 300)}`,
      ...warnings.map((warning) => `:warning: ${sentence(warning, 300)}`),
    ),
  )
