import { z } from 'zod'

import { ChatRefusal, type Chat } from '../domain/ports/chat.ts'
import type { SlackClients } from './clients.ts'
import { ask } from './faults.ts'
import { postFile } from './files.ts'
import { findOwnRoom } from './own-channels.ts'
import { createPeople, type PeopleDeps } from './people.ts'

const INVITE_AT_ONCE = 100

const Room = z.object({ id: z.string(), name: z.string() })
/** Slack's answer to an invitation that some of the invited could not get. */
const PartlyInvited = z.object({
  errors: z.array(z.object({ user: z.string().default('?'), error: z.string() })).default([]),
})

/** Codes with which Slack says that the wish is true already. */
const isBenign = (error: unknown, codes: readonly string[]): boolean =>
  error instanceof ChatRefusal && codes.includes(error.code)

const INVITED_ALREADY = ['already_in_channel', 'cant_invite_self']

export interface ChatDeps extends PeopleDeps {
  readonly clients: Pick<SlackClients, 'interactive' | 'background'>
  readonly roomsArePrivate: boolean
}

/** The Chat port over Slack's Web API: rooms through the background client, people through the interactive one. */
export function createChat(deps: ChatDeps): Chat {
  const { background } = deps.clients
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
    postFile: (file, place) => postFile(background, file, place),
    ...createPeople(deps),
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
