import type { WebClient } from '@slack/web-api'
import { z } from 'zod'

const Page = z.object({
  channels: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        created: z.number().default(0),
        creator: z.string().default(''),
      }),
    )
    .default([]),
  response_metadata: z.object({ next_cursor: z.string().default('') }).optional(),
})

const PAGE = 200
const MAX_PAGES = 20

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
  let cursor = ''
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = Page.parse(
      await client.users.conversations({
        types: search.isPrivate ? 'private_channel' : 'public_channel',
        exclude_archived: true,
        limit: PAGE,
        ...(cursor === '' ? {} : { cursor }),
      }),
    )
    const own = answer.channels.find(
      (channel) =>
        channel.name === search.name &&
        channel.creator === search.botUserId &&
        channel.created >= madeAfterS,
    )
    if (own !== undefined) return { channelId: own.id, name: own.name }
    cursor = answer.response_metadata?.next_cursor ?? ''
    if (cursor === '') return null
  }
  return null
}
