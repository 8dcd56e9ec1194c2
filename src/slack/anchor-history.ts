import { setTimeout as sleep } from 'node:timers/promises'

import type { WebClient } from '@slack/web-api'
import { z } from 'zod'

import {
  type Anchor,
  anchorKey,
  type AnchorSource,
  parseAnchorLines,
} from '../domain/audit-anchor.ts'
import type { AuditFault } from '../domain/audit-report.ts'
import type { Expectation, Reading } from '../usecases/audit/verify-trail.ts'
import { faultOf, toPortError } from './faults.ts'

export interface AnchorChannel {
  readonly client: WebClient
  /** Id of the channel. */
  readonly channel: string
  /** Only what this bot itself posted counts. */
  readonly bot: { readonly botUserId: string; readonly botId: string }
  readonly source: Extract<AnchorSource, 'slack' | 'second'>
}

const Message = z.object({
  ts: z.string(),
  user: z.string().default(''),
  bot_id: z.string().default(''),
  text: z.string().default(''),
  edited: z.unknown().optional(),
  metadata: z
    .object({ event_payload: z.object({ key: z.string().default('') }).prefault({}) })
    .optional()
    .catch(undefined),
})
type Message = z.infer<typeof Message>

const Page = z.object({
  messages: z.array(z.unknown()).default([]),
  response_metadata: z.object({ next_cursor: z.string().default('') }).optional(),
})

const PAGE = 200
/** A year of an anchor every five minutes, and half as much again of other talk. */
const MAX_PAGES = 800
const MAX_WAITS = 20

/**
 * The anchors that a channel holds, as Slack shows it now. The bot's own token can edit and delete what it
 * posted: an edited anchor is a fault, one that is gone is found by its reference in the database. Throws
 * `OperatorError('slack_unreachable')` or `ChatRefusal`.
 */
export async function readAnchors(from: AnchorChannel): Promise<Reading> {
  const anchors: Anchor[] = []
  const faults: AuditFault[] = []
  let oldest = Number.POSITIVE_INFINITY
  let cursor = ''
  let isComplete = false
  for (let page = 0; page < MAX_PAGES && !isComplete; page += 1) {
    const answer = await historyPage(from, cursor)
    for (const raw of answer.messages) {
      const message = Message.safeParse(raw).data
      if (message === undefined) continue
      oldest = Math.min(oldest, Number(message.ts))
      if (!isOwn(message, from)) continue
      const found = parseAnchorLines(message.text)
      anchors.push(...found)
      faults.push(...changesOf(message, found))
    }
    cursor = answer.response_metadata?.next_cursor ?? ''
    isComplete = cursor === ''
  }
  return {
    source: from.source,
    anchors,
    faults,
    notes: isComplete
      ? []
      : [`only the last ${MAX_PAGES * PAGE} messages of the channel were read`],
    expects: (reference) => expectation(reference, from.channel, oldest),
  }
}

const isOwn = (message: Message, { bot }: AnchorChannel): boolean =>
  message.user === bot.botUserId || message.bot_id === bot.botId

/** Slack says when a text was edited; the key beside it, which is edited by another way, says what it was. */
function changesOf(message: Message, found: readonly Anchor[]): readonly AuditFault[] {
  const key = message.metadata?.event_payload.key ?? ''
  const wasAnchor = key.startsWith('anchor:')
  const [anchor] = found
  if (!wasAnchor && anchor === undefined) return []
  const seq = anchor?.seq ?? Number(key.split(':')[1])
  const say = (words: string): readonly AuditFault[] => [{ kind: 'anchor_changed', seq, words }]
  if (message.edited !== undefined)
    return say(`its anchor in Slack (message ${message.ts}) was edited after it was posted`)
  if (wasAnchor && (anchor === undefined || anchorKey(anchor) !== key))
    return say(`its anchor in Slack (message ${message.ts}) no longer says what it was posted for`)
  return []
}

/** What Slack no longer shows of older times, as on a free plan, is not missing. */
function expectation(reference: string, channel: string, oldest: number): Expectation {
  const [where, ts] = reference.split('/')
  if (where !== channel) return 'elsewhere'
  return Number(ts) < oldest && oldest !== Number.POSITIVE_INFINITY ? 'too_old' : 'here'
}

async function historyPage(
  { client, channel }: AnchorChannel,
  cursor: string,
): Promise<z.infer<typeof Page>> {
  for (let waits = 0; ; waits += 1) {
    try {
      return Page.parse(
        await client.conversations.history({
          channel,
          limit: PAGE,
          include_all_metadata: true,
          ...(cursor === '' ? {} : { cursor }),
        }),
      )
    } catch (error) {
      const fault = faultOf(error)
      if (fault.kind !== 'rate_limited' || waits >= MAX_WAITS)
        throw toPortError(error, 'read the anchors of the audit trail')
      await sleep(fault.retryAfterMs)
    }
  }
}
