import { afterAll, beforeAll } from 'vitest'

import type { MessageContent, MessageTarget, WantedMessage } from '../../src/domain/message.ts'
import type { Messages } from '../../src/domain/ports/store.ts'
import { createClients } from '../../src/slack/clients.ts'
import { createDelivery, type DeliveryDeps } from '../../src/slack/delivery.ts'
import { createStore } from '../../src/store/store.ts'
import { createTestClock } from '../helpers/clock.ts'
import { createTestLog } from '../helpers/log.ts'
import { freshDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { startFakeSlack, type FakeSlack } from './fake-slack/server.ts'

const ROOM = 'C0ROOM7'

const section = (text: string) => [
  { type: 'section' as const, text: { type: 'mrkdwn' as const, text } },
]

/** Lines render to their words; the headline to whatever the test says is the truth. */
const textOf = (content: MessageContent, headline: string): string =>
  content.kind === 'line' ? content.line.words : headline

export const line = (key: string, words: string): WantedMessage => ({
  key,
  target: { kind: 'room', incidentId: 7 },
  content: { kind: 'line', line: { icon: 'info', words, mention: [] } },
  priority: 2,
})

export const headline: WantedMessage = {
  key: 'incident:7:headline',
  target: { kind: 'room', incidentId: 7 },
  content: { kind: 'headline', incidentId: 7 },
  priority: 0,
}

/** A room in a fake Slack, a real outbox, and a delivery between them. Call it inside `describe` or at the top. */
export function useOutbox() {
  let database: TestDatabase
  beforeAll(async () => {
    database = await freshDatabase()
  })
  afterAll(() => database.drop())

  return async (overrides: Partial<DeliveryDeps> & { readonly apiUrl?: string } = {}) => {
    const clock = createTestClock()
    const log = createTestLog()
    const slack = await startFakeSlack({
      now: () => clock.now().getTime(),
      channels: [
        { id: ROOM, name: 'inc-7' },
        { id: 'C0OPS', name: 'queue-ops' },
      ],
    })
    const store = createStore(database.openAppPool(), 'test')
    const { messages } = store.now
    const truth = { headline: 'emails pile up' }
    const newDelivery = (given: Partial<DeliveryDeps> = {}) =>
      createDelivery({
        messages,
        client: clientOf(slack, overrides.apiUrl ?? slack.url),
        compose: (content) => {
          const text = textOf(content, truth.headline)
          return Promise.resolve({ text, blocks: section(text) })
        },
        resolveChannel: (target: MessageTarget) =>
          Promise.resolve(target.kind === 'ops' ? 'C0OPS' : ROOM),
        correlationOf: () => Promise.resolve(null),
        clock,
        log,
        ...overrides,
        ...given,
      })
    await clear(messages)
    return { clock, log, slack, messages, truth, newDelivery, delivery: newDelivery() }
  }

  async function clear(messages: Messages): Promise<void> {
    const pool = database.openAppPool({ max: 1 })
    await pool.query('delete from message')
    await pool.end()
    if ((await messages.depth()) !== 0) throw new Error('the outbox is not empty')
  }
}

const clientOf = (slack: FakeSlack, apiUrl: string) =>
  createClients({ config: { botToken: slack.token, apiUrl }, log: createTestLog() }).background

/** The texts of the room, in order. */
export const textsIn = (slack: FakeSlack, channel = ROOM): readonly string[] =>
  slack.state.channels.get(channel)?.messages.map((message) => message.text) ?? []

/** Runs a delivery until the channel is drained, moving the clock to each time it asks for. */
export async function drain(
  world: Awaited<ReturnType<ReturnType<typeof useOutbox>>>,
  channel = 'room:7',
): Promise<number> {
  const from = world.clock.now().getTime()
  for (let round = 0; round < 200; round += 1) {
    const comeBack = await world.delivery.deliverChannel(channel)
    if (comeBack === null) return world.clock.now().getTime() - from
    if (comeBack > world.clock.now()) world.clock.set(comeBack)
  }
  throw new Error('the channel was not drained after 200 rounds')
}
