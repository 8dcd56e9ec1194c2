import { channelById, Refusal, type Args } from './call.ts'
import { checkedBlocks } from './chat-methods.ts'
import type { SlackState } from './state.ts'

const MAX_USES = 5
const MAX_AGE_MS = 30 * 60_000

/**
 * An answer to a command or click. Without `response_type` it is seen by that person only. A response_url
 * works five times within 30 minutes, and needs no membership of the bot.
 */
export function respond(state: SlackState, secret: string, args: Args): void {
  const target = state.responseUrls.get(secret)
  if (target === undefined) throw new Refusal('invalid_url')
  if (state.now() - target.madeAt > MAX_AGE_MS) throw new Refusal('expired_url')
  if (target.uses >= MAX_USES) throw new Refusal('used_url')
  const blocks = checkedBlocks(args)
  const text = typeof args['text'] === 'string' ? args['text'] : ''
  if (text === '' && blocks.length === 0) throw new Refusal('no_text')
  target.uses += 1
  const channel = channelById(state, target.channel)
  if (args['response_type'] !== 'in_channel') {
    channel.ephemerals.push({ user: target.user, text, blocks })
    return
  }
  channel.messages.push({
    ts: state.ts(),
    user: state.botUserId,
    text,
    blocks,
    metadata: null,
    threadTs: null,
    edits: 0,
  })
}
