import { channelById, json, openChannel, Refusal, string, type Args, type Method } from './call.ts'
import { faultsInBlocks, isTooLong } from './limits.ts'
import { aChannel, type FakeChannel, type FakeMessage, type SlackState } from './state.ts'

const MAX_UPDATE_TEXT = 4000
const MAX_POST_TEXT = 40_000

/** The conversation of the bot with one person; posting to a user id opens it. */
function direct(state: SlackState, user: string): FakeChannel {
  const id = `D0${user}`
  const known = state.channels.get(id)
  if (known !== undefined) return known
  const made = { id, name: id, isPrivate: true, creator: state.botUserId, created: 0 }
  const channel = aChannel(made, [state.botUserId, user])
  state.channels.set(id, channel)
  return channel
}

/** chat.postMessage takes a name or a person, too; chat.update does not. */
function postChannel(state: SlackState, wanted: string): FakeChannel {
  if (state.users.has(wanted)) return direct(state, wanted)
  const name = wanted.replace(/^#/, '')
  const named = [...state.channels.values()].find((channel) => channel.name === name)
  return openChannel(state, named?.id ?? wanted)
}

export function checkedBlocks(args: Args): readonly unknown[] {
  const blocks = json(args, 'blocks')
  if (blocks === undefined) return []
  const faults = faultsInBlocks(blocks)
  if (faults.length > 0) {
    throw new Refusal('invalid_blocks', { response_metadata: { messages: faults } })
  }
  if (isTooLong(blocks)) throw new Refusal('msg_blocks_too_long')
  return Array.isArray(blocks) ? blocks : []
}

function checkedMetadata(args: Args): unknown {
  const metadata = json(args, 'metadata')
  if (metadata === undefined) return null
  const isFine = typeof metadata === 'object' && metadata !== null && 'event_type' in metadata
  if (!isFine) throw new Refusal('invalid_metadata_format')
  return metadata
}

function messageAt(channel: FakeChannel, ts: string): FakeMessage {
  const message = channel.messages.find((one) => one.ts === ts)
  if (message === undefined) throw new Refusal('message_not_found')
  return message
}

const postMessage: Method = (state, args) => {
  const channel = postChannel(state, string(args, 'channel'))
  const blocks = checkedBlocks(args)
  const text = string(args, 'text').slice(0, MAX_POST_TEXT)
  if (text === '' && blocks.length === 0) throw new Refusal('no_text')
  const threadTs = string(args, 'thread_ts')
  if (threadTs !== '') messageAt(channel, threadTs)
  const message: FakeMessage = {
    ts: state.ts(),
    user: state.botUserId,
    text,
    blocks,
    metadata: checkedMetadata(args),
    threadTs: threadTs === '' ? null : threadTs,
    edits: 0,
  }
  channel.messages.push(message)
  return { channel: channel.id, ts: message.ts, message: { text, ts: message.ts } }
}

const update: Method = (state, args) => {
  const channel = openChannel(state, string(args, 'channel'))
  const message = messageAt(channel, string(args, 'ts'))
  if (message.user !== state.botUserId) throw new Refusal('cant_update_message')
  const text = string(args, 'text')
  if (text.length > MAX_UPDATE_TEXT) throw new Refusal('msg_too_long')
  const blocks = checkedBlocks(args)
  if (text === '' && args['blocks'] === undefined) throw new Refusal('no_text')
  // Blocks without text keep the text; text without blocks removes the blocks.
  if (text !== '') message.text = text
  message.blocks = blocks
  if (args['metadata'] !== undefined) message.metadata = checkedMetadata(args)
  message.edits += 1
  return { channel: channel.id, ts: message.ts, text: message.text }
}

const postEphemeral: Method = (state, args) => {
  const channel = openChannel(state, string(args, 'channel'))
  const user = string(args, 'user')
  if (!channel.members.has(user)) throw new Refusal('user_not_in_channel')
  const blocks = checkedBlocks(args)
  const text = string(args, 'text')
  if (text === '' && blocks.length === 0) throw new Refusal('no_text')
  channel.ephemerals.push({ user, text, blocks })
  return { message_ts: state.ts() }
}

const getPermalink: Method = (state, args) => {
  const channel = channelById(state, string(args, 'channel'))
  const { ts } = messageAt(channel, string(args, 'message_ts'))
  return {
    channel: channel.id,
    permalink: `https://spillway.slack.example/archives/${channel.id}/p${ts.replace('.', '')}`,
  }
}

const pin: Method = (state, args) => {
  const channel = openChannel(state, string(args, 'channel'))
  const { ts } = messageAt(channel, string(args, 'timestamp'))
  if (channel.pins.has(ts)) throw new Refusal('already_pinned')
  channel.pins.add(ts)
  return {}
}

export const chatMethods = {
  'chat.postMessage': postMessage,
  'chat.update': update,
  'chat.postEphemeral': postEphemeral,
  'chat.getPermalink': getPermalink,
  'pins.add': pin,
} as const
