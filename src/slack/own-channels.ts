import type { WebClient } from '@slack/web-api'
import { z } from 'zod'

import { ChatRefusal } from '../domain/ports/chat.ts'
import { toPortError } from './faults.ts'

const Channel = z.object({
  id: z.string(),
  name: z.string(),
  created: z.number().default(0),
  creator: z.string().default(''),
})
type Channel = z.infer<typeof Channel>

const Page = z.object({
  channels: z.array(Channel).default([]),
  response_metadata: z.object({ next_cursor: z.string().default('') }).optional(),
})

const PAGE = 200
const MAX_PAGES = 20

type Visibility = 'public_channel' | 'private_channel'

/** The first channel that the bot is in and that fits. Its own channels are few, all channels are not. */
async function findOwn(
  client: WebClient,
  types: Visibility,
  fits: (channel: Channel) => boolean,
): Promise<Channel | null> {
  let cursor = ''
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = Page.parse(
      await client.users.conversations({
        types,
        exclude_archived: true,
        limit: PAGE,
        ...(cursor === '' ? {} : { cursor }),
      }),
    )
    const hit = answer.channels.find(fits)
    if (hit !== undefined) return hit
    cursor = answer.response_metadata?.next_cursor ?? ''
    if (cursor === '') return null
  }
  return null
}

export interface RoomSearch {
  readonly name: string
  readonly madeAfter: Date
  readonly isPrivate: boolean
  readonly botUserId: string
}

/**
 * The channel of this name that the bot itself made, or null. Slack dates channels to the second, so one
 * made in the second of `madeAfter` counts. Throws what the WebClient throws.
 */
export async function findOwnRoom(
  client: WebClient,
  search: RoomSearch,
): Promise<{ readonly channelId: string; readonly name: string } | null> {
  const madeAfterS = Math.floor(search.madeAfter.getTime() / 1000)
  const own = await findOwn(
    client,
    search.isPrivate ? 'private_channel' : 'public_channel',
    (channel) =>
      channel.name === search.name &&
      channel.creator === search.botUserId &&
      channel.created >= madeAfterS,
  )
  return own === null ? null : { channelId: own.id, name: own.name }
}

const isChannelId = (text: string): boolean => /^[CG][A-Z0-9]{6,}$/.test(text)

/**
 * Resolves the configured ops channel, an id or a name with or without `#`, and remembers the id, for only
 * an id can be looked through. While the bot is in no such channel, or may not look, it is the name: Slack
 * then says at the post what is wrong. Throws `OperatorError('slack_unreachable')`.
 */
export function createOpsChannel(client: WebClient, configured: string): () => Promise<string> {
  const name = configured.replace(/^#/, '')
  let known: string | null = isChannelId(configured) ? configured : null
  return async () => {
    known ??=
      (await idOf(client, name, 'public_channel')) ?? (await idOf(client, name, 'private_channel'))
    return known ?? name
  }
}

async function idOf(client: WebClient, name: string, types: Visibility): Promise<string | null> {
  try {
    return (await findOwn(client, types, (channel) => channel.name === name))?.id ?? null
  } catch (error) {
    const problem = toPortError(error, `look up the channel #${name}`)
    // Private channels need a scope that is optional; without it there is none to be found.
    if (problem instanceof ChatRefusal) return null
    throw problem
  }
}
