import { BOT_USER_ID, ON_CALL_GROUP, PEOPLE } from '../workspace.ts'
import { messageKey, type ShimMemory } from './memory.ts'
import { asList, asText, toFields, type CallSlack, type Fields } from './upstream.ts'

interface ShimContext {
  readonly memory: ShimMemory
  /** Passes the call on to the local Slack. */
  readonly forward: (args: Fields) => Promise<Fields>
  /** Any other call to the local Slack. */
  readonly call: CallSlack
  /** Tells every open page what the local Slack has no word for. */
  readonly tellPages: (frame: Fields) => void
}

type Method = (args: Fields, context: ShimContext) => Promise<Fields>

const ok = (fields: Fields = {}): Fields => ({ ok: true, ...fields })
const refuse = (error: string): Fields => ({ ok: false, error })

/** Slack's Web API where the local one lacks a method or is more lenient than Slack. The rest is forwarded. */
export const METHODS: Readonly<Record<string, Method>> = {
  'conversations.create': createChannel,
  'conversations.info': (args, context) => context.forward(args).then(withTopic(context.memory)),
  'conversations.invite': invite,
  'conversations.join': (args, { call }) => call('conversations.info', args),
  'conversations.archive': archive,
  'conversations.setTopic': setTopic,
  'conversations.setPurpose': (args) => Promise.resolve(ok({ purpose: args['purpose'] })),
  'conversations.history': history,
  'conversations.replies': history,
  'bookmarks.add': (args) => Promise.resolve(ok({ bookmark: { ...args, id: 'Bk01' } })),
  'pins.add': pin,
  'usergroups.list': () =>
    Promise.resolve(
      ok({ usergroups: [{ ...ON_CALL_GROUP, name: ON_CALL_GROUP.handle, date_delete: 0 }] }),
    ),
  'usergroups.users.list': groupMembers,
  'users.info': describePerson,
  'chat.postMessage': post,
  'chat.update': post,
  'views.open': openView,
  'views.push': openView,
  'views.update': updateView,
}

/** Slack's rules for names; the local Slack takes any name, also one twice. */
async function createChannel(args: Fields, { forward, call }: ShimContext): Promise<Fields> {
  const name = asText(args['name'])
  if (name === '') return refuse('invalid_name_required')
  if (name.length > 80) return refuse('invalid_name_maxlength')
  if (!/^[a-z0-9_-]+$/.test(name)) return refuse('invalid_name_specials')
  const { channels } = await call('conversations.list', {})
  const isTaken = asList(channels).some((channel) => toFields(channel)['name'] === name)
  // In a form, false is a word, which the local Slack takes for true.
  const isPrivate = String(args['is_private']) === 'true'
  return isTaken ? refuse('name_taken') : forward({ ...args, is_private: isPrivate })
}

async function findChannel(args: Fields, { call }: ShimContext): Promise<Fields | null> {
  const { ok: isFound, channel } = await call('conversations.info', { channel: args['channel'] })
  return isFound === true ? toFields(channel) : null
}

async function invite(args: Fields, context: ShimContext): Promise<Fields> {
  const channel = await findChannel(args, context)
  if (channel === null) return refuse('channel_not_found')
  const id = asText(channel['id'])
  const members = context.memory.invited.get(id) ?? new Set<string>()
  const asked = asText(args['users']).split(',')
  if (asked.includes(BOT_USER_ID)) return refuse('cant_invite_self')
  if (!asked.every((user) => PEOPLE.some((person) => person.id === user)))
    return refuse('user_not_found')
  const fresh = asked.filter((user) => !members.has(user))
  if (fresh.length === 0) return refuse('already_in_channel')
  context.memory.invited.set(id, new Set([...members, ...fresh]))
  return ok({ channel })
}

async function archive(args: Fields, context: ShimContext): Promise<Fields> {
  const channel = await findChannel(args, context)
  if (channel === null) return refuse('channel_not_found')
  const id = asText(channel['id'])
  if (context.memory.archived.has(id)) return refuse('already_archived')
  context.memory.archived.add(id)
  return ok()
}

async function setTopic(args: Fields, context: ShimContext): Promise<Fields> {
  const channel = await findChannel(args, context)
  if (channel === null) return refuse('channel_not_found')
  const topic = asText(args['topic'])
  if (topic.length > 250) return refuse('too_long')
  context.memory.topics.set(asText(channel['id']), topic)
  context.tellPages({ t: 'topic', channel: channel['id'], topic })
  return ok({ channel: { ...channel, topic: { value: topic } } })
}

const withTopic =
  (memory: ShimMemory) =>
  (answer: Fields): Fields => {
    if (answer['ok'] !== true) return answer
    const channel = toFields(answer['channel'])
    const id = asText(channel['id'])
    const topic = { ...toFields(channel['topic']), value: memory.topics.get(id) ?? '' }
    return { ...answer, channel: { ...channel, topic, is_archived: memory.archived.has(id) } }
  }

/** With the metadata, which the local Slack drops, and without what only one person may see. */
async function history(args: Fields, { memory, forward }: ShimContext): Promise<Fields> {
  const answer = await forward(args)
  if (answer['ok'] !== true) return answer
  const withMetadata = String(args['include_all_metadata']) === 'true'
  const messages = asList(answer['messages'])
    .map(toFields)
    .filter((message) => message['ephemeral_to'] === undefined)
    .map((message) => {
      const key = messageKey(asText(message['channel']), asText(message['ts']))
      const metadata = memory.metadata.get(key)
      return withMetadata && metadata !== undefined ? { ...message, metadata } : message
    })
  return { ...answer, messages }
}

async function post(args: Fields, { memory, forward }: ShimContext): Promise<Fields> {
  const answer = await forward(args)
  if (answer['ok'] === true && args['metadata'] !== undefined)
    memory.metadata.set(
      messageKey(asText(answer['channel']), asText(answer['ts'])),
      args['metadata'],
    )
  return answer
}

function pin(args: Fields, { memory, tellPages }: ShimContext): Promise<Fields> {
  const ts = asText(args['timestamp'])
  const key = messageKey(asText(args['channel']), ts)
  if (ts === '') return Promise.resolve(refuse('no_item_specified'))
  if (memory.pins.has(key)) return Promise.resolve(refuse('already_pinned'))
  memory.pins.add(key)
  tellPages({ t: 'pin', ts })
  return Promise.resolve(ok())
}

function groupMembers(args: Fields): Promise<Fields> {
  if (args['usergroup'] !== ON_CALL_GROUP.id) return Promise.resolve(refuse('no_such_subteam'))
  return Promise.resolve(ok({ users: ON_CALL_GROUP.users }))
}

/** Slack says of everybody whether they are guests or strangers; the local Slack says nothing. */
async function describePerson(args: Fields, { forward }: ShimContext): Promise<Fields> {
  const answer = await forward(args)
  if (answer['ok'] !== true) return answer
  const user = { is_restricted: false, is_ultra_restricted: false, is_stranger: false }
  return { ...answer, user: { ...user, ...toFields(answer['user']) } }
}

/** The page learns of a modal before the call returns, so its owner is noted first. */
async function openView(args: Fields, { memory, forward }: ShimContext): Promise<Fields> {
  const owner = memory.triggers.get(asText(args['trigger_id'])) ?? null
  memory.lastViewOwner = owner
  return noteOwner(memory, owner, await forward(args))
}

async function updateView(args: Fields, { memory, forward }: ShimContext): Promise<Fields> {
  const owner = memory.viewOwners.get(asText(args['view_id'])) ?? memory.lastViewOwner
  memory.lastViewOwner = owner
  return noteOwner(memory, owner, await forward(args))
}

function noteOwner(memory: ShimMemory, owner: string | null, answer: Fields): Fields {
  const id = asText(toFields(answer['view'])['id'])
  if (id !== '' && owner !== null) memory.viewOwners.set(id, owner)
  return answer
}
