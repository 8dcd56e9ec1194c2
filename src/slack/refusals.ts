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
])

const GONE = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed'])

const CURABLE = new Set([
  'not_in_channel',
  'missing_scope',
  'not_allowed_token_type',
  'no_permission',
  'restricted_action',
  'access_denied',
  'accesslimited',
  'org_login_required',
  'ekm_access_denied',
  'team_access_not_granted',
  'invalid_auth',
  'not_authed',
  'token_expired',
  'token_revoked',
  'account_inactive',
])

const CHANNEL_GONE = new Set(['channel_not_found', 'is_archived'])

/** Sorts Slack's code. A room that is gone stays gone; the ops channel is a setting that can be corrected. */
export function verdictOn(code: string, message: Pick<OutboxMessage, 'target'>): Verdict {
  if (CONTENT.has(code)) return 'plain_text'
  if (GONE.has(code)) return 'post_anew'
  if (CURABLE.has(code)) return 'wait_for_operator'
  if (CHANNEL_GONE.has(code) && message.target.kind === 'ops') return 'wait_for_operator'
  return 'bury'
}
