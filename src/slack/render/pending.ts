import type { KnownBlock } from '@slack/types'

import { plural, thousands } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { Locale, PendingView, PlanCardView } from '../../domain/views.ts'
import { approvalsSoFar, breakGlassLines, expiryWords } from './approval-words.ts'
import { actions, context, message, section, type Rendered } from './elements.ts'
import { requestLines } from './plan-card.ts'
import { deed, planLabel, standingOf } from './plan-words.ts'

/** More of each would push the last buttons off the second screen. */
const MAX_EACH = 5
const MAX_NUMBERS = 100

function title({ requested, unsigned }: PendingView): string {
  const parts = [
    ...(requested.length === 0
      ? []
      : [`${plural(requested.length, 'request waits', 'requests wait')} for approval`]),
    ...(unsigned.length === 0
      ? []
      : [`${plural(unsigned.length, 'break-glass action')} to be signed off`]),
  ]
  return parts.length === 0 ? 'Nothing waits for anybody.' : parts.join(' · ')
}

function requestBlocks(view: PlanCardView, zone: string): readonly KnownBlock[] {
  const { plan, at } = view
  return [
    section(
      ...requestLines(plan),
      `${approvalsSoFar(view, zone)} · ${expiryWords(plan, zone, at)} · ${planLabel(plan)}`,
    ),
    ...actions(view.tokens, ['approve', 'reject']),
  ]
}

function unsignedBlocks(view: PlanCardView, zone: string): readonly KnownBlock[] {
  const { plan, review, at } = view
  const since = review === null ? '' : ` · since ${clockTime(review.openedAt, zone, at)}`
  return [
    section(
      `*${deed(plan)}: ${standingOf(plan).words}*`,
      ...breakGlassLines(view, zone),
      `${planLabel(plan)}${since}`,
    ),
    ...actions(view.tokens, ['signOff']),
  ]
}

/** The numbers by which the rest can be judged all the same, `approve 47`. */
const restWords = (views: readonly PlanCardView[]): string =>
  `and ${thousands(views.length)} more: plan ${views
    .slice(0, MAX_NUMBERS)
    .map(({ plan }) => plan.number)
    .join(', ')}${views.length > MAX_NUMBERS ? ', …' : ''}`

function few(
  views: readonly PlanCardView[],
  blocks: (view: PlanCardView) => readonly KnownBlock[],
): readonly KnownBlock[] {
  const rest = views.length - MAX_EACH
  return [
    ...views.slice(0, MAX_EACH).flatMap(blocks),
    ...(rest > 0 ? [context(restWords(views.slice(MAX_EACH)))] : []),
  ]
}

/** What waits for somebody's word: requests first, then what one person did alone. */
export function renderPending(view: PendingView, locale: Locale): Rendered {
  const zone = locale.timeZone
  const words = title(view)
  return message(
    words,
    section(`*${words}*`),
    few(view.requested, (each) => requestBlocks(each, zone)),
    few(view.unsigned, (each) => unsignedBlocks(each, zone)),
  )
}
