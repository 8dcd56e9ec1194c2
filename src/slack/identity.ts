import type { WebClient } from '@slack/web-api'
import { z } from 'zod'

import { toPortError } from './faults.ts'

/** Who Spillway is in this workspace. */
export interface Identity {
  readonly teamId: string
  readonly teamName: string
  readonly botUserId: string
  readonly botId: string
}

const AuthTest = z.object({
  team_id: z.string(),
  team: z.string().default(''),
  user_id: z.string(),
  bot_id: z.string(),
})

/**
 * Asks Slack once who the token belongs to; it never changes while the process runs. Rejects with
 * `OperatorError('slack_unreachable')` or `ChatRefusal('invalid_auth')` and asks again the next time.
 */
export function createIdentity(client: WebClient): () => Promise<Identity> {
  let known: Promise<Identity> | null = null
  const ask = async (): Promise<Identity> => {
    try {
      const answer = AuthTest.parse(await client.auth.test())
      return {
        teamId: answer.team_id,
        teamName: answer.team,
        botUserId: answer.user_id,
        botId: answer.bot_id,
      }
    } catch (error) {
      known = null
      throw toPortError(error, 'say who the bot token belongs to')
    }
  }
  return () => (known ??= ask())
}
