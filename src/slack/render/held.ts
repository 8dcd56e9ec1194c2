import { plural, thousands } from '../../domain/text.ts'
import type { HeldView, Locale } from '../../domain/views.ts'
import { actions, firstFew, message, section, type Rendered } from './elements.ts'
import { freezeLine, heldQueueLine } from './holds.ts'
import { queueName, sentence } from './mrkdwn.ts'

const MAX_HOLDS = 12
const MAX_FOREIGN = 10
const MAX_PROBLEMS = 5

function heading({ holds, foreign, problems }: HeldView): string {
  const endless = holds.filter(({ endsAt }) => endsAt === null).length
  if (holds.length > 0)
    return `${plural(holds.length, 'hold')} by Spillway${endless === 0 ? '' : `, ${thousands(endless)} without an end`}`
  if (foreign.length > 0) return 'Spillway holds no queue'
  return problems.length > 0
    ? 'Spillway holds no queue; not all systems answered'
    : 'Nothing is paused'
}

/** What is stopped now: by whom, until when, and what somebody else paused. */
export function renderHeld(view: HeldView, locale: Locale): Rendered {
  const { holds, foreign, problems, freeze, at } = view
  const zone = locale.timeZone
  const title = heading(view)
  return message(
    freeze === null ? title : `Frozen. ${title}`,
    freeze === null ? [] : section(freezeLine(freeze, zone, at)),
    section(`*${title}*`, ...firstFew(holds, MAX_HOLDS, (hold) => heldQueueLine(hold, zone, at))),
    foreign.length === 0
      ? []
      : section('*Paused, but not by Spillway*', ...firstFew(foreign, MAX_FOREIGN, queueName)),
    problems.length === 0
      ? []
      : section(
          ...firstFew(problems, MAX_PROBLEMS, (words) => `:warning: ${sentence(words, 300)}`),
        ),
    actions(view.tokens, ['unfreeze', 'resume', 'pause', 'status', 'failed']),
  )
}
