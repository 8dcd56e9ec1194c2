import { OperatorError } from '../domain/errors.ts'
import type { MessageTarget } from '../domain/message.ts'
import type { Clock } from '../domain/ports/runtime.ts'
import type { Messages, OutboxMessage } from '../domain/ports/store.ts'
import type { Pace } from './pace.ts'

interface Lookups {
  readonly messages: Pick<Messages, 'byKey'>
  readonly resolveChannel: (target: MessageTarget) => Promise<string | null>
  readonly clock: Clock
  readonly pace: Pick<Pace, 'away'>
}

const ROOM_WAIT_MS = 15_000
const THREAD_WAIT_MS = 2000

const later = (clock: Clock, ms: number): Date => new Date(clock.now().getTime() + ms)

/** The channel id, or when to come back. A channel that has to be asked for is as far away as Slack is. */
export async function channelOf(parts: Lookups, target: MessageTarget): Promise<string | Date> {
  try {
    return (await parts.resolveChannel(target)) ?? later(parts.clock, ROOM_WAIT_MS)
  } catch (error) {
    if (error instanceof OperatorError && error.code === 'slack_unreachable')
      return parts.pace.away()
    throw error
  }
}

/**
 * The thread that a message goes into, null for none, or when to look again. A parent that there is not, or that
 * Slack will not take, leaves its replies in the channel: said outside a thread is better than not said.
 */
export async function threadOf(
  parts: Lookups,
  { thread, ts }: OutboxMessage,
): Promise<string | null | Date> {
  if (thread === null || ts !== null) return null
  const parent = await parts.messages.byKey(thread)
  if (parent === null || parent.ts !== null) return parent?.ts ?? null
  return parent.isBuried ? null : later(parts.clock, THREAD_WAIT_MS)
}
