import type { FakeChannel, SlackState } from './state.ts'

/** Arguments of a call after decoding; strings unless sent as JSON. */
export type Args = Readonly<Record<string, unknown>>
export type Answer = Readonly<Record<string, unknown>>
export type Method = (state: SlackState, args: Args) => Answer

/** Slack's `ok: false`. */
export class Refusal extends Error {
  readonly code: string
  readonly extra: Answer
  constructor(code: string, extra: Answer = {}) {
    super(code)
    this.code = code
    this.extra = extra
  }
}

export const string = (args: Args, name: string): string => {
  const value = args[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export const flag = (args: Args, name: string): boolean =>
  args[name] === true || args[name] === 'true' || args[name] === '1'

/** A list or object that WebClient sent as JSON inside a form field. */
export function json(args: Args, name: string): unknown {
  const value = args[name]
  if (typeof value !== 'string') return value
  try {
    const parsed: unknown = JSON.parse(value)
    return parsed
  } catch {
    throw new Refusal('invalid_arguments', {
      response_metadata: { messages: [`[ERROR] ${name} is not JSON`] },
    })
  }
}

export function channelById(state: SlackState, id: string): FakeChannel {
  const channel = state.channels.get(id)
  if (channel === undefined) throw new Refusal('channel_not_found')
  return channel
}

/** A channel that the bot is in and that is not archived: what most calls need. */
export function openChannel(state: SlackState, id: string): FakeChannel {
  const channel = channelById(state, id)
  if (!channel.members.has(state.botUserId)) {
    throw new Refusal(channel.isPrivate ? 'channel_not_found' : 'not_in_channel')
  }
  if (channel.isArchived) throw new Refusal('is_archived')
  return channel
}
