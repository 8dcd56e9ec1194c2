import { App } from '@slack/bolt'
import { WebClient } from '@slack/web-api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { startLocalSlack, type LocalSlack } from '../../src/demo/local-slack.ts'
import { CORRECTIONS } from '../../src/demo/shim/page.ts'
import { startSlackShim, type SlackShim } from '../../src/demo/slack-shim.ts'
import { openUi, type UiClient } from '../../src/demo/ui-client.ts'
import { wordsOf } from '../../src/demo/ui/shapes.ts'
import {
  APP_TOKEN,
  BOT_TOKEN,
  LEAD,
  ON_CALL_GROUP,
  OPERATOR,
  OPS_CHANNEL,
} from '../../src/demo/workspace.ts'
import { postFile } from '../../src/slack/files.ts'

/** The smallest bot that uses what Spillway uses: a command, a button, a modal. */
function createBot(url: string): App {
  const app = new App({
    token: BOT_TOKEN,
    appToken: APP_TOKEN,
    socketMode: true,
    clientOptions: { slackApiUrl: `${url}/api/` },
  })
  app.command('/queue', async ({ ack, command, respond }) => {
    await ack()
    const button = {
      type: 'button' as const,
      action_id: 'pause',
      value: 'opaque',
      text: { type: 'plain_text' as const, text: 'Pause' },
    }
    await respond({
      response_type: command.text === 'quietly' ? 'ephemeral' : 'in_channel',
      text: `you said ${command.text}`,
      blocks: [
        { type: 'section', text: { type: 'mrkdwn', text: `you said ${command.text}` } },
        { type: 'actions', block_id: 'acts', elements: [button] },
      ],
    })
  })
  app.action('pause', async ({ ack, body, client }) => {
    await ack()
    if (body.type !== 'block_actions') return
    await client.views.open({
      trigger_id: body.trigger_id,
      view: {
        type: 'modal',
        callback_id: 'plan',
        title: { type: 'plain_text', text: 'Pause' },
        submit: { type: 'plain_text', text: 'Pause' },
        blocks: [
          {
            type: 'input',
            block_id: 'why',
            label: { type: 'plain_text', text: 'Reason' },
            element: { type: 'plain_text_input', action_id: 'reason' },
          },
        ],
      },
    })
  })
  app.view('plan', async ({ ack, view, body, client }) => {
    const reason = view.state.values['why']?.['reason']?.value ?? ''
    if (reason === '') {
      await ack({ response_action: 'errors', errors: { why: 'A reason is needed.' } })
      return
    }
    await ack()
    await client.chat.postMessage({
      channel: OPS_CHANNEL.id,
      text: `<@${body.user.id}> paused it: ${reason}`,
    })
  })
  return app
}

let slack: LocalSlack
let shim: SlackShim
let bot: App
let ana: UiClient
let client: WebClient

beforeAll(async () => {
  slack = await startLocalSlack()
  shim = await startSlackShim({ slack, port: 0, scopes: ['chat:write', 'commands'] })
  bot = createBot(shim.url)
  await bot.start()
  ana = await openUi({ url: shim.url, user: OPERATOR.id })
  client = new WebClient(BOT_TOKEN, {
    slackApiUrl: `${shim.url}/api/`,
    retryConfig: { retries: 0 },
  })
})

afterAll(async () => {
  ana?.close()
  await bot?.stop()
  await shim?.stop()
  await slack?.stop()
})

describe('a person at the page', () => {
  it('types a command, clicks, is refused without a reason, gives one', async () => {
    await ana.runCommand(OPS_CHANNEL.id, '/queue', 'pause it')
    const answer = await ana.waitForMessage(
      OPS_CHANNEL.id,
      (message) => wordsOf(message).includes('you said pause it'),
      'the answer to the command',
    )
    await ana.clickButton(answer, 'pause')
    await ana.waitForModal((view) => wordsOf(view).includes('Reason'), 'the modal')
    await expect(ana.submitModal({})).rejects.toThrow('A reason is needed.')
    await ana.submitModal({ reason: 'provider down' })
    expect(ana.openModal()).toBeNull()
    await ana.waitForMessage(
      OPS_CHANNEL.id,
      (message) => message.text === `<@${OPERATOR.id}> paused it: provider down`,
      'the outcome',
    )
  })

  it('sees no answer that only somebody else may see', async () => {
    const bruno = await openUi({ url: shim.url, user: LEAD.id })
    await ana.runCommand(OPS_CHANNEL.id, '/queue', 'quietly')
    const isQuiet = (words: string) => words.includes('you said quietly')
    await ana.waitForMessage(OPS_CHANNEL.id, (m) => isQuiet(wordsOf(m)), 'the quiet answer')
    expect(bruno.messages(OPS_CHANNEL.id).some((m) => isQuiet(wordsOf(m)))).toBe(false)
    bruno.close()
    const { messages = [] } = await client.conversations.history({ channel: OPS_CHANNEL.id })
    expect(messages.some(({ text }) => isQuiet(text ?? ''))).toBe(false)
  })

  it('gets direct messages, which nobody else does', async () => {
    const bruno = await openUi({ url: shim.url, user: LEAD.id })
    const hasty = await openUi({ url: shim.url, user: OPERATOR.id, patienceMs: 50 })
    await client.chat.postMessage({ channel: LEAD.id, text: 'please judge this' })
    const isIt = ({ text }: { text: string }) => text === 'please judge this'
    await bruno.waitForDirectMessage(isIt, 'the message to Bruno')
    await expect(hasty.waitForDirectMessage(isIt, 'it')).rejects.toThrow('Waited 0.05 s for it.')
    bruno.close()
    hasty.close()
  })

  it('is told what was not there when a wait is over', async () => {
    const hasty = await openUi({ url: shim.url, user: LEAD.id, patienceMs: 50 })
    await expect(hasty.waitForMessage(OPS_CHANNEL.id, () => false, 'a miracle')).rejects.toThrow(
      'Waited 0.05 s for a miracle.',
    )
    hasty.close()
  })
})

describe('the Web API through the shim', () => {
  const refusal = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'ok',
      (error: Error & { data?: { error?: string } }) => error.data?.error ?? error.message,
    )

  it('opens a room as Slack would: name rules, invitation, topic, pin', async () => {
    expect(await refusal(client.conversations.create({ name: 'Bad Name!' }))).toBe(
      'invalid_name_specials',
    )
    const { channel } = await client.conversations.create({ name: 'inc-1', is_private: false })
    const id = channel?.id ?? ''
    expect(channel?.is_private).toBe(false)
    expect(await refusal(client.conversations.create({ name: 'inc-1' }))).toBe('name_taken')
    const invite = () => client.conversations.invite({ channel: id, users: OPERATOR.id })
    expect(await refusal(invite())).toBe('ok')
    expect(await refusal(invite())).toBe('already_in_channel')
    await client.conversations.setTopic({ channel: id, topic: 'whatsapp is slow' })
    const info = await client.conversations.info({ channel: id })
    expect(info.channel?.topic?.value).toBe('whatsapp is slow')
    const { ts = '' } = await client.chat.postMessage({ channel: id, text: 'headline' })
    const pin = () => client.pins.add({ channel: id, timestamp: ts })
    expect(await refusal(pin())).toBe('ok')
    expect(await refusal(pin())).toBe('already_pinned')
  })

  it('keeps the metadata of a message, so that an unanswered post can be found again', async () => {
    const metadata = { event_type: 'spillway_message', event_payload: { key: 'headline:7' } }
    const { ts } = await client.chat.postMessage({
      channel: OPS_CHANNEL.id,
      text: 'with metadata',
      metadata,
    })
    const { messages = [] } = await client.conversations.history({
      channel: OPS_CHANNEL.id,
      include_all_metadata: true,
    })
    expect(messages.find((message) => message.ts === ts)?.metadata).toEqual(metadata)
  })

  it('keeps it in threads, too, and takes files into them', async () => {
    const { ts = '' } = await client.chat.postMessage({ channel: OPS_CHANNEL.id, text: 'card' })
    const thread = { channel: OPS_CHANNEL.id, thread_ts: ts }
    const metadata = { event_type: 'spillway_message', event_payload: { key: 'details' } }
    await client.chat.postMessage({ ...thread, text: 'details', metadata })
    const file = { name: 'plan-42.csv', title: 'Outcomes', content: Buffer.from('job\r\nä\r\n') }
    await postFile(client, file, { channelId: OPS_CHANNEL.id, threadTs: ts })
    const query = { channel: OPS_CHANNEL.id, ts, include_all_metadata: true }
    const { messages = [] } = await client.conversations.replies(query)
    const [, details, shared] = messages
    expect(details?.metadata).toEqual(metadata)
    const [posted] = shared?.files ?? []
    expect(posted).toMatchObject({ name: 'plan-42.csv', title: 'Outcomes', size: 9 })
    const headers = { authorization: `Bearer ${BOT_TOKEN}` }
    const bytes = await fetch(posted?.url_private ?? '', { headers })
    expect(await bytes.text()).toBe('job\r\nä\r\n')
  })

  it('knows scopes, people and the on-call group', async () => {
    const answer = await fetch(`${shim.url}/api/auth.test`, { method: 'POST' })
    expect(answer.headers.get('x-oauth-scopes')).toBe('chat:write,commands')
    const { user } = await client.users.info({ user: OPERATOR.id })
    expect(user).toMatchObject({ is_bot: false, is_restricted: false })
    const { users } = await client.usergroups.users.list({ usergroup: ON_CALL_GROUP.id })
    expect(users).toEqual(ON_CALL_GROUP.users)
  })
})

describe('a machine that allows no network namespace', () => {
  it('gets the local Slack all the same, and is told that it is open', async () => {
    const open = await startLocalSlack(null)
    expect(open.isPrivate).toBe(false)
    const answer = await fetch(`${open.ownUrl}/_control/state`)
    expect(answer.ok).toBe(true)
    await open.stop()
    await expect(fetch(`${open.ownUrl}/_control/state`)).rejects.toThrow('fetch failed')
  })
})

describe('the page', () => {
  it('is served with every correction applied', async () => {
    const html = await (await fetch(shim.url)).text()
    for (const [, to] of CORRECTIONS) expect(html).toContain(to)
  })

  it('hears of topics and pins that the local Slack does not keep', async () => {
    const { openWebSocket } = await import('../../src/demo/web-socket.ts')
    const frames: string[] = []
    const socket = await openWebSocket(`${shim.url.replace('http', 'ws')}/ui`, (text) => {
      frames.push(text)
    })
    await expect.poll(() => frames.some((frame) => frame.includes(OPS_CHANNEL.topic))).toBe(true)
    socket.close()
  })
})
