import {
  channelById,
  flag,
  openChannel,
  Refusal,
  string,
  type Answer,
  type Method,
} from './call.ts'
import { aChannel, type FakeChannel, type FakeMessage, type SlackState } from './state.ts'

const MAX_NAME = 80
const MAX_TOPIC = 250

function checkName(state: SlackState, name: string): void {
  if (name === '') throw new Refusal('invalid_name_required')
  if (name.length > MAX_NAME) throw new Refusal('invalid_name_maxlength')
  if (!/^[a-z0-9_-]+$/.test(name)) throw new Refusal('invalid_name_specials')
  if (!/[a-z0-9]/.test(name)) throw new Refusal('invalid_name_punctuation')
  // Archived channels keep their names.
  const isTaken = [...state.channels.values()].some((channel) => channel.name === name)
  if (isTaken) throw new Refusal('name_taken')
}

const shown = (state: SlackState, channel: FakeChannel): Answer => ({
  id: channel.id,
  name: channel.name,
  is_private: channel.isPrivate,
  is_archived: channel.isArchived,
  creator: channel.creator,
  created: channel.created,
  is_member: channel.members.has(state.botUserId),
  topic: { value: channel.topic },
})

const create: Method = (state, args) => {
  const name = string(args, 'name')
  checkName(state, name)
  const id = `C0ROOM${state.serial()}`
  const made = { creator: state.botUserId, created: Math.floor(state.now() / 1000) }
  const channel = aChannel({ id, name, isPrivate: flag(args, 'is_private'), ...made }, [
    state.botUserId,
  ])
  state.channels.set(id, channel)
  return { channel: shown(state, channel) }
}

function inviteFault(state: SlackState, channel: FakeChannel, user: string): string | null {
  if (user === state.botUserId) return 'cant_invite_self'
  const known = state.users.get(user)
  if (known === undefined || known.isDeleted) return 'user_not_found'
  return channel.members.has(user) ? 'already_in_channel' : null
}

const invite: Method = (state, args) => {
  const channel = openChannel(state, string(args, 'channel'))
  const users = string(args, 'users').split(',').filter(Boolean)
  if (users.length === 0) throw new Refusal('no_user')
  const faults = users.flatMap((user) => {
    const error = inviteFault(state, channel, user)
    return error === null ? [] : [{ user, ok: false, error }]
  })
  const [first] = faults
  if (first !== undefined && (!flag(args, 'force') || faults.length === users.length)) {
    throw new Refusal(first.error, { errors: faults })
  }
  const refused = new Set(faults.map(({ user }) => user))
  for (const user of users) if (!refused.has(user)) channel.members.add(user)
  return { channel: shown(state, channel), ...(faults.length > 0 ? { errors: faults } : {}) }
}

const setTopic: Method = (state, args) => {
  const channel = openChannel(state, string(args, 'channel'))
  const topic = string(args, 'topic')
  if (topic.length > MAX_TOPIC) throw new Refusal('too_long')
  channel.topic = topic
  return { channel: shown(state, channel) }
}

const info: Method = (state, args) => ({
  channel: shown(state, channelById(state, string(args, 'channel'))),
})

const join: Method = (state, args) => {
  const channel = channelById(state, string(args, 'channel'))
  if (channel.isPrivate) throw new Refusal('method_not_supported_for_channel_type')
  channel.members.add(state.botUserId)
  return { channel: shown(state, channel) }
}

/** One page: `cursor` is the index to go on from. */
function page<T>(all: readonly T[], args: Parameters<Method>[1]) {
  const limit = Math.min(1000, Number(string(args, 'limit')) || 100)
  const from = Number(string(args, 'cursor')) || 0
  const next = from + limit < all.length ? String(from + limit) : ''
  return { items: all.slice(from, from + limit), next }
}

const list: Method = (state, args) => {
  const types = (string(args, 'types') || 'public_channel').split(',')
  const visible = [...state.channels.values()].filter((channel) =>
    channel.isPrivate
      ? types.includes('private_channel') && channel.members.has(state.botUserId)
      : types.includes('public_channel') && !(channel.isArchived && flag(args, 'exclude_archived')),
  )
  const { items, next } = page(visible, args)
  return {
    channels: items.map((channel) => shown(state, channel)),
    response_metadata: { next_cursor: next },
  }
}

const ownConversations: Method = (state, args) => {
  const types = (string(args, 'types') || 'public_channel').split(',')
  const own = [...state.channels.values()].filter(
    (channel) =>
      channel.members.has(state.botUserId) &&
      types.includes(channel.isPrivate ? 'private_channel' : 'public_channel') &&
      !(channel.isArchived && flag(args, 'exclude_archived')),
  )
  const { items, next } = page(own, args)
  return {
    channels: items.map((channel) => shown(state, channel)),
    response_metadata: { next_cursor: next },
  }
}

const asHistory = (message: FakeMessage, withMetadata: boolean): Answer => ({
  type: 'message',
  ts: message.ts,
  user: message.user,
  text: message.text,
  blocks: message.blocks,
  ...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
  ...(withMetadata && message.metadata !== null ? { metadata: message.metadata } : {}),
})

const history: Method = (state, args) => {
  const channel = openChannel(state, string(args, 'channel'))
  const oldest = Number(string(args, 'oldest')) || 0
  const newestFirst = channel.messages
    .filter((message) => message.threadTs === null && Number(message.ts) > oldest)
    .toReversed()
  const { items, next } = page(newestFirst, args)
  return {
    messages: items.map((message) => asHistory(message, flag(args, 'include_all_metadata'))),
    has_more: next !== '',
    response_metadata: { next_cursor: next },
  }
}

const replies: Method = (state, args) => {
  const channel = openChannel(state, string(args, 'channel'))
  const ts = string(args, 'ts')
  const oldest = Number(string(args, 'oldest')) || 0
  if (!channel.messages.some((message) => message.ts === ts)) throw new Refusal('thread_not_found')
  const thread = channel.messages.filter(
    (message) => message.ts === ts || (message.threadTs === ts && Number(message.ts) > oldest),
  )
  const { items, next } = page(thread, args)
  return {
    messages: items.map((message) => asHistory(message, flag(args, 'include_all_metadata'))),
    has_more: next !== '',
    response_metadata: { next_cursor: next },
  }
}

export const conversationMethods = {
  'conversations.create': create,
  'conversations.invite': invite,
  'conversations.setTopic': setTopic,
  'conversations.info': info,
  'conversations.join': join,
  'conversations.list': list,
  'conversations.history': history,
  'conversations.replies': replies,
  'users.conversations': ownConversations,
} as const
