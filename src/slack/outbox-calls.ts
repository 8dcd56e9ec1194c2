import type { WebClient } from '@slack/web-api'
import { z } from 'zod'

import { faultOf, type SlackFault } from './faults.ts'
import type { Rendered } from './render/elements.ts'

/** Travels with every message, so that a post whose answer was lost can be found again. */
export interface MessageMark {
  readonly key: string
  readonly version: number
  readonly hash: string
}

/** A channel, or a thread in it. */
interface Place {
  readonly channelId: string
  readonly threadTs: string | null
}

export interface Posted {
  readonly channelId: string
  readonly ts: string
}

export interface Found extends Posted {
  readonly hash: string
}

/** A call that did not succeed, with the method it was, for 429 counts per method. */
export class CallFault extends Error {
  override readonly name = 'CallFault'
  readonly method: string
  readonly fault: SlackFault
  constructor(method: string, fault: SlackFault, cause: unknown) {
    super(`${method}: ${fault.kind}`, { cause })
    this.method = method
    this.fault = fault
  }
}

const EVENT_TYPE = 'spillway_message'
/** The clocks of this machine and of Slack may differ. */
const CLOCK_SKEW_MS = 60_000
const PAGE = 200
const MAX_PAGES = 10

const Answer = z.object({ channel: z.string(), ts: z.string() })
const Marked = z.object({
  ts: z.string(),
  metadata: z.object({
    event_type: z.literal(EVENT_TYPE),
    event_payload: z.object({ key: z.string(), hash: z.string() }),
  }),
})
const Page = z.object({
  messages: z.array(z.unknown()).default([]),
  response_metadata: z.object({ next_cursor: z.string().default('') }).optional(),
})

const metadataOf = (mark: MessageMark) => ({
  event_type: EVENT_TYPE,
  event_payload: { key: mark.key, version: mark.version, hash: mark.hash },
})

async function call<T>(method: string, make: () => Promise<T>): Promise<T> {
  try {
    return await make()
  } catch (error) {
    throw new CallFault(method, faultOf(error), error)
  }
}

/** The three calls of the outbox. All throw `CallFault`. */
export function createOutboxCalls(client: WebClient) {
  return {
    /** `threadTs`: of the message in whose thread it goes. */
    async post(
      channel: string,
      rendered: Rendered,
      mark: MessageMark,
      threadTs: string | null = null,
    ): Promise<Posted> {
      const answer = await call('chat.postMessage', async () =>
        Answer.parse(
          await client.chat.postMessage({
            channel,
            ...(threadTs === null ? {} : { thread_ts: threadTs }),
            text: rendered.text,
            blocks: rendered.blocks,
            metadata: metadataOf(mark),
            unfurl_links: false,
            unfurl_media: false,
          }),
        ),
      )
      return { channelId: answer.channel, ts: answer.ts }
    },

    async update(posted: Posted, rendered: Rendered, mark: MessageMark): Promise<Posted> {
      await call('chat.update', () =>
        client.chat.update({
          channel: posted.channelId,
          ts: posted.ts,
          text: rendered.text,
          blocks: rendered.blocks,
          metadata: metadataOf(mark),
        }),
      )
      return posted
    },

    find: (
      channelId: string,
      key: string,
      since: Date,
      threadTs: string | null = null,
    ): Promise<Found | null> => find(client, { channelId, threadTs }, key, since),
  }
}

/** The message with this key posted since `since`, if Slack has it. Looks at 2,000 messages at most. */
async function find(
  client: WebClient,
  place: Place,
  key: string,
  since: Date,
): Promise<Found | null> {
  const oldest = String((since.getTime() - CLOCK_SKEW_MS) / 1000)
  let cursor = ''
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await pageOf(client, place, oldest, cursor)
    const hit = answer.messages
      .map((message) => Marked.safeParse(message).data)
      .find((marked) => marked?.metadata.event_payload.key === key)
    if (hit !== undefined) {
      return { channelId: place.channelId, ts: hit.ts, hash: hit.metadata.event_payload.hash }
    }
    cursor = answer.response_metadata?.next_cursor ?? ''
    if (cursor === '') return null
  }
  return null
}

/** What is in a thread is not in the history of its channel. */
function pageOf(
  client: WebClient,
  { channelId: channel, threadTs: ts }: Place,
  oldest: string,
  cursor: string,
) {
  const query = {
    channel,
    oldest,
    limit: PAGE,
    include_all_metadata: true,
    ...(cursor === '' ? {} : { cursor }),
  }
  return ts === null
    ? call('conversations.history', async () =>
        Page.parse(await client.conversations.history(query)),
      )
    : call('conversations.replies', async () =>
        Page.parse(await client.conversations.replies({ ...query, ts })),
      )
}
