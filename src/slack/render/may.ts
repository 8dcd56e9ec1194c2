import { plural } from '../../domain/text.ts'
import type { Locale } from '../../domain/views.ts'
import type { MayView } from '../../usecases/people/explain.ts'
import { context, message, section, type Rendered } from './elements.ts'
import { code, mention, queueName, sentence } from './mrkdwn.ts'

/** More names than these are a crowd, not an address. */
const MAX_PEOPLE = 5

const people = (ids: readonly string[]): string => {
  const named = ids.slice(0, MAX_PEOPLE).map(mention).join(', ')
  const rest = ids.length - MAX_PEOPLE
  return rest > 0 ? `${named} and ${rest} more` : named
}

function deed({ action, ref }: MayView): string {
  return ref === null ? `${action} Spillway` : `${action} ${queueName(ref)}`
}

/** Whether the person who asks may do it, by which role, and who else comes into it. */
export function renderMay(view: MayView, { commands }: Locale): Rendered {
  const { decision, queueTier } = view
  const verdict = `You ${decision.allow ? 'may' : 'may not'} ${deed(view)}`
  const icon = decision.allow ? ':white_check_mark:' : ':no_entry:'
  return message(
    verdict,
    section(
      `${icon} *${verdict}*`,
      sentence(decision.reason, 800),
      decision.allow ? approvalLine(view) : insteadLine(view),
    ),
    context(
      queueTier === null ? null : `The queue is of tier ${queueTier}.`,
      tierWords(view),
      `What is stopped now: ${code(`${commands.queue} held`)}`,
    ),
  )
}

/** "pause for up to 15 min: T2 · for longer: T3"; what was done within the hour may raise it. */
const tierWords = ({ action, tiers }: MayView): string | null =>
  tiers.length === 0
    ? null
    : `${action} ${tiers.map(({ when, tier }) => (when === '' ? tier : `${when}: ${tier}`)).join(' · ')}`

function approvalLine({ approval }: MayView): string | null {
  if (approval === null) return null
  const { count, approvers, mayBreakGlass } = approval
  const who = approvers.length === 0 ? 'nobody is known who may' : `${people(approvers)} may`
  const glass = mayBreakGlass ? ' You may break the glass instead.' : ''
  return `Where approval is due, ${plural(count, 'other person', 'other people')} must approve; ${who}.${glass}`
}

const insteadLine = ({ others }: MayView): string =>
  others.length === 0
    ? 'Nobody else is known who may; see `roles` in `spillway.yml`.'
    : `Ask ${people(others)}.`
