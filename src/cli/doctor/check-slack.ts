import { ChatRefusal } from '../../domain/ports/chat.ts'
import { few, notesOn, wordsOf, type Finding } from './finding.ts'
import type { DoctorPorts } from './ports.ts'

const note = notesOn('slack')

/** Whether the tokens work, may do what is needed, and reach the ops channel. */
export async function checkSlack(ports: DoctorPorts): Promise<readonly Finding[]> {
  const me = await ports.slack.whoAmI().catch((error: unknown) => tokenProblem(error))
  if ('level' in me) return [me]
  return [
    note.ok(`the bot token belongs to the workspace ${me.team}`),
    ...checkScopes(ports, me.scopes),
    ...(await checkSocket(ports)),
    ...(await checkChannels(ports, me.scopes.includes('groups:read'))),
  ]
}

const tokenProblem = (error: unknown): Finding =>
  error instanceof ChatRefusal
    ? note.fail(
        `Slack does not accept the bot token (${error.code})`,
        'Copy the Bot User OAuth Token (xoxb-…) from the app\'s page "OAuth & Permissions" into SLACK_BOT_TOKEN.',
      )
    : note.fail(
        wordsOf(error),
        'Check that this machine reaches slack.com over HTTPS; then run doctor again.',
      )

function checkScopes({ config, manifest }: DoctorPorts, granted: readonly string[]): Finding[] {
  const needed = config.settings.rooms.isPrivate
    ? [...manifest.scopes, ...manifest.optional]
    : manifest.scopes
  const missing = needed.filter((scope) => !granted.includes(scope))
  const known = new Set([...manifest.scopes, ...manifest.optional])
  const extra = granted.filter((scope) => !known.has(scope))
  const next =
    'On the app\'s page, paste manifest.yml under "App Manifest", then install the app again.'
  return [
    missing.length === 0
      ? note.ok(`the token has all ${needed.length} scopes that Spillway needs`)
      : note.fail(`the token lacks the scopes ${missing.join(', ')}`, next),
    ...(extra.length === 0
      ? []
      : [note.warn(`the token may do more than Spillway needs: ${extra.join(', ')}`, next)]),
  ]
}

async function checkSocket({ config, slack }: DoctorPorts): Promise<Finding[]> {
  if (config.slack.mode === 'http') return []
  try {
    await slack.openSocket()
    return [note.ok('the app token opens Socket Mode')]
  } catch (error) {
    return [
      note.fail(
        `Socket Mode does not open: ${wordsOf(error)}`,
        'Make an app-level token with the scope connections:write ("Basic Information"), put it into SLACK_APP_TOKEN, and enable Socket Mode.',
      ),
    ]
  }
}

interface WantedChannel {
  readonly what: string
  readonly key: string
  readonly wanted: string
}

function checkChannels(ports: DoctorPorts, maySeePrivate: boolean): Promise<Finding[]> {
  const { opsChannel, audit } = ports.config.settings
  const channels: WantedChannel[] = [
    { what: 'ops channel', key: 'ops_channel', wanted: opsChannel },
  ]
  if (audit.anchorChannel !== null)
    channels.push({ what: 'audit channel', key: 'audit.channel', wanted: audit.anchorChannel })
  return Promise.all(channels.map((channel) => checkChannel(ports, channel, maySeePrivate)))
}

async function checkChannel(
  { slack }: DoctorPorts,
  { what, key, wanted }: WantedChannel,
  maySeePrivate: boolean,
): Promise<Finding> {
  try {
    const channels = await slack.ownChannels(maySeePrivate ? 'public_and_private' : 'public')
    const found = channels.find(({ id, name }) => id === wanted || name === wanted)
    if (found !== undefined) return note.ok(`the bot is in the ${what} #${found.name}`)
    const where = channels.length === 0 ? 'no channel' : few(channels.map(({ name }) => `#${name}`))
    return note.fail(
      `the bot is not in the ${what} ${wanted}; it is in ${where}`,
      `Make the channel if it does not exist, and type /invite @spillway in it; or correct ${key}.`,
    )
  } catch (error) {
    return note.fail(
      `the ${what} ${wanted} could not be looked up: ${wordsOf(error)}`,
      'Put the scopes right first; then run doctor again.',
    )
  }
}
