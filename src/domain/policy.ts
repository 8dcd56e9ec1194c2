import type { ActionKind, Actor } from './action.ts'
import { matchesGlob } from './glob.ts'
import { queueKey, type QueueRef, type QueueTier } from './queue.ts'
import { listing } from './text.ts'

export const ALL_TIERS = ['critical', 'high', 'medium', 'low'] as const satisfies QueueTier[]

/** What a role can allow to order; a freeze is of all queues at once. */
export type RoleAction = ActionKind | 'freeze'

/** Who may do what where, from `spillway.yml`, `roles`. */
export interface Role {
  readonly name: string
  /** The locked list: these hold the role without a look into Slack's groups, also while Slack is away. */
  readonly users: readonly string[]
  readonly groups: readonly string[]
  /** Globs over `system/queue`. */
  readonly queues: readonly string[]
  readonly tiers: readonly QueueTier[]
  readonly actions: readonly RoleAction[]
  /** Actions that others ordered and that this role may approve. */
  readonly approves: readonly ActionKind[]
  /** Actions that this role may carry out alone where approval is due. */
  readonly breaksGlass: readonly ActionKind[]
}

/** What Slack says of a person, asked for at the click. */
export interface Member {
  readonly actor: Actor
  /** False when Slack does not say who this is: then only locked lists hold. */
  readonly isVerified: boolean
  readonly isBot: boolean
  readonly isGuest: boolean
  /** True also while nobody can say which workspace is ours. */
  readonly isForeign: boolean
  /** Ids of the user groups, among those that were asked for; empty unless verified. */
  readonly groups: ReadonlySet<string>
  /** Groups that Slack would not tell of; they count as not held. */
  readonly unknownGroups: ReadonlySet<string>
  /** Why this person is not verified, e.g. `Slack does not answer`; null for who is. */
  readonly problem: string | null
}

/** To order an action, to approve somebody else's, or to carry it out alone where approval is due. */
export type Right = 'order' | 'approve' | 'break_glass'

/** May somebody do this there? A freeze has neither queue nor tier. */
export interface Question {
  readonly right: Right
  readonly action: RoleAction
  readonly ref: QueueRef | null
  readonly tier: QueueTier | null
}

export type Decision =
  | { readonly allow: true; readonly role: string; readonly reason: string }
  | {
      readonly allow: false
      readonly reason: string
      /** Names of the roles that would do. */
      readonly roles: readonly string[]
    }

const refuse = (reason: string, roles: readonly string[] = []): Decision => ({
  allow: false,
  reason,
  roles,
})

/** Known people of this workspace may look; bots, guests and other workspaces may not. */
export function mayRead(member: Member, roles: readonly Role[]): Decision {
  const barred = whyBarred(member)
  if (barred !== null) return refuse(barred)
  if (member.isVerified)
    return { allow: true, role: 'member', reason: 'Members of this workspace may look.' }
  const named = roles.find((role) => role.users.includes(member.actor.userId))
  if (named === undefined)
    return refuse(`${problemOf(member)}, so nobody can say who you are. ${STILL_ABLE}`)
  return { allow: true, role: named.name, reason: `The role *${named.name}* names you by id.` }
}

/** Deny by default: one role must name the person, the right to the action, the queue and its tier. */
export function mayAct(member: Member, question: Question, roles: readonly Role[]): Decision {
  const barred = whyBarred(member)
  if (barred !== null) return refuse(barred)
  const fitting = rolesFor(question, roles)
  for (const { name, ...role } of fitting) {
    const how = howHeld(role, member)
    if (how !== null)
      return {
        allow: true,
        role: name,
        reason: `The role *${name}* (${how}) may ${deed(question)}.`,
      }
  }
  return refuse(
    whyRefused(member, question, fitting),
    fitting.map(({ name }) => name),
  )
}

/** The roles whose holders have this right there. */
export const rolesFor = (question: Question, roles: readonly Role[]): readonly Role[] =>
  roles.filter((role) => grants(role, question) && covers(role, question))

function grants(role: Role, { right, action }: Question): boolean {
  const granted: Readonly<Record<Right, readonly RoleAction[]>> = {
    order: role.actions,
    approve: role.approves,
    break_glass: role.breaksGlass,
  }
  return granted[right].includes(action)
}

function covers(role: Role, { action, ref, tier }: Question): boolean {
  if (action === 'freeze') return true
  if (ref === null || tier === null || !role.tiers.includes(tier)) return false
  return role.queues.some((glob) => matchesGlob(glob, queueKey(ref)))
}

function howHeld(role: Pick<Role, 'users' | 'groups'>, member: Member): string | null {
  if (role.users.includes(member.actor.userId)) return 'named by id'
  if (!member.isVerified) return null
  const group = role.groups.find((id) => member.groups.has(id))
  return group === undefined ? null : `user group ${group}`
}

function whyBarred(member: Member): string | null {
  if (member.isBot) return 'Bots cannot use Spillway.'
  if (member.isForeign && !member.isVerified)
    return `${problemOf(member)}, so nobody can say whether you belong to this workspace.`
  if (member.isForeign) return 'People of other workspaces cannot use Spillway.'
  return member.isGuest ? 'Guests cannot use Spillway.' : null
}

const problemOf = (member: Member): string => member.problem ?? 'Slack does not answer'

const STILL_ABLE = 'People named by id in `spillway.yml` can still act.'

function whyRefused(member: Member, question: Question, fitting: readonly Role[]): string {
  if (fitting.length === 0) return `No role may ${deed(question)}${inTier(question)}.`
  const names = listing(
    fitting.map(({ name }) => `*${name}*`),
    'or',
  )
  const needed = `You need the role ${names} to ${deed(question)}.`
  if (!member.isVerified)
    return `${needed} ${problemOf(member)}, so nobody can say whether you are in its user groups. ${STILL_ABLE}`
  const groups = new Set(fitting.flatMap((role) => role.groups))
  const unknown = [...groups].filter((id) => member.unknownGroups.has(id))
  if (unknown.length === 0) return needed
  return `${needed} Slack does not say who is in ${listing(unknown)}, so that counts as not being in it.`
}

const inTier = ({ tier }: Question): string => (tier === null ? '' : ` (tier ${tier})`)

/** `pause `sales/email``, as it follows "may" or "to". */
function deed({ right, action, ref }: Question): string {
  if (action === 'freeze' || ref === null) return action === 'freeze' ? 'freeze Spillway' : action
  const queue = `\`${queueKey(ref)}\``
  if (right === 'order') return `${action} ${queue}`
  const verb = right === 'approve' ? 'approve' : 'break glass for'
  return `${verb} the action ${action} on ${queue}`
}

/** How many people must approve where approval is due; from `spillway.yml`, `policy.approvals`. */
export interface ApprovalRule {
  /** Glob over `system/queue`. */
  readonly match: string
  readonly tiers: readonly QueueTier[]
  readonly actions: readonly ActionKind[]
  readonly count: number
}

/**
 * How many people must approve an action on all these queues at once: what the most demanding queue needs.
 * For a queue the first rule that names it, its tier and the action counts; without one it is 1.
 */
export function approvalsNeeded(
  { policy }: { readonly policy: { readonly approvers: readonly ApprovalRule[] } },
  action: ActionKind,
  queues: readonly { readonly ref: QueueRef; readonly tier: QueueTier }[],
): number {
  const counts = queues.map(
    ({ ref, tier }) =>
      policy.approvers.find(
        (rule) =>
          rule.actions.includes(action) &&
          rule.tiers.includes(tier) &&
          matchesGlob(rule.match, queueKey(ref)),
      )?.count ?? 1,
  )
  return Math.max(1, ...counts)
}
