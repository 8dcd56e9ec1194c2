import { createHmac } from 'node:crypto'

import type { FakeSlack } from './fake-slack/server.ts'
import { TEAM } from './fake-slack/state.ts'

export const SIGNING_SECRET = 'fake-signing-secret'

export interface Ack {
  readonly status: number
  /** What was sent back in the acknowledgement; parsed if it is JSON. */
  readonly body: unknown
  readonly ms: number
}

type Values = Readonly<Record<string, Readonly<Record<string, unknown>>>>

export interface Person {
  readonly user: string
  command(command: string, text: string, channel: string): Promise<Ack>
  /** Clicks the button with this action id in a message of the fake Slack, newest first. */
  click(actionId: string, channel: string): Promise<Ack>
  /** Chooses the option with this label from the first menu of the newest message that has one so called. */
  choose(label: string, channel: string): Promise<Ack>
  /** Clicks with a value of one's own, as a forger or a stale client would. */
  clickValue(actionId: string, value: string, channel: string): Promise<Ack>
  /** The modal this person has open. Throws if there is none. */
  modal(): { readonly id: string; readonly view: Readonly<Record<string, unknown>> }
  /** Submits it; `values` by block id and action id. An acknowledgement without errors closes or updates it. */
  submit(values?: Values): Promise<Ack>
  /** `eventId` given: the same event again, as Slack repeats it. */
  mention(text: string, channel: string, threadTs?: string, eventId?: string): Promise<Ack>
}

interface Button {
  readonly action_id: string
  readonly value: string
  readonly block_id: string
}

/** Every button or select of a list of blocks, with the block it is in. */
function buttonsOf(blocks: readonly unknown[]): readonly Button[] {
  return blocks.flatMap((block) => {
    const {
      elements = [],
      accessory,
      block_id = '',
    } = block as {
      readonly elements?: readonly Partial<Button>[]
      readonly accessory?: Partial<Button>
      readonly block_id?: string
    }
    return [...elements, ...(accessory === undefined ? [] : [accessory])].flatMap(
      ({ action_id, value = '' }) =>
        action_id === undefined ? [] : [{ action_id, value, block_id }],
    )
  })
}

interface Option {
  readonly text: { readonly text: string }
  readonly value: string
}

/** What choosing from an overflow menu sends, for the first option of this label; undefined if there is none. */
function choiceOf(blocks: readonly unknown[], label: string) {
  for (const block of blocks) {
    const { elements = [], block_id = '' } = block as {
      readonly elements?: readonly {
        readonly action_id?: string
        readonly options?: readonly Option[]
      }[]
      readonly block_id?: string
    }
    for (const { action_id, options = [] } of elements) {
      const selected = options.find(({ text }) => text.text === label)
      if (selected !== undefined)
        return { type: 'overflow', action_id, block_id, selected_option: selected }
    }
  }
  return undefined
}

/** One person with a Slack client: signed requests into the real Bolt app, answers through the fake Slack. */
export function createPerson(slack: FakeSlack, appUrl: string, user: string): Person {
  const send = (body: string, type: string) => post(appUrl, body, type)
  const form = (fields: Readonly<Record<string, string>>) =>
    send(new URLSearchParams(fields).toString(), 'application/x-www-form-urlencoded')
  const payload = (value: object) => form({ payload: JSON.stringify(value) })
  const who = { user: { id: user, team_id: TEAM, username: user }, team: { id: TEAM, domain: 'x' } }

  const act = (action: object, channel: string, ts: string) =>
    payload({
      type: 'block_actions',
      ...who,
      api_app_id: 'A0SPILL',
      trigger_id: slack.trigger(user),
      response_url: slack.responseUrl(user, channel),
      channel: { id: channel, name: channel },
      container: { type: 'message', message_ts: ts, channel_id: channel },
      message: { ts, text: '', type: 'message' },
      actions: [{ type: 'button', action_ts: ts, ...action }],
    })

  const modal = () => {
    const open = [...slack.state.views.values()].findLast((one) => one.user === user && one.isOpen)
    if (open === undefined) throw new Error(`${user} has no modal open`)
    return open
  }

  return {
    user,
    command: (command, text, channel) =>
      form({
        command,
        text,
        team_id: TEAM,
        channel_id: channel,
        channel_name: slack.state.channels.get(channel)?.name ?? '',
        user_id: user,
        user_name: user,
        api_app_id: 'A0SPILL',
        trigger_id: slack.trigger(user),
        response_url: slack.responseUrl(user, channel),
      }),
    click: (actionId, channel) => {
      for (const message of slack.seenBy(user, channel).toReversed()) {
        const button = buttonsOf(message.blocks).find((one) => one.action_id === actionId)
        if (button !== undefined) return act(button, channel, 'ts' in message ? message.ts : '0.0')
      }
      throw new Error(`${user} sees no button ${actionId} in ${channel}`)
    },
    choose: (label, channel) => {
      for (const message of slack.seenBy(user, channel).toReversed()) {
        const choice = choiceOf(message.blocks, label)
        if (choice !== undefined) return act(choice, channel, 'ts' in message ? message.ts : '0.0')
      }
      throw new Error(`${user} sees no ${label} in a menu in ${channel}`)
    },
    clickValue: (actionId, value, channel) =>
      act({ action_id: actionId, value, block_id: 'forged' }, channel, '0.0'),
    modal,
    submit: async (values = {}) => {
      const open = modal()
      const ack = await payload({
        type: 'view_submission',
        ...who,
        api_app_id: 'A0SPILL',
        trigger_id: slack.trigger(user),
        view: { ...open.view, id: open.id, hash: open.hash, team_id: TEAM, state: { values } },
        response_urls: [],
      })
      applyAck(open, ack.body)
      return ack
    },
    mention: (text, channel, threadTs, eventId = `Ev${slack.state.serial()}`) =>
      send(
        JSON.stringify({
          type: 'event_callback',
          team_id: TEAM,
          api_app_id: 'A0SPILL',
          event_id: eventId,
          event_time: 1,
          event: {
            type: 'app_mention',
            user,
            text: `<@${slack.state.botUserId}> ${text}`,
            ts: slack.state.ts(),
            channel,
            event_ts: '1.1',
            ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
          },
        }),
        'application/json',
      ),
  }
}

/** What the client does with the answer to a submission. */
function applyAck(
  open: { isOpen: boolean; view: Readonly<Record<string, unknown>> },
  body: unknown,
): void {
  const answer = (typeof body === 'object' && body !== null ? body : {}) as {
    readonly response_action?: string
    readonly view?: Readonly<Record<string, unknown>>
  }
  if (answer.response_action === 'errors') return
  if (answer.response_action === 'update' && answer.view !== undefined) open.view = answer.view
  else open.isOpen = false
}

/** A request as Slack signs it; `secret` and `at` (seconds) may be wrong on purpose. */
export async function post(
  appUrl: string,
  body: string,
  contentType: string,
  { secret = SIGNING_SECRET, at = Math.floor(Date.now() / 1000) } = {},
): Promise<Ack> {
  const signature = createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')
  const startedAt = performance.now()
  const response = await fetch(`${appUrl}/slack/events`, {
    method: 'POST',
    body,
    headers: {
      'content-type': contentType,
      'x-slack-request-timestamp': String(at),
      'x-slack-signature': `v0=${signature}`,
    },
  })
  const text = await response.text()
  const ms = performance.now() - startedAt
  const isJson = response.headers.get('content-type')?.includes('json') === true
  const parsed: unknown = isJson && text !== '' ? JSON.parse(text) : text
  return { status: response.status, body: parsed, ms }
}
