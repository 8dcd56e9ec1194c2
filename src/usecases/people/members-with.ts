import type { ActionKind } from '../../domain/action.ts'
import {
  rolesFor,
  type Question,
  type Right,
  type Role,
  type RoleAction,
} from '../../domain/policy.ts'
import type { Chat } from '../../domain/ports/chat.ts'
import type { QueueRef, QueueTier } from '../../domain/queue.ts'
import type { Settings } from '../../domain/settings.ts'

/** A queue as policy sees it. */
export interface TieredQueue {
  readonly ref: QueueRef
  readonly tier: QueueTier
}

/** A right to an action on queues; `all` is for a freeze, which has none. */
export interface Wanted {
  readonly right: Right
  readonly action: RoleAction
  readonly queues: readonly TieredQueue[] | 'all'
}

/** What policy is asked for it: one question per queue. */
export function questionsOf({ right, action, queues }: Wanted): readonly Question[] {
  if (queues === 'all') return [{ right, action, ref: null, tier: null }]
  return queues.map(({ ref, tier }) => ({ right, action, ref, tier }))
}

/** Where it is written who may, and who is in the groups. */
interface Directory {
  readonly chat: Pick<Chat, 'groupMembers'>
  readonly settings: Pick<Settings, 'roles'>
}

const MOST_NAMED = 30

/**
 * User ids of those who have this right on all the queues, people named by id first, at most 30. A group that
 * Slack does not tell of adds nobody; `isAsking: false` leaves Slack alone and the groups out.
 */
export async function membersWith(
  { chat, settings }: Directory,
  wanted: Wanted & { readonly isAsking?: boolean },
): Promise<readonly string[]> {
  const roles = questionsOf(wanted).map((question) => rolesFor(question, settings.roles))
  const groups = wanted.isAsking === false ? [] : [...new Set(roles.flat().flatMap(groupsOf))]
  const members = new Map(
    await Promise.all(
      groups.map(async (id) => [id, await chat.groupMembers(id).catch(() => [])] as const),
    ),
  )
  const peopleIn = (able: readonly Role[]): ReadonlySet<string> =>
    new Set([
      ...able.flatMap(({ users }) => users),
      ...able.flatMap(groupsOf).flatMap((id) => members.get(id) ?? []),
    ])
  const [first = new Set<string>(), ...others] = roles.map(peopleIn)
  return [...first].filter((id) => others.every((able) => able.has(id))).slice(0, MOST_NAMED)
}

const groupsOf = ({ groups }: Role): readonly string[] => groups

/** User ids of those who may approve the action on all these queues; the requester may be among them. */
export const approversOf = (
  deps: Directory,
  action: ActionKind,
  queues: readonly TieredQueue[],
): Promise<readonly string[]> => membersWith(deps, { right: 'approve', action, queues })
