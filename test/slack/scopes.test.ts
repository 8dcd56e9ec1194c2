import { createEmulator, type Emulator } from 'emulate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createChat } from '../../src/slack/chat.ts'
import { createClients } from '../../src/slack/clients.ts'
import { CallFault, createOutboxCalls } from '../../src/slack/outbox-calls.ts'
import { createTestClock } from '../helpers/clock.ts'
import { createTestLog } from '../helpers/log.ts'
import { compareWithManifest } from './fake-slack/calls-file.ts'
import { botScopes, manifest } from './fake-slack/manifest.ts'
import { SCOPES } from './fake-slack/scopes.ts'

/** What the room flow needs, by the emulator's own book; the manifest's other scopes serve elsewhere. */
const ROOM_SCOPES = [
  'channels:history',
  'channels:manage',
  'chat:write',
  'pins:write',
  'users:read',
]

const without = (scope: string) => botScopes.filter((name) => name !== scope)
const tokenWithout = (scope: string) => `xoxb-without-${scope}`

let slack: Emulator
beforeAll(async () => {
  const bot = { user: 'opsbot', type: 'bot' }
  slack = await createEmulator({
    service: 'slack',
    port: 0,
    hostname: '127.0.0.1',
    seed: {
      slack: {
        users: [{ name: 'opsbot' }, { name: 'alice' }],
        tokens: [
          { ...bot, token: 'xoxb-manifest', scopes: botScopes },
          ...ROOM_SCOPES.map((scope) => ({
            ...bot,
            token: tokenWithout(scope),
            scopes: without(scope),
          })),
        ],
        strict_scopes: true,
      },
    },
  })
})
afterAll(() => slack.close())

let rooms = 0

/** Create, set up, post, edit, pin, look up: everything Slack is asked for one room. */
async function roomFlow(botToken: string): Promise<void> {
  const log = createTestLog()
  const clients = createClients({ config: { botToken, apiUrl: `${slack.url}/api/` }, log })
  const identity = async () => {
    const { team_id: teamId = '', user_id: botUserId = '' } = await clients.interactive.auth.test()
    return { teamId, teamName: '', botUserId, botId: '' }
  }
  const chat = createChat({
    clients,
    identity,
    roleGroups: [],
    roomsArePrivate: false,
    clock: createTestClock(),
    log,
  })
  const { botUserId, teamId } = await identity()
  const calls = createOutboxCalls(clients.background)
  const mark = { key: 'incident:1:headline', version: 1, hash: 'h' }

  const { problem } = await chat.member({ teamId, userId: botUserId })
  if (problem !== null) throw new Error(problem)
  const room = await chat.createRoom(`inc-${(rooms += 1)}`, false)
  await chat.setTopic(room.channelId, 'SEV2')
  const posted = await calls.post(room.channelId, { text: 'emails pile up', blocks: [] }, mark)
  await calls.update(posted, { text: 'worse', blocks: [] }, mark)
  await chat.pin(room.channelId, posted.ts)
  await calls.find(room.channelId, mark.key, new Date(0))
}

const refusalOf = (error: unknown): string =>
  error instanceof CallFault ? JSON.stringify(error.fault) : String(error)

describe('the scopes of manifest.yml', () => {
  it('are enough for everything a room needs', async () => {
    await expect(roomFlow('xoxb-manifest')).resolves.toBeUndefined()
  })

  it.each(ROOM_SCOPES)('need %s', async (scope) => {
    const refused = await roomFlow(tokenWithout(scope)).then(() => 'not refused', refusalOf)
    expect(refused).toContain('missing_scope')
    expect(refused).toContain(scope)
  })

  it('are compared with what all tests together called', () => {
    const all = Object.keys(SCOPES)
    const isMissing = (fault: string) => fault.endsWith('not in manifest.yml')
    expect(compareWithManifest(all).filter((fault) => !isMissing(fault))).toEqual([])
    expect(compareWithManifest([...all, 'team.info']).filter(isMissing)).not.toEqual([])
    expect(compareWithManifest(all.filter((method) => method !== 'pins.add'))).toContain(
      'manifest.yml asks for pins:write, but no method called needs it',
    )
  })

  it('belong to a manifest that matches what the app listens to', () => {
    expect(manifest.features.slash_commands).toEqual([
      { command: '/queue', should_escape: true },
      { command: '/incident', should_escape: true },
    ])
    expect(manifest.settings).toEqual({
      event_subscriptions: { bot_events: ['app_mention'] },
      socket_mode_enabled: true,
    })
  })
})
