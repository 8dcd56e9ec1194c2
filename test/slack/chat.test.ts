import { describe, expect, it, onTestFinished } from 'vitest'

import { OperatorError } from '../../src/domain/errors.ts'
import { ChatRefusal } from '../../src/domain/ports/chat.ts'
import { createChat } from '../../src/slack/chat.ts'
import { createClients } from '../../src/slack/clients.ts'
import { createIdentity } from '../../src/slack/identity.ts'
import { createOpsChannel } from '../../src/slack/own-channels.ts'
import { createTestClock } from '../helpers/clock.ts'
import { eventually } from '../helpers/eventually.ts'
import { createTestLog } from '../helpers/log.ts'
import { botScopes } from './fake-slack/manifest.ts'
import { startFakeSlack } from './fake-slack/server.ts'
import type { FakeSlackSetup } from './fake-slack/state.ts'

const setup: FakeSlackSetup = {
  users: [
    { id: 'U0ANA' },
    { id: 'U0BEN' },
    { id: 'U0GUEST', isGuest: true },
    { id: 'U0LEFT', isDeleted: true },
    { id: 'U0OTHER', teamId: 'T0OTHER' },
    { id: 'U0BOT', isBot: true },
  ],
  groups: { S0ONCALL: ['U0ANA'] },
  channels: [],
}

async function aChat(change: FakeSlackSetup = {}) {
  const clock = createTestClock()
  const slack = await startFakeSlack({ ...setup, now: () => clock.now().getTime(), ...change })
  onTestFinished(() => slack.close())
  const log = createTestLog()
  const clients = createClients({ config: { botToken: slack.token, apiUrl: slack.url }, log })
  const chat = createChat({
    clients,
    identity: createIdentity(clients.interactive),
    roleGroups: ['S0ONCALL', 'S0GONE'],
    roomsArePrivate: false,
    clock,
    log,
  })
  return { chat, slack, clock, log, clients }
}

const actor = (userId: string) => ({ teamId: 'T0SPILL', userId })

describe('rooms', () => {
  it('makes a room, sets it up and may be asked to do so twice', async () => {
    const { chat, slack } = await aChat()
    const room = await chat.createRoom('inc-1', false)
    await chat.invite(room.channelId, ['U0ANA', 'U0BEN'])
    await chat.invite(room.channelId, ['U0ANA', 'U0BEN'])
    await chat.setTopic(room.channelId, 'SEV2 emails pile up')
    const channel = slack.state.channels.get(room.channelId)
    channel?.messages.push({
      ts: '1.1',
      user: 'U0ANA',
      text: 'x',
      blocks: [],
      metadata: null,
      threadTs: null,
      edits: 0,
    })
    await chat.pin(room.channelId, '1.1')
    await chat.pin(room.channelId, '1.1')

    expect(channel).toMatchObject({ name: 'inc-1', topic: 'SEV2 emails pile up' })
    expect(channel?.members).toContain('U0BEN')
    expect(channel?.pins).toContain('1.1')
  })

  it('invites the others when one cannot be invited, and names that one', async () => {
    const { chat, slack } = await aChat()
    const { channelId } = await chat.createRoom('inc-1', false)
    const invited = chat.invite(channelId, ['U0LEFT', 'U0ANA'])
    await invited.catch(() => undefined)
    expect(slack.state.channels.get(channelId)?.members).toContain('U0ANA')

    await expect(chat.invite(channelId, ['U0LEFT', 'U0ANA'])).rejects.toThrow('U0LEFT')
  })

  it.each([
    ['Bad Name!', 'invalid_name_specials'],
    ['a'.repeat(81), 'invalid_name_maxlength'],
    ['taken', 'name_taken'],
  ])('passes on that Slack refuses the name %s', async (name, code) => {
    const { chat } = await aChat({ channels: [{ id: 'C0TAKEN', name: 'taken' }] })
    await expect(chat.createRoom(name, false)).rejects.toMatchObject({ name: 'ChatRefusal', code })
  })

  it('finds the room that a lost answer left behind, but never adopts somebody else’s', async () => {
    const { chat, slack, clock } = await aChat({ channels: [{ id: 'C0THEIRS', name: 'inc-2' }] })
    const before = clock.now()
    slack.failNext('conversations.create', { kind: 'cut', isCarriedOut: true })
    await expect(chat.createRoom('inc-1', false)).rejects.toThrow(OperatorError)

    expect(await chat.findOwnRoom('inc-1', before)).toMatchObject({ name: 'inc-1' })
    expect(await chat.findOwnRoom('inc-1', new Date(before.getTime() + 60_000))).toBeNull()
    expect(await chat.findOwnRoom('inc-2', new Date(0))).toBeNull()
  })

  it('names the missing scope', async () => {
    const { chat } = await aChat({ scopes: botScopes.filter((name) => name !== 'channels:manage') })
    await expect(chat.createRoom('inc-1', false)).rejects.toThrow('channels:manage')
  })
})

describe('the ops channel', () => {
  it('is found by its name once the bot is in it, and not asked for again', async () => {
    const { clients, slack } = await aChat({
      channels: [{ id: 'C0OPS', name: 'queue-ops', members: [] }],
    })
    const opsChannel = createOpsChannel(clients.background, '#queue-ops')
    expect(await opsChannel()).toBe('queue-ops')

    slack.state.channels.get('C0OPS')?.members.add(slack.state.botUserId)
    expect(await opsChannel()).toBe('C0OPS')
    const asked = slack.calls.length
    expect(await opsChannel()).toBe('C0OPS')
    expect(slack.calls).toHaveLength(asked)
  })

  it('may be private where the optional scopes are granted', async () => {
    const { clients } = await aChat({
      scopes: [...botScopes, 'groups:read'],
      channels: [{ id: 'C0OPS', name: 'queue-ops', isPrivate: true }],
    })
    expect(await createOpsChannel(clients.background, 'queue-ops')()).toBe('C0OPS')
  })

  it('is taken as it is when it is an id', async () => {
    const { clients, slack } = await aChat()
    expect(await createOpsChannel(clients.background, 'C0123456')()).toBe('C0123456')
    expect(slack.calls).toHaveLength(0)
  })
})

describe('people', () => {
  it.each([
    ['U0ANA', { isBot: false, isGuest: false, isForeign: false }],
    ['U0GUEST', { isGuest: true }],
    ['U0LEFT', { isForeign: true }],
    ['U0OTHER', { isForeign: true }],
    ['U0UNKNOWN', { isForeign: true }],
    ['U0BOT', { isBot: true }],
  ])('says what %s is', async (userId, expected) => {
    const { chat } = await aChat()
    expect(await chat.member(actor(userId))).toMatchObject(expected)
  })

  it('takes nobody of another workspace for a member, whatever the id', async () => {
    const { chat } = await aChat()
    const member = await chat.member({ teamId: 'T0OTHER', userId: 'U0ANA' })
    expect(member.isForeign).toBe(true)
  })

  it('asks Slack once for many clicks, and again after a minute', async () => {
    const { chat, slack, clock } = await aChat()
    const members = await Promise.all(Array.from({ length: 20 }, () => chat.member(actor('U0ANA'))))
    expect([...(members[0]?.groups ?? [])]).toEqual(['S0ONCALL'])
    expect(slack.callsOf('users.info')).toHaveLength(1)

    slack.state.groups.set('S0ONCALL', [])
    expect((await chat.member(actor('U0ANA'))).groups.size).toBe(1)
    clock.advance(60_000)
    expect((await chat.member(actor('U0ANA'))).groups.size).toBe(0)
  })

  it('shares a fresh ask with another one, never with what was asked before', async () => {
    const { chat, slack } = await aChat()
    await chat.member(actor('U0ANA'))
    const older = chat.member(actor('U0BEN'))
    slack.state.groups.set('S0ONCALL', ['U0BEN'])
    const fresh = await Promise.all([
      chat.member(actor('U0ANA'), { fresh: true }),
      chat.member(actor('U0ANA'), { fresh: true }),
    ])
    expect(fresh.map(({ groups }) => groups.size)).toEqual([0, 0])
    const callsFor = (user: string) =>
      slack.callsOf('users.info').filter(({ args }) => args['user'] === user)
    expect(callsFor('U0ANA')).toHaveLength(2)

    // Remembered for everybody, so whoever asks now learns of it too.
    expect((await chat.member(actor('U0ANA'))).groups.size).toBe(0)
    await Promise.all([older, chat.member(actor('U0BEN'), { fresh: true })])
    expect(callsFor('U0BEN')).toHaveLength(2)
  })

  it('asks only for the groups that matter', async () => {
    const { chat, slack } = await aChat()
    const member = await chat.member(actor('U0ANA'), { groups: ['S0ONCALL'] })
    expect([...member.groups]).toEqual(['S0ONCALL'])
    await chat.member(actor('U0BEN'), { groups: [] })
    expect(slack.callsOf('usergroups.users.list')).toHaveLength(1)
  })

  it('verifies nobody while Slack does not answer, and recovers with it', async () => {
    const { chat, slack } = await aChat()
    await chat.member(actor('U0BEN'))
    const outage = slack.outage()
    expect(await chat.member(actor('U0ANA'))).toMatchObject({
      isVerified: false,
      isForeign: false,
      problem: 'Slack does not answer',
    })
    expect(await chat.member({ teamId: 'T0OTHER', userId: 'U0ANA' })).toMatchObject({
      isVerified: true,
      isForeign: true,
    })
    outage.end()
    // Calls of the failed look-up may still be under way; they are shared until they fail, too.
    await eventually('recovered', async () => (await chat.member(actor('U0ANA'))).isVerified)
  })

  it('takes everybody for foreign as long as Slack never said whose workspace it is', async () => {
    const { chat, slack } = await aChat()
    const outage = slack.outage()
    expect(await chat.member(actor('U0ANA'))).toMatchObject({ isVerified: false, isForeign: true })
    outage.end()
  })

  it('says why when Slack refuses to tell of a person', async () => {
    const { chat } = await aChat({ scopes: botScopes.filter((name) => name !== 'users:read') })
    expect(await chat.member(actor('U0ANA'))).toMatchObject({
      isVerified: false,
      problem: expect.stringMatching(
        /^Slack refused to say who you are: missing_scope .*users:read/,
      ) as unknown,
    })
  })

  it('counts a group that Slack does not tell of as not held, and names it', async () => {
    const { chat, slack } = await aChat()
    slack.failNext('usergroups.users.list', { kind: 'status', status: 503 }, 2)
    const member = await chat.member(actor('U0ANA'))
    expect(member).toMatchObject({ isVerified: true, groups: new Set() })
    expect([...member.unknownGroups]).toEqual(['S0ONCALL', 'S0GONE'])
    const later = await chat.member(actor('U0ANA'))
    expect([later.groups, later.unknownGroups]).toEqual([new Set(['S0ONCALL']), new Set()])
  })

  it('passes on where people are to be listed that Slack does not answer', async () => {
    const { chat, slack } = await aChat()
    slack.failNext('usergroups.users.list', { kind: 'rate_limited', retryAfterS: 30 }, 2)
    await expect(chat.groupMembers('S0NEW')).rejects.toMatchObject({ code: 'slack_unreachable' })
  })

  it('tells an unknown group apart from an empty one where somebody is to be invited', async () => {
    const { chat } = await aChat()
    await expect(chat.groupMembers('S0GONE')).rejects.toThrow(ChatRefusal)
  })
})
