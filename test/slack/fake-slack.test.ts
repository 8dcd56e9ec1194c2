import { WebClient, WebAPIPlatformError } from '@slack/web-api'
import { describe, expect, it, onTestFinished } from 'vitest'

import { createTestClock } from '../helpers/clock.ts'
import { faultsInBlocks, faultsInView } from './fake-slack/limits.ts'
import { startFakeSlack } from './fake-slack/server.ts'
import type { FakeSlackSetup } from './fake-slack/state.ts'

async function aSlack(setup: FakeSlackSetup = {}) {
  const clock = createTestClock()
  const slack = await startFakeSlack({
    users: [{ id: 'U0ANA' }, { id: 'U0BEN' }],
    channels: [{ id: 'C0ROOM', name: 'room', members: ['U0SPILLWAY', 'U0ANA'] }],
    now: () => clock.now().getTime(),
    ...setup,
  })
  onTestFinished(() => slack.close())
  const client = new WebClient(slack.token, {
    slackApiUrl: slack.url,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  })
  return { slack, client, clock }
}

const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'ok',
    (error: unknown) => (error instanceof WebAPIPlatformError ? error.data.error : String(error)),
  )

const title = { type: 'plain_text' as const, text: 'Pause' }
const modal = (blocks: readonly object[] = [{ type: 'divider' }]) => ({
  type: 'modal' as const,
  title,
  blocks: blocks as [],
})

describe('the fake Slack', () => {
  it('lets a trigger open one modal within 3 s', async () => {
    const { slack, client, clock } = await aSlack()
    const open = (trigger: string) =>
      codeOf(client.views.open({ trigger_id: trigger, view: modal() }))
    const trigger = slack.trigger('U0ANA')
    expect(await open(trigger)).toBe('ok')
    expect(await open(trigger)).toBe('exchanged_trigger_id')
    const late = slack.trigger('U0ANA')
    clock.advance(3001)
    expect(await open(late)).toBe('expired_trigger_id')
    expect(await open('made up')).toBe('invalid_trigger_id')
  })

  it('lets a response_url be used five times within 30 minutes', async () => {
    const { slack, clock } = await aSlack()
    const say = (url: string) =>
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"text":"x"}',
      }).then((response) => response.status)
    const url = slack.responseUrl('U0ANA', 'C0ROOM')
    for (let use = 0; use < 5; use += 1) expect(await say(url)).toBe(200)
    expect(await say(url)).toBe(404)
    const late = slack.responseUrl('U0ANA', 'C0ROOM')
    clock.advance(30 * 60_000 + 1)
    expect(await say(late)).toBe(404)
  })

  it('shows an ephemeral to one person, who must be in the channel', async () => {
    const { slack, client } = await aSlack()
    const tell = (user: string) =>
      codeOf(client.chat.postEphemeral({ channel: 'C0ROOM', user, text: 'psst' }))
    expect(await tell('U0ANA')).toBe('ok')
    expect(await tell('U0BEN')).toBe('user_not_in_channel')
    expect(slack.seenBy('U0ANA', 'C0ROOM')).toHaveLength(1)
    expect(slack.seenBy('U0SPILLWAY', 'C0ROOM')).toHaveLength(0)
  })

  it('knows the errors of editing, topics and membership', async () => {
    const { slack, client } = await aSlack()
    const edit = (ts: string, text: string) =>
      codeOf(client.chat.update({ channel: 'C0ROOM', ts, text }))
    const { ts = '' } = await client.chat.postMessage({ channel: '#room', text: 'x' })
    expect(await edit('1.1', 'y')).toBe('message_not_found')
    expect(await edit(ts, 'y'.repeat(4001))).toBe('msg_too_long')
    const topic = client.conversations.setTopic({ channel: 'C0ROOM', topic: 'y'.repeat(251) })
    expect(await codeOf(topic)).toBe('too_long')
    slack.state.channels.get('C0ROOM')?.members.delete('U0SPILLWAY')
    expect(await codeOf(client.conversations.history({ channel: 'C0ROOM' }))).toBe('not_in_channel')
    expect(await codeOf(client.chat.postMessage({ channel: 'C0NONE', text: 'x' }))).toBe(
      'channel_not_found',
    )
  })

  it('returns metadata only when asked, and pages through history', async () => {
    const { client } = await aSlack()
    for (const key of ['a', 'b', 'c']) {
      const metadata = { event_type: 'spillway_message', event_payload: { key } }
      await client.chat.postMessage({ channel: 'C0ROOM', text: key, metadata })
    }
    const bare = await client.conversations.history({ channel: 'C0ROOM' })
    expect(bare.messages?.[0]).not.toHaveProperty('metadata')
    const first = await client.conversations.history({
      channel: 'C0ROOM',
      limit: 2,
      include_all_metadata: true,
    })
    expect(first.messages?.map(({ text }) => text)).toEqual(['c', 'b'])
    expect(first.messages?.[0]).toMatchObject({ metadata: { event_payload: { key: 'c' } } })
    const cursor = first.response_metadata?.next_cursor ?? ''
    const rest = await client.conversations.history({ channel: 'C0ROOM', cursor })
    expect(rest.messages?.map(({ text }) => text)).toEqual(['a'])
  })

  it('limits a method to its budget', async () => {
    const { slack, client, clock } = await aSlack()
    slack.limit('auth.test', 2)
    const ask = () => codeOf(client.auth.test())
    expect([await ask(), await ask()]).toEqual(['ok', 'ok'])
    expect(await ask()).toContain('60 seconds')
    clock.advance(60_000)
    expect(await ask()).toBe('ok')
  })
})

const text = (length: number, type = 'mrkdwn') => ({ type, text: 'x'.repeat(length) })
const section = (length: number) => ({ type: 'section', text: text(length) })
const times = <T>(count: number, item: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => item(index))
const button = (more: object = {}) => ({
  type: 'button',
  text: text(5, 'plain_text'),
  ...more,
})
const actions = (...elements: object[]) => ({ type: 'actions', elements })
const options = (count: number) =>
  times(count, (index) => ({ text: text(5, 'plain_text'), value: String(index) }))

describe('its Block Kit limits', () => {
  it.each([
    ['50 blocks', times(50, () => section(1))],
    ['a section of 3,000', [section(3000)]],
    ['10 fields of 2,000', [{ type: 'section', fields: times(10, () => text(2000)) }]],
    ['a header of 150', [{ type: 'header', text: text(150, 'plain_text') }]],
    ['a button with a value of 2,000', [actions(button({ value: 'x'.repeat(2000) }))]],
    ['an overflow of 5', [actions({ type: 'overflow', options: options(5) })]],
  ])('take %s', (_, blocks) => {
    expect(faultsInBlocks(blocks)).toEqual([])
  })

  it.each([
    ['51 blocks', times(51, () => section(1)), '/blocks'],
    ['an empty section', [section(0)], '/blocks/0/text/text'],
    ['a section of 3,001', [section(3001)], '/blocks/0/text/text'],
    ['11 fields', [{ type: 'section', fields: times(11, () => text(1)) }], '/blocks/0/fields'],
    ['a field of 2,001', [{ type: 'section', fields: [text(2001)] }], '/blocks/0/fields/0/text'],
    ['a header of 151', [{ type: 'header', text: text(151, 'plain_text') }], '/blocks/0/text/text'],
    ['a header in mrkdwn', [{ type: 'header', text: text(1) }], '/blocks/0/text/type'],
    [
      '11 in a context',
      [{ type: 'context', elements: times(11, () => text(1)) }],
      '/blocks/0/elements',
    ],
    ['26 actions', [actions(...times(26, () => button()))], '/blocks/0/elements'],
    [
      'a button of 76',
      [actions(button({ text: text(76, 'plain_text') }))],
      '/elements/0/text/text',
    ],
    ['a value of 2,001', [actions(button({ value: 'x'.repeat(2001) }))], '/elements/0/value'],
    ['an action_id of 256', [actions(button({ action_id: 'x'.repeat(256) }))], '/action_id'],
    [
      'the same action_id twice',
      [actions(button({ action_id: 'a' }), button({ action_id: 'a' }))],
      '/elements',
    ],
    ['the same block_id twice', times(2, () => ({ ...section(1), block_id: 'b' })), '/blocks'],
    ['an overflow of 6', [actions({ type: 'overflow', options: options(6) })], '/options'],
    ['an unknown block', [{ type: 'chart' }], '/blocks/0/type'],
  ])('refuse %s', (_, blocks, pointer) => {
    expect(faultsInBlocks(blocks).join()).toContain(pointer)
  })

  it.each([
    ['a title of 25', { ...modal(), title: text(25, 'plain_text') }, '/title'],
    ['101 blocks', modal(times(101, () => section(1))), '/blocks'],
    [
      'private metadata of 3,001',
      { ...modal(), private_metadata: 'x'.repeat(3001) },
      '/private_metadata',
    ],
    [
      'a confirm inside a modal',
      modal([
        actions(
          button({
            confirm: {
              title: text(5, 'plain_text'),
              text: text(5),
              confirm: text(2, 'plain_text'),
              deny: text(2, 'plain_text'),
            },
          }),
        ),
      ]),
      '/confirm',
    ],
    [
      'an input without a submit button',
      modal([
        { type: 'input', label: text(5, 'plain_text'), element: { type: 'plain_text_input' } },
      ]),
      '/submit',
    ],
  ])('refuse a view with %s', (_, view, pointer) => {
    expect(faultsInView(view).join()).toContain(pointer)
  })
})
