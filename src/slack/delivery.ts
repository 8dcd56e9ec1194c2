import { createHash } from 'node:crypto'

import type { WebClient } from '@slack/web-api'

import { OperatorError } from '../domain/errors.ts'
import type { MessageContent, MessageTarget } from '../domain/message.ts'
import type { Clock, Log } from '../domain/ports/runtime.ts'
import type { Messages, OutboxMessage } from '../domain/ports/store.ts'
import { channelOf, threadOf } from './destination.ts'
import { tellLostRoom } from './lost-room.ts'
import { CallFault, createOutboxCalls, type Posted } from './outbox-calls.ts'
import { createPace, DEFAULT_BUDGET, type Budget, type Pace } from './pace.ts'
import { verdictOn } from './refusals.ts'
import type { Rendered } from './render/elements.ts'

export interface DeliveryDeps {
  readonly messages: Messages
  /** The background client. */
  readonly client: WebClient
  /** Renders the truth of this moment. */
  readonly compose: (content: MessageContent) => Promise<Rendered>
  /** The channel id, or null while the room does not exist yet. */
  readonly resolveChannel: (target: MessageTarget) => Promise<string | null>
  /** The id under which the log tells of what the message is about; null where it is about no incident. */
  readonly correlationOf: (
    message: Pick<OutboxMessage, 'target' | 'content'>,
  ) => Promise<string | null>
  readonly clock: Clock
  readonly log: Log
  readonly budget?: Budget
}

export interface Delivery {
  /**
   * Delivers what is due in one channel, in order. Resolves to when to come back, null when drained. Safe
   * to run twice at once, here or in another replica. Throws only if the database or `compose` does with
   * an `OperatorError`.
   */
  deliverChannel(channel: string): Promise<Date | null>
}

/** Longer than all calls of one attempt may take, so that a claim never ends while its call is on the way. */
const CLAIM_MS = 25_000
const EDIT_SPACING_MS = 3000
const OPERATOR_WAIT_MS = 30_000
const OPERATOR_WAIT_MAX_MS = 600_000
/** A message that cannot even be rendered is a fault of ours; it must not hold up its room for ever. */
const MAX_RENDER_ATTEMPTS = 5
/** A look-up that Slack refuses this often will not be allowed. */
const MAX_LOOK_UPS = 3

const hashOf = (rendered: Rendered): string =>
  createHash('sha256').update(JSON.stringify(rendered)).digest('base64url')

interface Attempt {
  readonly message: OutboxMessage
  readonly channelId: string
  /** Of the thread that it goes into. */
  readonly threadTs: string | null
  readonly rendered: Rendered
  readonly hash: string
  /** Whether Slack may hold something of this message that we have not seen. */
  isInDoubt: boolean
}

type Calls = ReturnType<typeof createOutboxCalls>

/** The outbox loop: makes Slack show what each message should be. */
export function createDelivery(deps: DeliveryDeps): Delivery {
  const pace = createPace(deps.clock, deps.budget ?? DEFAULT_BUDGET)
  const calls = createOutboxCalls(deps.client)
  const parts = { ...deps, pace, calls }
  return {
    async deliverChannel(channel) {
      for (;;) {
        const message = await deps.messages.next(channel, deps.clock.now())
        if (message === null) return deps.messages.nextDue(channel)
        const comeBack = await deliverOne(parts, message)
        if (comeBack !== null) return comeBack
      }
    },
  }
}

type Parts = DeliveryDeps & { readonly pace: Pace; readonly calls: Calls }

const later = (clock: Clock, ms: number): Date => new Date(clock.now().getTime() + ms)

/** Null: go on with the next message. A date: nothing in this channel can go out before. */
async function deliverOne(parts: Parts, message: OutboxMessage): Promise<Date | null> {
  const channelId = message.channelId ?? (await channelOf(parts, message.target))
  if (channelId instanceof Date) return channelId
  const threadTs = await threadOf(parts, message)
  if (threadTs instanceof Date) {
    await parts.messages.postpone(
      message.id,
      threadTs,
      'its thread is not open yet',
      message.attemptedAt === null,
    )
    return null
  }
  const rendered = await render(parts, message)
  if (rendered === null) return null
  const hash = hashOf(rendered)
  const isInDoubt = message.attemptedAt !== null
  if (message.ts !== null && message.renderedHash === hash && !isInDoubt) {
    await settle(
      parts,
      { message, channelId, threadTs, rendered, hash, isInDoubt },
      { channelId, ts: message.ts },
      0,
    )
    return null
  }
  if (!(await claim(parts, message))) return null
  return attempt(parts, { message, channelId, threadTs, rendered, hash, isInDoubt })
}

const claim = (parts: Parts, message: OutboxMessage): Promise<boolean> =>
  parts.messages.attempt(message, parts.clock.now(), later(parts.clock, CLAIM_MS))

async function render(parts: Parts, message: OutboxMessage): Promise<Rendered | null> {
  try {
    return await parts.compose(message.content)
  } catch (error) {
    if (error instanceof OperatorError) throw error
    parts.log.error({ event: 'outbox.render_failed', key: message.key, err: error }, 'not rendered')
    if (!(await claim(parts, message))) return null
    const problem = `could not be rendered: ${String(error)}`
    await (message.attempts + 1 >= MAX_RENDER_ATTEMPTS
      ? parts.messages.bury(message.id, problem)
      : parts.messages.postpone(
          message.id,
          operatorWait(parts, message),
          problem,
          message.attemptedAt === null,
        ))
    return null
  }
}

/** With the claim held: within the pace, look up what is in doubt, then post or edit. */
async function attempt(parts: Parts, work: Attempt): Promise<Date | null> {
  const { message, channelId } = work
  const method = message.ts === null ? 'chat.postMessage' : 'chat.update'
  const closedUntil = parts.pace.take(method, channelId, message.content.kind === 'headline')
  if (closedUntil !== null) {
    await parts.messages.postpone(message.id, closedUntil, 'waiting its turn', !work.isInDoubt)
    return null
  }
  try {
    const posted = await send(parts, work)
    parts.pace.answered()
    await settle(parts, work, posted, EDIT_SPACING_MS)
    await tell(parts, work, posted)
    return null
  } catch (error) {
    if (!(error instanceof CallFault)) throw error
    return failed(parts, work, error)
  }
}

async function send(parts: Parts, work: Attempt): Promise<Posted> {
  const { message } = work
  if (message.ts !== null) {
    return edit(parts, work, { channelId: work.channelId, ts: message.ts })
  }
  const found = await lookUp(parts, work)
  if (found === null) return softly(parts, work, (rendered) => post(parts, work, rendered))
  return found.hash === work.hash ? found : edit(parts, work, found)
}

const markOf = ({ message, hash }: Attempt) => ({
  key: message.key,
  version: message.wantedVersion,
  hash,
})

const post = (parts: Parts, work: Attempt, rendered: Rendered): Promise<Posted> =>
  parts.calls.post(work.channelId, rendered, markOf(work), work.threadTs)

/** A post that was never answered may be in the channel; only Slack knows. */
async function lookUp(parts: Parts, work: Attempt) {
  const since = work.message.attemptedAt
  if (since === null) return null
  // No scope lets us read what we sent to one person. An approver who is asked twice is better than one who never is.
  if (work.message.target.kind === 'person') {
    work.isInDoubt = false
    return null
  }
  try {
    const found = await parts.calls.find(work.channelId, work.message.key, since, work.threadTs)
    work.isInDoubt = found !== null
    return found
  } catch (error) {
    if (!isRefused(error) || work.message.attempts < MAX_LOOK_UPS) throw error
    // Twice is better than never: who may not look up must still be able to speak.
    work.isInDoubt = false
    return null
  }
}

/** Edits; a message that somebody deleted is posted anew, unless an unanswered attempt did so already. */
async function edit(parts: Parts, work: Attempt, posted: Posted): Promise<Posted> {
  try {
    return await softly(parts, work, (rendered) =>
      parts.calls.update(posted, rendered, markOf(work)),
    )
  } catch (error) {
    if (!isRefused(error) || verdictOn(error.fault.code, work.message) !== 'post_anew') throw error
    const found = await lookUp(parts, work)
    return found ?? (await softly(parts, work, (rendered) => post(parts, work, rendered)))
  }
}

type Refused = CallFault & { readonly fault: { readonly kind: 'refused'; readonly code: string } }
const isRefused = (error: unknown): error is Refused =>
  error instanceof CallFault && error.fault.kind === 'refused'

/** Tries as rendered, then once as plain text if Slack dislikes the blocks. */
async function softly(
  parts: Parts,
  work: Attempt,
  call: (rendered: Rendered) => Promise<Posted>,
): Promise<Posted> {
  try {
    return await call(work.rendered)
  } catch (error) {
    if (!isRefused(error) || verdictOn(error.fault.code, work.message) !== 'plain_text') throw error
    parts.log.error(
      { event: 'outbox.blocks_refused', key: work.message.key, ...error.fault },
      'Slack refused the blocks; sending plain text',
    )
    return call({ text: work.rendered.text, blocks: [] })
  }
}

const settle = (parts: Parts, work: Attempt, posted: Posted, spacingMs: number): Promise<void> =>
  parts.messages.delivered(work.message.id, {
    version: work.message.wantedVersion,
    channelId: posted.channelId,
    ts: posted.ts,
    renderedHash: work.hash,
    notBefore: later(parts.clock, spacingMs),
  })

async function tell(parts: Parts, { message }: Attempt, { channelId }: Posted): Promise<void> {
  const correlation = await parts.correlationOf(message)
  parts.log.info(
    { event: 'message.delivered', correlation, key: message.key, channel: channelId },
    message.ts === null ? 'message posted' : 'message edited',
  )
}

function operatorWait(parts: Parts, message: OutboxMessage): Date {
  const ms = Math.min(OPERATOR_WAIT_MAX_MS, OPERATOR_WAIT_MS * 2 ** Math.min(message.attempts, 10))
  return later(parts.clock, ms)
}

async function failed(parts: Parts, work: Attempt, error: CallFault): Promise<Date | null> {
  const { message } = work
  const { fault, method } = error
  const facts = { event: 'outbox.failed', key: message.key, method, ...fault }
  switch (fault.kind) {
    case 'rate_limited': {
      const until = parts.pace.pause(method, fault.retryAfterMs)
      parts.log.warn(facts, 'Slack asks to wait')
      await parts.messages.postpone(message.id, until, `${method} rate limited`, !work.isInDoubt)
      return null
    }
    case 'unanswered': {
      const until = parts.pace.away()
      parts.log.warn(facts, 'Slack did not answer')
      const isAnswered = !fault.mayHaveWorked && !work.isInDoubt
      await parts.messages.postpone(message.id, until, fault.problem, isAnswered)
      return until
    }
    case 'refused': {
      parts.pace.answered()
      parts.log.error(facts, 'Slack refused a message')
      const problem = [fault.code, ...fault.details].join('; ')
      if (verdictOn(fault.code, message) !== 'wait_for_operator') {
        await parts.messages.bury(message.id, problem)
        await tellLostRoom(parts.messages, message, fault.code)
      } else {
        await parts.messages.postpone(
          message.id,
          operatorWait(parts, message),
          problem,
          !work.isInDoubt,
        )
      }
      return null
    }
  }
}
