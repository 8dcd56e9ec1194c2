import { plural, thousands } from '../../domain/text.ts'
import { throttleWords } from '../../domain/throttle.ts'
import type { HeldView, Locale } from '../../domain/views.ts'
import { actions, firstFew, message, section, type Rendered } from './elements.ts'
import { freezeLine, heldQueueLine } from './holds.ts'
import { queueName, sentence } from './mrkdwn.ts'

const MAX_HOLDS = 12
const MAX_FOREIGN = 10
const MAX_PROBLEMS = 5

function heading({ holds, throttles, foreign, problems }: HeldView): string {
  const all = [...holds, ...throttles]
  const endless = all.filter(({ endsAt }) => endsAt === null).length
  if (all.length > 0)
    return `${plural(all.length, 'hold')} by Spillway${endless === 0 ? '' : `, ${thousands(endless)} without an end`}`
  if (foreign.length > 0) return 'Spillway holds no queue'
  return problems.length > 0
    ? 'Spillway holds no queue; not all systems answered'
    : 'Nothing is paused'
}

/** What is stopped or slowed now: by whom, until when, and what somebody else paused or limited. */
export function renderHeld(view: HeldView, locale: Locale): Rendered {
  const { foreign, limited, problems, freeze, at } = view
  const holds = [...view.holds, ...view.throttles]
  const zone = locale.timeZone
  const title = heading(view)
  return message(
    freeze === null ? title : `Frozen. ${title}`,
    freeze === null ? [] : section(freezeLine(freeze, zone, at)),
    section(`*${title}*`, ...firstFew(holds, MAX_HOLDS, (hold) => heldQueueLine(hold, zone, at))),
    foreign.length === 0
      ? []
      : section('*Paused, but not by Spillway*', ...firstFew(foreign, MAX_FOREIGN, queueName)),
    limited.length === 0
      ? []
      : section(
          '*Limited, but not by Spillway*',
          ...firstFew(
            limited,
            MAX_FOREIGN,
            ({ ref, throttle }) => `${queueName(ref)} to ${throttleWords(throttle)}`,
          ),
        ),
    problems.length === 0
      ? []
      : section(
          ...firstFew(problems, MAX_PROBLEMS, (words) => `:warning: ${sentence(words, 300)}`),
        ),
    actions(view.tokens, ['unfreeze', 'resume', 'pause', 'status', 'failed']),
  )
}
