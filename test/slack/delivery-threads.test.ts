import { describe, expect, it } from 'vitest'

import type { WantedMessage } from '../../src/domain/message.ts'
import { headline, line, useOutbox } from './outbox.ts'

const outbox = useOutbox()
const ROOM = 'room:7'

const reply = (key: string, words: string, over: Partial<WantedMessage> = {}): WantedMessage => ({
  ...line(key, words),
  thread: headline.key,
  ...over,
})

type World = Awaited<ReturnType<typeof outbox>>
const posted = ({ slack }: World) => slack.state.channels.get('C0ROOM7')?.messages ?? []

describe('a message for the thread of another', () => {
  it('goes there once the other is posted, even if it was wished for before', async () => {
    const world = await outbox()
    await world.messages.put(reply('details', '8 failed'))
    await world.messages.put(headline)
    await world.delivery.deliverChannel(ROOM)
    const [parent, child] = posted(world)
    expect([parent?.threadTs, child?.threadTs]).toEqual([null, parent?.ts])
    expect(child?.text).toBe('8 failed')
  })

  it('is edited where it is', async () => {
    const world = await outbox()
    await world.messages.put(headline)
    await world.messages.put(reply('details', '8 failed'))
    await world.delivery.deliverChannel(ROOM)
    await world.messages.put(reply('details', '9 failed'))
    world.clock.advance(5000)
    await world.delivery.deliverChannel(ROOM)
    expect(posted(world).map(({ text }) => text)).toEqual(['emails pile up', '9 failed'])
  })

  it('is found in the thread when the answer to its post was lost, and not posted twice', async () => {
    const world = await outbox()
    await world.messages.put(headline)
    await world.delivery.deliverChannel(ROOM)
    world.slack.failNext('chat.postMessage', { kind: 'cut', isCarriedOut: true })
    await world.messages.put(reply('details', '8 failed'))
    await world.delivery.deliverChannel(ROOM)
    world.clock.advance(60_000)
    await world.delivery.deliverChannel(ROOM)
    expect(posted(world).map(({ text }) => text)).toEqual(['emails pile up', '8 failed'])
    expect(world.slack.callsOf('conversations.replies')).toHaveLength(1)
    expect(await world.messages.depth()).toBe(0)
  })

  it('goes into the channel where the other does not exist, or was refused for good', async () => {
    const world = await outbox()
    await world.messages.put(reply('orphan', 'said anyway', { thread: 'nobody' }))
    await world.messages.put(headline)
    const parent = await world.messages.byKey(headline.key)
    if (parent === null) throw new Error('the headline is wished for')
    await world.messages.bury(parent.id, 'is_archived')
    await world.messages.put(reply('late', 'said, too'))
    await world.delivery.deliverChannel(ROOM)
    expect(posted(world).map(({ text, threadTs }) => [text, threadTs])).toEqual([
      ['said anyway', null],
      ['said, too', null],
    ])
  })
})
