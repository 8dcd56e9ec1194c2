import { z } from 'zod'

import type { Actor } from '../domain/action.ts'
import { OperatorError } from '../domain/errors.ts'
import type { Member } from '../domain/policy.ts'
import { ChatRefusal, type Chat, type MemberOptions } from '../domain/ports/chat.ts'
import type { Clock, Log } from '../domain/ports/runtime.ts'
import { createCached } from './cached.ts'
import type { SlackClients } from './clients.ts'
import { ask } from './faults.ts'
import type { Identity } from './identity.ts'

const MEMBERSHIP_TTL_MS = 60_000

/** What we read of a person; absent flags mean no, an absent id is a fault of the answer. */
const User = z.object({
  id: z.string(),
  team_id: z.string().optional(),
  deleted: z.boolean().default(false),
  is_bot: z.boolean().default(false),
  is_restricted: z.boolean().default(false),
  is_ultra_restricted: z.boolean().default(false),
  is_stranger: z.boolean().default(false),
})
type User = z.infer<typeof User>

const GroupUsers = z.array(z.string())

export interface PeopleDeps {
  readonly clients: Pick<SlackClients, 'interactive'>
  readonly identity: () => Promise<Identity>
  /** Ids of the user groups that roles name: only these are ever looked up for a person. */
  readonly roleGroups: readonly string[]
  readonly clock: Clock
  readonly log: Log
}

/** Who people are and which groups they are in, from Slack, at most 60 s old; simultaneous asks are one call. */
export function createPeople(deps: PeopleDeps): Pick<Chat, 'groupMembers' | 'member'> {
  const { users, usergroups } = deps.clients.interactive
  const cache = { ttlMs: MEMBERSHIP_TTL_MS, clock: deps.clock }
  const groupMembers = createCached<readonly string[]>({
    ...cache,
    load: (usergroup) =>
      ask(`say who is in the user group ${usergroup}`, async () =>
        GroupUsers.parse((await usergroups.users.list({ usergroup })).users),
      ),
  })
  const user = createCached<User | null>({
    ...cache,
    load: (id) => userOf(users, id),
  })
  const member = async (
    actor: Actor,
    { groups = deps.roleGroups, ...options }: MemberOptions = {},
  ): Promise<Member> => {
    const [own, person, held] = await Promise.all([
      known(deps.log, deps.identity()),
      known(deps.log, user(actor.userId, options)),
      Promise.all(groups.map((id) => isIn(deps.log, groupMembers(id, options), id, actor.userId))),
    ])
    if ('problem' in own) return unverified(actor, own.problem, true)
    if (actor.teamId !== own.value.teamId) return foreign(actor)
    if ('problem' in person) return unverified(actor, person.problem, false)
    if (person.value === null) return foreign(actor)
    const groupsThat = (is: boolean | null): ReadonlySet<string> =>
      new Set(groups.filter((_, index) => held[index] === is))
    return {
      actor,
      ...factsOf(person.value, own.value.teamId),
      groups: groupsThat(true),
      unknownGroups: groupsThat(null),
    }
  }
  return { groupMembers: (groupId) => groupMembers(groupId), member }
}

type Users = SlackClients['interactive']['users']

/** Null for somebody whom Slack does not show us. */
async function userOf(users: Users, id: string): Promise<User | null> {
  try {
    return await ask('say who you are', async () =>
      User.parse((await users.info({ user: id })).user),
    )
  } catch (error) {
    if (error instanceof ChatRefusal && HIDDEN.has(error.code)) return null
    throw error
  }
}

const HIDDEN = new Set(['user_not_found', 'user_not_visible'])

type Known<T> = { readonly value: T } | { readonly problem: string }

/** What Slack said, or why it said nothing, in the words that a refusal begins with. */
async function known<T>(log: Log, answer: Promise<T>): Promise<Known<T>> {
  try {
    return { value: await answer }
  } catch (error) {
    const problem = problemOf(error)
    log.warn({ event: 'slack.member_unverified', err: error }, problem)
    return { problem }
  }
}

function problemOf(error: unknown): string {
  if (error instanceof ChatRefusal) return error.message
  if (error instanceof OperatorError) return 'Slack does not answer'
  throw error
}

/** Null when Slack does not say. A group that Slack does not know has no members. */
async function isIn(
  log: Log,
  members: Promise<readonly string[]>,
  groupId: string,
  userId: string,
): Promise<boolean | null> {
  try {
    return (await members).includes(userId)
  } catch (error) {
    problemOf(error)
    const code = error instanceof ChatRefusal ? error.code : null
    log.warn({ event: 'slack.group_unknown', groupId, code, err: error }, 'a group is not known')
    return code === 'no_such_subteam' ? false : null
  }
}

const NOBODY = {
  isBot: false,
  isGuest: false,
  groups: new Set<string>(),
  unknownGroups: new Set<string>(),
} as const

const unverified = (actor: Actor, problem: string, isForeign: boolean): Member => ({
  ...NOBODY,
  actor,
  isVerified: false,
  isForeign,
  problem,
})

const foreign = (actor: Actor): Member => ({
  ...NOBODY,
  actor,
  isVerified: true,
  isForeign: true,
  problem: null,
})

/** A person who has left, or whom Slack calls a stranger, is treated as one of another workspace. */
const factsOf = (person: User, teamId: string) => ({
  isVerified: true,
  isBot: person.is_bot || person.id === 'USLACKBOT',
  isGuest: person.is_restricted || person.is_ultra_restricted,
  isForeign:
    person.is_stranger ||
    person.deleted ||
    (person.team_id !== undefined && person.team_id !== teamId),
  problem: null,
})
