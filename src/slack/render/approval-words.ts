import type { Approval, Plan, Review } from '../../domain/action.ts'
import { formatDuration } from '../../domain/duration.ts'
import { plural } from '../../domain/text.ts'
import { clockTime } from '../../domain/time.ts'
import type { PlanCardView } from '../../domain/views.ts'
import { mention, people, quoted } from './mrkdwn.ts'
import { reasonOf } from './plan-words.ts'

/** Who may approve it, and what to do where too few are known to. */
export const approverLines = (needed: number, approvers: readonly string[]): readonly string[] => [
  ...(approvers.length === 0 ? [] : [`May approve: ${people(approvers)}.`]),
  ...shortageLines(needed, approvers),
]

/** Empty while enough people are known; else plainly that there are not, and whom to ask. */
function shortageLines(needed: number, approvers: readonly string[]): readonly string[] {
  if (approvers.length >= needed) return []
  const known =
    approvers.length === 0
      ? 'Nobody else is known who may approve it'
      : `Only ${plural(approvers.length, 'other person is', 'other people are')} known who may approve it, ${needed} are needed`
  return [`:warning: *${known}.*`, 'Ask an administrator to give somebody a role that `approves`.']
}

const given = ({ approvals }: Pick<PlanCardView, 'approvals'>): readonly Approval[] =>
  approvals.filter(({ verdict }) => verdict === 'approved')

const words = ({ by, at }: Approval, zone: string, now: Date): string =>
  `${mention(by.userId)} ${clockTime(at, zone, now)}`

/** `1 of 2 approvals: @ben 14:07`, while it waits. */
export function approvalsSoFar(view: PlanCardView, zone: string): string {
  const { plan, at } = view
  const approved = given(view)
  const who = approved.map((one) => words(one, zone, at)).join(', ')
  return `${approved.length} of ${plural(plan.approvalsNeeded, 'approval')}${who === '' ? '' : `: ${who}`}`
}

/** As `approverLines`, of those who have not approved yet. */
export function missingLines(view: PlanCardView): readonly string[] {
  const approved = given(view).map(({ by }) => by.userId)
  const left = view.approvers.filter((id) => !approved.includes(id))
  return approverLines(view.plan.approvalsNeeded - approved.length, left)
}

/** `approved by @ben 14:07`, or null. */
function approvedBy(view: PlanCardView, zone: string): string | null {
  const approved = given(view)
  return approved.length === 0
    ? null
    : `Approved by ${approved.map((one) => words(one, zone, view.at)).join(', ')}`
}

/** `Expires at 14:32 (25 min left)`. */
export function expiryWords({ expiresAt }: Plan, zone: string, now: Date): string {
  const left = expiresAt.getTime() - now.getTime()
  const rest = left <= 0 ? 'due now' : `${formatDuration(left)} left`
  return `Expires at ${clockTime(expiresAt, zone, now)} (${rest})`
}

/** Who did it alone and why, and whether somebody else has looked at it since. */
export function breakGlassLines(
  { plan, review, at }: Pick<PlanCardView, 'plan' | 'review' | 'at'>,
  zone: string,
): readonly string[] {
  if (!plan.isBreakGlass) return []
  return [
    `:rotating_light: *Break-glass* by ${mention(plan.actor.userId)}: ${quoted(plan.reason ?? 'no reason given')}`,
    ...(review === null ? [] : [reviewWords(review, zone, at)]),
  ]
}

function reviewWords({ signedBy, signedAt }: Review, zone: string, now: Date): string {
  if (signedBy === null || signedAt === null) return '*Not signed off yet*'
  return `Signed off by ${mention(signedBy.userId)} at ${clockTime(signedAt, zone, now)}`
}

/** Whose doing it is: who ordered it and why, who approved it, or that nobody had to. */
export function whoLines(view: PlanCardView, zone: string): readonly (string | null)[] {
  const { plan } = view
  if (plan.isBreakGlass) return breakGlassLines(view, zone)
  const whom = mention(plan.actor.userId)
  const who = plan.endsHoldId === null ? `By ${whom}` : `By itself, as ${whom} had set it`
  const reason = reasonOf(plan)
  return [reason === null ? who : `${who}: ${reason}`, approvedBy(view, zone)]
}
