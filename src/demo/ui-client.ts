import { setTimeout as delay } from 'node:timers/promises'

import { createPage, readFrame, type Page } from './ui/page.ts'
import {
  findElement,
  offerOf,
  wordsOf,
  type UiChannel,
  type UiMessage,
  type UiView,
} from './ui/shapes.ts'
import { openWebSocket } from './web-socket.ts'

/** What a person fills in, by `action_id`: free text, or the value of an option. */
type ModalValues = Readonly<Record<string, string>>

/** One person in front of the local Slack's page. Waits throw after their time and say what they waited for. */
export interface UiClient {
  /** As typed in the channel; resolves when the bot has acknowledged it. */
  runCommand(channel: string, command: string, text: string): Promise<void>
  /** Waits for a direct message to this person. */
  waitForDirectMessage(isIt: (message: UiMessage) => boolean, what: string): Promise<UiMessage>
  /** A message; one that mentions the bot reaches it as `app_mention`. */
  say(channel: string, text: string, threadTs?: string): Promise<void>
  /** Clicks the button with this `action_id`; throws if the message has none. */
  clickButton(message: UiMessage, actionId: string): Promise<void>
  /** Clicks the first button of this label, or chooses it from a menu; throws if the message has neither. */
  clickLabel(message: UiMessage, label: string): Promise<void>
  /** Submits the open modal; resolves once it changed or closed. What Slack shows at its fields is thrown. */
  submitModal(values: ModalValues): Promise<void>
  openModal(): UiView | null
  waitForModal(isIt: (view: UiView) => boolean, what: string): Promise<UiView>
  channels(): readonly UiChannel[]
  waitForChannel(isIt: (channel: UiChannel) => boolean, what: string): Promise<UiChannel>
  /** In the order of posting, without what only others may see. */
  messages(channel: string): readonly UiMessage[]
  waitForMessage(
    channel: string,
    isIt: (message: UiMessage) => boolean,
    what: string,
  ): Promise<UiMessage>
  close(): void
}

export interface UiOptions {
  /** Of the shim. */
  readonly url: string
  /** Whom the page acts as. */
  readonly user: string
  /** How long a person waits for something to appear; 20 s if absent. */
  readonly patienceMs?: number
}

const GLANCE_MS = 25

/** Opens the page as `user`; resolves once its first state is there. */
export async function openUi(options: UiOptions): Promise<UiClient> {
  const page = createPage()
  const socket = await openWebSocket(`${options.url.replace(/^http/, 'ws')}/ui`, (text) =>
    readFrame(page, text),
  )
  const until = watcher(options.patienceMs ?? 20_000)
  await until('the page of the local Slack', () => (page.isReady ? true : null))
  return createUi(options, page, until, socket)
}

function createUi(
  { url, user }: UiOptions,
  page: Page,
  until: Until,
  socket: { send(text: string): void; close(): void },
): UiClient {
  const isVisible = ({ ephemeral_to: only }: UiMessage) => only === undefined || only === user
  const messages = (channel: string) => (page.messages.get(channel) ?? []).filter(isVisible)
  const isOwn = ({ owner }: UiView) => owner === undefined || owner === user
  const top = () => page.stack.findLast(isOwn) ?? null
  const control = (path: string, body: object) => postControl(url, path, { user, ...body })
  return {
    runCommand: (channel, command, text) => control('command', { channel, command, text }),
    say: (channel, text, threadTs) => control('message', { channel, text, thread_ts: threadTs }),
    clickButton: (message, actionId) =>
      control('interact', {
        channel: message.channel,
        messageTs: message.ts,
        action: clickOn(message, actionId),
      }),
    clickLabel: (message, label) =>
      control('interact', {
        channel: message.channel,
        messageTs: message.ts,
        action: choiceOf(message, label),
      }),
    async submitModal(values) {
      const view = top()
      if (view === null) throw new Error('There is no open modal to submit.')
      page.errors = null
      socket.send(JSON.stringify({ t: 'view_submit', user, values: stateOf(view, values) }))
      await until('an answer to the modal', () =>
        top() === view && page.errors === null ? null : 1,
      )
      if (page.errors !== null)
        throw new Error(`The modal was refused: ${Object.values(page.errors).join(' ')}`)
    },
    openModal: top,
    waitForModal: (isIt, what) => until(what, () => firstOf([top()], isIt)),
    channels: () => page.channels,
    waitForChannel: (isIt, what) => until(what, () => firstOf(page.channels, isIt)),
    messages,
    async waitForDirectMessage(isIt, what) {
      const isOwnChannel = ({ is_im: isDirect, members }: UiChannel) =>
        isDirect && members.includes(user)
      const ids = () => page.channels.filter(isOwnChannel).map(({ id }) => id)
      return until(what, () => firstOf(ids().flatMap(messages).toReversed(), isIt))
    },
    waitForMessage: (channel, isIt, what) =>
      until(
        what,
        () => firstOf(messages(channel).toReversed(), isIt),
        () => tail(messages(channel)),
      ),
    close: () => socket.close(),
  }
}

const firstOf = <T>(items: readonly (T | null)[], isIt: (item: T) => boolean): T | null =>
  items.find((item) => item !== null && isIt(item)) ?? null

const tail = (messages: readonly UiMessage[]): string =>
  messages
    .slice(-3)
    .map((message) => `  ${wordsOf(message).replaceAll('\n', ' · ').slice(0, 300)}`)
    .join('\n')

function choiceOf(message: UiMessage, label: string): object {
  const choice = offerOf(message, label)
  if (choice !== null) return choice
  throw new Error(`The message does not offer ${label}. It says: ${wordsOf(message)}`)
}

function clickOn(message: UiMessage, actionId: string): object {
  const found = findElement(message, actionId)
  if (found === null)
    throw new Error(`The message has no button ${actionId}. It says: ${wordsOf(message)}`)
  const { element, blockId } = found
  const { type, value, text } = element
  return { type, action_id: actionId, block_id: blockId, value, text }
}

/** The values as Slack nests them: by block, then by action. */
function stateOf(view: UiView, values: ModalValues): object {
  const inputs = view.blocks.flatMap(({ block_id: blockId, element }) => {
    const actionId = element?.action_id
    const value = actionId === undefined ? undefined : values[actionId]
    if (element === undefined || actionId === undefined || value === undefined) return []
    const option = element.options?.find((candidate) => candidate.value === value)
    const filled =
      option === undefined
        ? { type: element.type, value }
        : { type: element.type, selected_option: option }
    return [[blockId ?? 'undefined', { [actionId]: filled }]]
  })
  return Object.fromEntries(inputs)
}

async function postControl(url: string, path: string, body: object): Promise<void> {
  const answer = await fetch(`${url}/_control/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`The local Slack refused ${path}: ${await answer.text()}`)
  await answer.arrayBuffer()
}

type Until = <T>(what: string, look: () => T | null, context?: () => string) => Promise<T>

const watcher =
  (patienceMs: number): Until =>
  async (what, look, context) => {
    const deadline = performance.now() + patienceMs
    while (performance.now() < deadline) {
      const seen = look()
      if (seen !== null) return seen
      await delay(GLANCE_MS)
    }
    const seen = context?.() ?? ''
    throw new Error(
      `Waited ${patienceMs / 1000} s for ${what}.${seen === '' ? '' : ` The last messages:\n${seen}`}`,
    )
  }
