import { describe, expect, it } from 'vitest'

import { OperatorError } from '../../src/domain/errors.ts'
import { drain, headline, line, textsIn, useOutbox } from './outbox.ts'

const outbox = useOutbox()

describe('delivery on bad days', () => {
  it('does not post twice when the answer to a post was lost', async () => {
    const world = await outbox()
    world.slack.failNext('chat.postMessage', { kind: 'cut', isCarriedOut: true })
    await world.messages.put(headline)
    await world.messages.put(line('l1', 'first'))
    await drain(world)

    expect(textsIn(world.slack)).toEqual(['emails pile up', 'first'])
    expect(world.slack.callsOf('conversations.history')).toHaveLength(1)
    expect(world.slack.callsOf('chat.update')).toHaveLength(0)
  })

  it('sends to a person again what was on its way at a kill, for nobody can look there', async () => {
    const world = await outbox()
    const delivery = world.newDelivery({ resolveChannel: () => Promise.resolve('U0BEN') })
    const ben = { id: 'U0BEN', name: 'ben', teamId: 'T', isBot: false, isGuest: false }
    world.slack.state.users.set('U0BEN', { ...ben, isDeleted: false })
    const card = {
      ...line('card', 'approve?'),
      target: { kind: 'person', userId: 'U0BEN' },
    } as const
    await world.messages.put(card)
    const message = await world.messages.next('person:U0BEN', world.clock.now())
    if (message === null) throw new Error('nothing to deliver')
    const until = new Date(world.clock.now().getTime() + 25_000)
    await world.messages.attempt(message, world.clock.now(), until)

    await drain({ ...world, delivery }, 'person:U0BEN')
    expect(textsIn(world.slack, 'D0U0BEN')).toEqual(['approve?'])
  })

  it('edits the message that it finds when the truth has changed meanwhile', async () => {
    const world = await outbox()
    world.slack.failNext('chat.postMessage', { kind: 'cut', isCarriedOut: true })
    world.slack.failNext('chat.update', { kind: 'cut', isCarriedOut: false })
    await world.messages.put(headline)
    await world.delivery.deliverChannel('room:7')
    world.truth.headline = 'worse'
    await drain(world)

    expect(textsIn(world.slack)).toEqual(['worse'])
    expect(world.slack.callsOf('chat.postMessage')).toHaveLength(1)
  })

  it('takes over from a process that was killed during its call', async () => {
    const world = await outbox()
    await world.messages.put(headline)
    await world.messages.put(line('l1', 'first'))
    const message = await world.messages.next('room:7', world.clock.now())
    if (message === null) throw new Error('nothing to deliver')
    const until = new Date(world.clock.now().getTime() + 25_000)
    await world.messages.attempt(message, world.clock.now(), until)

    expect(await world.delivery.deliverChannel('room:7')).toEqual(until)
    expect(textsIn(world.slack)).toEqual([])
    await drain(world)
    expect(textsIn(world.slack)).toEqual(['emails pile up', 'first'])
  })

  it('loses nothing and keeps the order in an outage, and catches up with few calls', async () => {
    const world = await outbox()
    const outage = world.slack.outage()
    for (let i = 0; i < 5; i += 1) await world.messages.put(line(`l${i}`, `line ${i}`))
    for (let i = 0; i < 10; i += 1) {
      const comeBack = await world.delivery.deliverChannel('room:7')
      if (comeBack !== null) world.clock.set(comeBack)
    }
    const callsInOutage = world.slack.calls.length
    outage.end()
    await drain(world)

    expect(callsInOutage).toBeLessThanOrEqual(10)
    expect(textsIn(world.slack)).toEqual(['line 0', 'line 1', 'line 2', 'line 3', 'line 4'])
  })

  it('comes back when the channel itself could not be looked up', async () => {
    const world = await outbox()
    const away = new OperatorError('slack_unreachable', 'Slack is away.', 'Try again.')
    const answers = [() => Promise.reject(away), () => Promise.resolve('C0OPS')]
    const resolveChannel = () => (answers.shift() ?? (() => Promise.resolve('C0OPS')))()
    const delivery = world.newDelivery({ resolveChannel })
    await world.messages.put(headline)

    const comeBack = await delivery.deliverChannel('room:7')
    expect(comeBack?.getTime()).toBeGreaterThan(world.clock.now().getTime())
    await drain({ ...world, delivery })
    expect(textsIn(world.slack, 'C0OPS')).toEqual(['emails pile up'])
  })

  it('waits as long as a 429 says, for that method only', async () => {
    const world = await outbox()
    await world.messages.put(headline)
    await drain(world)
    world.clock.advance(3000)
    world.slack.failNext('chat.update', { kind: 'rate_limited', retryAfterS: 30 })
    world.truth.headline = 'worse'
    await world.messages.touch(headline.key)
    await world.messages.put(line('l1', 'first'))

    await world.delivery.deliverChannel('room:7')
    expect(textsIn(world.slack)).toEqual(['emails pile up', 'first'])
    expect(await drain(world)).toBeGreaterThanOrEqual(30_000)
    expect(textsIn(world.slack)).toEqual(['worse', 'first'])
  })

  it('sends plain text when Slack refuses the blocks, and logs where the fault is', async () => {
    const world = await outbox()
    const delivery = world.newDelivery({
      compose: () =>
        Promise.resolve({
          text: 'readable anyway',
          blocks: [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }],
        }),
    })
    await world.messages.put(headline)
    await delivery.deliverChannel('room:7')

    expect(textsIn(world.slack)).toEqual(['readable anyway'])
    const refused = world.log.lines.find(({ facts }) => facts['event'] === 'outbox.blocks_refused')
    expect(JSON.stringify(refused?.facts)).toContain('/blocks/0/text')
  })

  it('posts anew what somebody deleted', async () => {
    const world = await outbox()
    await world.messages.put(headline)
    await drain(world)
    world.slack.state.channels.get('C0ROOM7')?.messages.splice(0)
    world.truth.headline = 'still here'
    await world.messages.touch(headline.key)
    await drain(world)

    expect(textsIn(world.slack)).toEqual(['still here'])
  })

  it('buries messages of a room that is gone, and says so in the ops channel', async () => {
    const world = await outbox()
    const room = world.slack.state.channels.get('C0ROOM7')
    if (room !== undefined) room.isArchived = true
    await world.messages.put(headline)
    await world.messages.put(line('l1', 'first'))

    expect(await world.delivery.deliverChannel('room:7')).toBeNull()
    expect(world.log.lines.some(({ facts }) => facts['code'] === 'is_archived')).toBe(true)
    await drain(world, 'ops')
    expect((await world.messages.byKey('lost-room:7'))?.ts).toBeTruthy()
    expect(await world.messages.depth()).toBe(0)
  })

  it('keeps what the ops channel should get until the bot is invited there', async () => {
    const world = await outbox()
    const ops = world.slack.state.channels.get('C0OPS')
    ops?.members.clear()
    await world.messages.put({
      key: 'ops:1',
      target: { kind: 'ops' },
      content: { kind: 'ops_notice', words: 'a word' },
      priority: 1,
    })

    const comeBack = await world.delivery.deliverChannel('ops')
    expect(comeBack?.getTime()).toBeGreaterThan(world.clock.now().getTime())
    ops?.members.add(world.slack.state.botUserId)
    await drain(world, 'ops')
    expect(textsIn(world.slack, 'C0OPS')).toHaveLength(1)
  })

  it.each([500, 503])('takes HTTP %i for no answer, and does not post twice', async (status) => {
    const world = await outbox()
    world.slack.failNext('chat.postMessage', { kind: 'status', status })
    await world.messages.put(headline)
    await drain(world)
    expect(textsIn(world.slack)).toEqual(['emails pile up'])
  })
})
