import type { WebClient } from '@slack/web-api'
import { z } from 'zod'

import { OperatorError } from '../domain/errors.ts'
import type { FilePlace, NewFile } from '../domain/ports/chat.ts'
import { ask } from './faults.ts'

/** Twenty megabytes through a slow line. */
const UPLOAD_MS = 60_000

const Ticket = z.object({ upload_url: z.url(), file_id: z.string() })
const Posted = z.object({ channel: z.string(), ts: z.string() })

interface Thread {
  readonly channelId: string
  readonly threadTs: string
}

/**
 * Posts a file in Slack's three steps: ask for a place, put the bytes there, share it. What dies in between leaves
 * nothing that anybody sees. A person gets a line first, which opens the conversation, and the file in its thread.
 */
export async function postFile(client: WebClient, file: NewFile, place: FilePlace): Promise<void> {
  const { upload_url: url, file_id: id } = await ask('make room for the file', async () =>
    Ticket.parse(
      await client.files.getUploadURLExternal({ filename: file.name, length: file.content.length }),
    ),
  )
  await putBytes(url, file.content)
  const { channelId, threadTs } = await threadOf(client, place)
  await ask('share the file', () =>
    client.files.completeUploadExternal({
      files: [{ id, title: file.title }],
      channel_id: channelId,
      thread_ts: threadTs,
    }),
  )
}

async function threadOf(client: WebClient, place: FilePlace): Promise<Thread> {
  if ('channelId' in place) return place
  const { userId, words } = place
  return ask('write to the person', async () => {
    const answer = Posted.parse(await client.chat.postMessage({ channel: userId, text: words }))
    return { channelId: answer.channel, threadTs: answer.ts }
  })
}

/** Its address is secret and good for this file alone. */
async function putBytes(url: string, content: Uint8Array): Promise<void> {
  const headers = { 'content-type': 'application/octet-stream' }
  const body = new Uint8Array(content)
  const signal = AbortSignal.timeout(UPLOAD_MS)
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
  } catch (error) {
    throw new OperatorError(
      'slack_unreachable',
      'Slack could not take the bytes of the file.',
      'Nothing was posted. Try again in a minute.',
      error,
    )
  }
}
