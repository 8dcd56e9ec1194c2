import type { Actor } from '../../domain/action.ts'
import {
  approvalsNeeded,
  mayAct,
  type Decision,
  type Member,
  type Role,
  type RoleAction,
} from '../../domain/policy.ts'
import type { Chat } from '../../domain/ports/chat.ts'
import type { QueueRef, QueueTier } from '../../domain/queue.ts'
import { ruleFor, type Settings } from '../../domain/settings.ts'
import { listing } from '../../domain/text.ts'
import { type TierCase, tierCases } from '../../domain/tier-cases.ts'
import { membersWith, type TieredQueue } from './members-with.ts'

/** Whether a person may do something, by what, and who else comes into it. */
export interface MayView {
  readonly actor: Actor
  readonly action: RoleAction
  /** Null for a freeze. */
  readonly ref: QueueRef | null
  readonly queueTier: QueueTier | null
  readonly decision: Decision
  /** What Slack did not say though it would count; null when it said everything. */
  readonly problem: string | null
  /** How grave it would be; empty for a freeze. */
  readonly tiers: readonly TierCase[]
  /** Where approval is due; null where it never is. */
  readonly approval: Approval | null
  /** User ids of others who may order it. */
  readonly others: readonly string[]
}

interface Approval {
  readonly count: number
  /** User ids of those who may approve it, without the person. */
  readonly approvers: readonly string[]
  /** Whether the person may carry it out alone, by breaking the glass. */
  readonly mayBreakGlass: boolean
}

export interface ExplainDeps {
  readonly chat: Pick<Chat, 'member' | 'groupMembers'>
  readonly settings: Pick<Settings, 'roles' | 'queueRules' | 'policy'>
}

/** Who may do this there, and why; asks Slack, changes nothing and never throws for Slack's sake. */
export async function explainPolicy(
  deps: ExplainDeps,
  request: { readonly actor: Actor; readonly action: RoleAction; readonly ref: QueueRef | null },
): Promise<MayView> {
  const { actor, action } = request
  const { roles } = deps.settings
  const member = await deps.chat.member(actor)
  const ref = action === 'freeze' ? null : request.ref
  const queueTier = ref === null ? null : ruleFor(deps.settings, ref).tier
  const queues = ref === null || queueTier === null ? ('all' as const) : [{ ref, tier: queueTier }]
  const [others, approval] = await Promise.all([
    membersWith(deps, { right: 'order', action, queues, isAsking: member.isVerified }),
    approvalOf(deps, member, action, queues),
  ])
  return {
    actor,
    action,
    ref,
    queueTier,
    decision: mayAct(member, { right: 'order', action, ref, tier: queueTier }, roles),
    problem: problemOf(member, roles),
    tiers:
      action === 'freeze' || ref === null || queueTier === null
        ? []
        : tierCases(action, ref, queueTier),
    approval,
    others: others.filter((id) => id !== actor.userId),
  }
}

async function approvalOf(
  deps: ExplainDeps,
  member: Member,
  action: RoleAction,
  queues: readonly TieredQueue[] | 'all',
): Promise<Approval | null> {
  const [queue] = queues === 'all' ? [] : queues
  if (action === 'freeze' || queue === undefined) return null
  const isEverDue = tierCases(action, queue.ref, queue.tier).some(({ tier }) => tier === 'T3')
  if (!isEverDue) return null
  const wanted = { right: 'approve', action, queues, isAsking: member.isVerified } as const
  const approvers = await membersWith(deps, wanted)
  const question = { right: 'break_glass', action, ...queue } as const
  return {
    count: approvalsNeeded(deps.settings, action, [queue]),
    approvers: approvers.filter((id) => id !== member.actor.userId),
    mayBreakGlass: mayAct(member, question, deps.settings.roles).allow,
  }
}

function problemOf(member: Member, roles: readonly Role[]): string | null {
  if (!member.isVerified) return `${member.problem ?? 'Slack does not answer'}.`
  const named = new Set(roles.flatMap((role) => role.groups))
  const unknown = [...member.unknownGroups].filter((id) => named.has(id))
  return unknown.length === 0 ? null : `Slack does not say who is in ${listing(unknown)}.`
}
