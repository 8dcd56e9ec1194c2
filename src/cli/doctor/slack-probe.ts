import { WebClient } from '@slack/web-api'
import { z } from 'zod'

import type { SlackConfig } from '../../config/types.ts'
import type { Log } from '../../domain/ports/runtime.ts'
import { createClients } from '../../slack/clients.ts'
import { toPortError } from '../../slack/faults.ts'
import type { SlackProbe } from './ports.ts'

const AuthTest = z.object({
  team: z.string().default('?'),
  response_metadata: z.object({ scopes: z.array(z.string()).default([]) }).prefault({}),
})
const Channels = z.object({
  channels: z.array(z.object({ id: z.string(), name: z.string() })).default([]),
  response_metadata: z.object({ next_cursor: z.string().default('') }).prefault({}),
})
const User = z.object({
  user: z.object({
    name: z.string(),
    deleted: z.boolean().default(false),
    is_bot: z.boolean().default(false),
  }),
})
const GroupUsers = z.object({ users: z.array(z.string()).default([]) })

const PAGE = 200
const MAX_PAGES = 10

/** Asks the real Slack. Nothing is changed, posted or joined. */
export function createSlackProbe(config: SlackConfig, log: Log): SlackProbe {
  const client = createClients({ config, log }).background
  const ask = <T>(doing: string, call: () => Promise<T>): Promise<T> =>
    call().catch((error: unknown) => {
      throw toPortError(error, doing)
    })
  return {
    whoAmI: () =>
      ask('say whose the bot token is', async () => {
        const { team, response_metadata: metadata } = AuthTest.parse(await client.auth.test())
        return { team, scopes: metadata.scopes }
      }),
    openSocket: () => ask('open Socket Mode', () => openSocket(config)),
    ownChannels: (kinds) =>
      ask('list the channels of the bot', () =>
        ownChannels(
          client,
          kinds === 'public' ? 'public_channel' : 'public_channel,private_channel',
        ),
      ),
    user: (id) =>
      ask('find the user', async () => {
        const { user } = User.parse(await client.users.info({ user: id }))
        return { name: user.name, isGone: user.deleted, isBot: user.is_bot }
      }),
    groupMembers: (id) =>
      ask(
        'list the members of the group',
        async () => GroupUsers.parse(await client.usergroups.users.list({ usergroup: id })).users,
      ),
  }
}

async function openSocket({ appToken, apiUrl }: SlackConfig): Promise<void> {
  const client = new WebClient(appToken ?? undefined, {
    ...(apiUrl === null ? {} : { slackApiUrl: apiUrl }),
    retryConfig: { retries: 0 },
    timeout: 10_000,
  })
  await client.apps.connections.open({})
}

async function ownChannels(
  client: WebClient,
  types: string,
): Promise<{ id: string; name: string }[]> {
  const found: { id: string; name: string }[] = []
  let cursor = ''
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = Channels.parse(
      await client.users.conversations({
        types,
        exclude_archived: true,
        limit: PAGE,
        ...(cursor === '' ? {} : { cursor }),
      }),
    )
    found.push(...answer.channels)
    cursor = answer.response_metadata.next_cursor
    if (cursor === '') break
  }
  return found
}
