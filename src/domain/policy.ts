import type { ActionKind, Actor } from './action.ts'
import { matchesGlob } from './glob.ts'
import { queueKey, type QueueRef } from './queue.ts'

/** Who may do what where, from `spillway.yml`, `roles`. */
export interface Role {
  readonly name: string
  readonly users: readonly string[]
  readonly groups: readonly string[]
  /** Globs over `system/queue`. */
  readonly queues: readonly string[]
  readonly actions: readonly (ActionKind | 'freeze')[]
}

/** What Slack knows of a person, asked for at the click. */
export interface Member {
  readonly actor: Actor
  readonly isBot: boolean
  readonly isGuest: boolean
  readonly isForeign: boolean
  /** Ids of the user groups among those that roles name. */
  readonly groups: ReadonlySet<string>
}

export type Decision =
  | { readonly allow: true; readonly role: string }
  | { readonly allow: false; readonly reason: string }

const refuse = (reason: string): Decision => ({ allow: false, reason })

const holds = (role: Role, member: Member): boolean =>
  role.users.includes(member.actor.userId) || role.groups.some((group) => member.groups.has(group))

const covers = (role: Role, ref: QueueRef): boolean =>
  role.queues.some((glob) => matchesGlob(glob, queueKey(ref)))

/** Known people of this workspace may read; bots, guests and other workspaces may not. */
export function mayRead(member: Member): Decision {
  if (member.isBot) return refuse('Bots cannot use Spillway.')
  if (member.isForeign) return refuse('People of other workspaces cannot use Spillway.')
  if (member.isGuest) return refuse('Guests cannot use Spillway.')
  return { allow: true, role: 'member' }
}

/** Deny by default: some role must name the person, the action and, unless it is for all, the queue. */
export function mayAct(
  member: Member,
  action: ActionKind | 'freeze',
  ref: QueueRef | null,
  roles: readonly Role[],
): Decision {
  const known = mayRead(member)
  if (!known.allow) return known
  const fitting = roles.filter(
    (role) => role.actions.includes(action) && (ref === null || covers(role, ref)),
  )
  const granted = fitting.find((role) => holds(role, member))
  if (granted !== undefined) return { allow: true, role: granted.name }
  const where = ref === null ? '' : ` on \`${queueKey(ref)}\``
  if (fitting.length === 0) return refuse(`No role may ${action}${where}.`)
  const names = fitting.map((role) => `*${role.name}*`).join(' or ')
  return refuse(`You need the role ${names} to ${action}${where}.`)
}
