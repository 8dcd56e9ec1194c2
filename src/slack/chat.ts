import { z } from 'zod'

import type { Actor } from '../domain/action.ts'
import type { Member } from '../domain/policy.ts'
import { ChatRefusal, type Chat } from '../domain/ports/chat.ts'
import type { Clock, Log } from '../domain/ports/runtime.ts'
import { createCached } from './cached.ts'
import type { SlackClients } from './clients.ts'
import { toPortError } from './faults.ts'
import type { Identity } from './identity.ts'
import { findOwnRoom } from './own-channels.ts'

const MEMBERSHIP_TTL_MS = 60_000
const INVITE_AT_ONCE = 100

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

const Room = z.object({ id: z.string(), name: z.string() })
/** Slack's answer to an invitation that some of the invited could not get. */
const PartlyInvited = z.object({
  errors: z.array(z.object({ user: z.string().default('?'), error: z.string() })).default([]),
})
const GroupUsers = z.array(z.string())

/** Codes with which Slack says that the wish is true already. */
const isBenign = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof ChatRefusal && codes.includes(error.code)

const INVITED_ALREADY = ['already_in_channel', 'cant_invite_self']

async function ask<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw toPortError(error, doing)
  }
}

export interface ChatDeps {
  readonly clients: Pick<SlackClients, 'interactive' | 'background'>
  readonly identity: () => Promise<Identity>
  /** Ids of the user groups that roles name: only these are looked up for a person. */
  readonly roleGroups: readonly string[]
  readonly roomsArePrivate: boolean
  readonly clock: Clock
  readonly log: Log
}

/** The Chat port over Slack's Web API: rooms through the background client, people through the interactive one. */
export function createChat(deps: ChatDeps): Chat {
  const { background } = deps.clients
  const people = createPeople(deps)
  const inviteSome: InviteSome = (channel, userIds) =>
    ask('invite people to the room', async () => {
      const users = userIds.join(',')
      const answer = await background.conversations.invite({ channel, users, force: true })
      return PartlyInvited.parse(answer).errors.flatMap(({ user, error }) =>
        INVITED_ALREADY.includes(error) ? [] : [{ user, code: error }],
      )
    })
  return {
    createRoom: (name, isPrivate) =>
      ask('create the room', async () => {
        const answer = await background.conversations.create({ name, is_private: isPrivate })
        const room = Room.parse(answer.channel)
        return { channelId: room.id, name: room.name }
      }),
    findOwnRoom: async (name, madeAfter) => {
      const { botUserId } = await deps.identity()
      return ask('list the rooms that Spillway made', () =>
        findOwnRoom(background, { name, madeAfter, isPrivate: deps.roomsArePrivate, botUserId }),
      )
    },
    invite: (channelId, userIds) => inviteAll(inviteSome, channelId, userIds),
    setTopic: async (channelId, topic) => {
      await ask('set the topic', () =>
        background.conversations.setTopic({ channel: channelId, topic }),
      )
    },
    pin: async (channelId, ts) => {
      const pinned = ask('pin the headline', () =>
        background.pins.add({ channel: channelId, timestamp: ts }),
      )
      await pinned.catch((error: unknown) => {
        if (!isBenign(error, ['already_pinned'])) throw error
      })
    },
    groupMembers: people.groupMembers,
    member: people.member,
  }
}

interface NotInvited {
  readonly user: string
  readonly code: string
}
type InviteSome = (channelId: string, userIds: readonly string[]) => Promise<readonly NotInvited[]>

/**
 * One wrong id must not keep the others out: Slack leaves it out and says so in an answer that is otherwise
 * fine; a list that is refused as a whole is invited one by one. Who could not be invited is named in the
 * `ChatRefusal`.
 */
async function inviteAll(
  inviteSome: InviteSome,
  channelId: string,
  userIds: readonly string[],
): Promise<void> {
  const refused: NotInvited[] = []
  for (let from = 0; from < userIds.length; from += INVITE_AT_ONCE) {
    const some = userIds.slice(from, from + INVITE_AT_ONCE)
    try {
      refused.push(...(await inviteSome(channelId, some)))
    } catch (error) {
      if (!(error instanceof ChatRefusal)) throw error
      refused.push(...(await inviteEach(inviteSome, channelId, some)))
    }
  }
  const [first] = refused
  if (first === undefined) return
  const names = refused.map(({ user, code }) => `<@${user}> (${code})`).join(', ')
  throw new ChatRefusal(first.code, `Slack did not invite ${names}.`)
}

async function inviteEach(
  inviteSome: InviteSome,
  channelId: string,
  userIds: readonly string[],
): Promise<readonly NotInvited[]> {
  const refused: NotInvited[] = []
  for (const user of userIds) {
    try {
      refused.push(...(await inviteSome(channelId, [user])))
    } catch (error) {
      if (isBenign(error, INVITED_ALREADY)) continue
      if (!(error instanceof ChatRefusal)) throw error
      refused.push({ user, code: error.code })
    }
  }
  return refused
}

function createPeople(deps: ChatDeps) {
  const { interactive } = deps.clients
  const cache = { ttlMs: MEMBERSHIP_TTL_MS, clock: deps.clock }
  const groupMembers = createCached<readonly string[]>({
    ...cache,
    load: (usergroup) =>
      ask(`say who is in the user group ${usergroup}`, async () =>
        GroupUsers.parse((await interactive.usergroups.users.list({ usergroup })).users),
      ),
  })
  const user = createCached<User>({
    ...cache,
    load: (id) =>
      ask('say who you are', async () =>
        User.parse((await interactive.users.info({ user: id })).user),
      ),
  })
  /** A group that Slack does not know has no members; its role then admits nobody by it. */
  const isIn = async (groupId: string, userId: string): Promise<boolean> => {
    try {
      return (await groupMembers(groupId)).includes(userId)
    } catch (error) {
      if (!(error instanceof ChatRefusal)) throw error
      deps.log.warn({ event: 'slack.group_refused', groupId, code: error.code }, error.message)
      return false
    }
  }
  const member = async (actor: Actor): Promise<Member> => {
    const [person, own, memberOf] = await Promise.all([
      user(actor.userId).catch((error: unknown) => {
        if (isBenign(error, ['user_not_found', 'user_not_visible'])) return null
        throw error
      }),
      deps.identity(),
      Promise.all(deps.roleGroups.map((groupId) => isIn(groupId, actor.userId))),
    ])
    return {
      actor,
      isBot: person !== null && (person.is_bot || person.id === 'USLACKBOT'),
      isGuest: person !== null && (person.is_restricted || person.is_ultra_restricted),
      isForeign: person === null || isForeign(person, actor, own.teamId),
      groups: new Set(deps.roleGroups.filter((_, index) => memberOf[index] === true)),
    }
  }
  return { groupMembers, member }
}

/** A person whom Slack does not show us, or who has left, is treated as one of another workspace. */
const isForeign = (person: User, actor: Actor, teamId: string): boolean =>
  actor.teamId !== teamId ||
  person.is_stranger ||
  person.deleted ||
  (person.team_id !== undefined && person.team_id !== teamId)
