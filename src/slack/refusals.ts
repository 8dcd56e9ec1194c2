import type { OutboxMessage } from '../domain/ports/store.ts'

/** What a "no" to a message means for it. */
export type Verdict =
  /** Slack dislikes the blocks: the plain text may pass. */
  | 'plain_text'
  /** The message is gone from Slack: it has to be posted anew. */
  | 'post_anew'
  /** An operator can cure it, by inviting the bot or granting a scope: keep the message. */
  | 'wait_for_operator'
  | 'bury'

const CONTENT = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_block_type',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
  'markdown_text_conflict',
  'metadata_too_large',
  'invalid_metadata_format',
  'invalid_metadata_schema',
  'invalid_arguments',
])

const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed'])

/** Nobody can cure these: Slack will never take this message there. */
const HOPELESS = new Set([
  'channel_not_found',
  'is_archived',
  'channel_is_archived',
  'user_not_found',
])

/**
 * Sorts Slack's code. A room that is gone stays gone, and so does a person; the ops channel is a setting that can be corrected.
 * A code that is not known here keeps its message: losing it would be for good.
 */
export function verdictOn(code: string, message: Pick<OutboxMessage, 'target'>): Verdict {
  if (CONTENT.has(code)) return 'plain_text'
  if (GONE.has(code)) return 'post_anew'
  return HOPELESS.has(code) && message.target.kind !== 'ops' ? 'bury' : 'wait_for_operator'
}
