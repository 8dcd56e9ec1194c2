import { queueKey } from '../../domain/queue.ts'
import { listing, plural } from '../../domain/text.ts'
import type { MayView } from '../../usecases/people/explain.ts'

/** The answer for a terminal. `away`: why Slack could not be asked at all; null when it was. */
export function explained(view: MayView, away: string | null): string {
  const { actor, action, ref, queueTier, decision } = view
  const what = ref === null ? `${action} Spillway` : `${action} ${queueKey(ref)}`
  const tier = queueTier === null ? '' : ` (tier ${queueTier})`
  const lines = [
    `${actor.userId} ${decision.allow ? 'may' : 'may not'} ${what}${tier}.`,
    decision.allow ? unmarked(decision.reason) : refusal(view),
    away === null
      ? view.problem
      : `${away} So this is the answer from the ids in the configuration alone.`,
    ...(decision.allow ? approvalLines(view) : insteadLines(view)),
  ]
  return `${lines.filter((line) => line !== null).join('\n')}\n`
}

const unmarked = (words: string): string => words.replaceAll(/[*`]/g, '')

/** Reasons of refusals speak to the person; here somebody else reads. */
function refusal({ decision }: MayView): string {
  if (decision.allow || decision.roles.length === 0) return unmarked(decision.reason)
  return `It needs the role ${listing(decision.roles, 'or')}.`
}

function approvalLines({ approval }: MayView): readonly string[] {
  if (approval === null) return []
  const { count, approvers, mayBreakGlass } = approval
  return [
    `Where approval is due, ${plural(count, 'other person', 'other people')} must approve: ${listing(approvers, 'or') || 'nobody is known who may'}.`,
    ...(mayBreakGlass ? ['They may break the glass instead.'] : []),
  ]
}

const insteadLines = ({ others }: MayView): readonly string[] => [
  others.length === 0 ? 'Nobody else is known who may.' : `Who may: ${listing(others)}.`,
]
