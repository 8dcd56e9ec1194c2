import { WebClient } from '@slack/web-api'

import type { Config } from '../config/types.ts'
import { OperatorError } from '../domain/errors.ts'
import type { DemoIo } from './terminal.ts'

const NOTHING_DONE = 'Nothing was started and nothing was posted.'

/**
 * Names the real workspace that SLACK_BOT_TOKEN and SLACK_APP_TOKEN belong to, asks, and takes the asker as
 * the operator. Gives what puts a configuration there. Throws `OperatorError` without tokens, with a wrong
 * one, or without a yes.
 */
export async function chooseWorkspace({
  ask,
  env,
}: Pick<DemoIo, 'ask' | 'env'>): Promise<(config: Config) => Config> {
  const { SLACK_BOT_TOKEN: botToken, SLACK_APP_TOKEN: appToken } = env
  if (botToken === undefined || appToken === undefined)
    throw new OperatorError(
      'bad_input',
      '--real-slack needs SLACK_BOT_TOKEN (xoxb-…) and SLACK_APP_TOKEN (xapp-…).',
      `${NOTHING_DONE} Create the app from manifest.yml, then set both.`,
    )
  const { team, user } = await identify(botToken)
  const answer = await ask(`This posts in the workspace "${team}" as ${user}. Type yes to go on: `)
  if (answer?.trim().toLowerCase() !== 'yes')
    throw new OperatorError('bad_input', 'The workspace was not confirmed.', NOTHING_DONE)
  const opsChannel = (await ask('Channel for operations [queue-ops]: '))?.trim()
  const operator = await askMember(ask, 'Your member id, to make you the operator (U…): ')
  const lead = await askMember(ask, 'Member id of somebody else, who may approve (U…): ')
  return ({ settings, slack, ...rest }) => ({
    ...rest,
    settings: {
      ...settings,
      opsChannel: opsChannel || 'queue-ops',
      roles: settings.roles.map((role) => ({
        ...role,
        users: [role.approves.length === 0 ? operator : lead],
        groups: [],
      })),
      rooms: { ...settings.rooms, invite: [operator, lead] },
      audit: { ...settings.audit, anchorChannel: null },
    },
    slack: { ...slack, botToken, appToken, apiUrl: null },
  })
}

async function askMember(ask: DemoIo['ask'], question: string): Promise<string> {
  const id = (await ask(question))?.trim() ?? ''
  if (/^[UW][A-Z0-9]+$/.test(id)) return id
  throw new OperatorError('bad_input', `"${id}" is no member id.`, NOTHING_DONE)
}

async function identify(token: string): Promise<{ readonly team: string; readonly user: string }> {
  const client = new WebClient(token, { timeout: 10_000, retryConfig: { retries: 0 } })
  try {
    const { team = 'unknown', user = 'unknown' } = await client.auth.test()
    return { team, user }
  } catch (cause) {
    throw new OperatorError(
      'slack_unreachable',
      'Slack did not say which workspace the token belongs to.',
      `${NOTHING_DONE} Check SLACK_BOT_TOKEN and the connection.`,
      cause,
    )
  }
}
