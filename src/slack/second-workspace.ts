import type { WebClient } from '@slack/web-api'

import { anchorKey } from '../domain/audit-anchor.ts'
import type { AnchorSink } from '../domain/ports/anchor-place.ts'
import { toPortError } from './faults.ts'
import { createOutboxCalls } from './outbox-calls.ts'
import { renderAnchor } from './render/anchor.ts'

/**
 * Anchors in a workspace whose administrators are others. An attempt whose answer was lost leaves a second
 * message that says the same. Throws as the Chat port does.
 */
export function createSecondWorkspace(
  client: WebClient,
  channelId: () => Promise<string>,
): AnchorSink {
  const calls = createOutboxCalls(client)
  return {
    place: 'second',
    async put(anchor) {
      const rendered = renderAnchor({ ...anchor, at: anchor.at.toISOString() })
      const mark = { key: anchorKey(anchor), version: 1, hash: anchor.hash }
      try {
        const posted = await calls.post(await channelId(), rendered, mark)
        return `${posted.channelId}/${posted.ts}`
      } catch (error) {
        throw toPortError(
          error instanceof Error && error.cause !== undefined ? error.cause : error,
          'post an anchor in the second workspace',
        )
      }
    },
  }
}
