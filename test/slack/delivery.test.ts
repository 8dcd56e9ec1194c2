import { describe, expect, it } from 'vitest'

import { drain, headline, line, textsIn, useOutbox } from './outbox.ts'

const outbox = useOutbox()

describe('delivery', () => {
  it('posts in order, headline first, each marked with its key', async () => {
    const world = await outbox()
    await world.messages.put(line('l1', 'first'))
    await world.messages.put(line('l2', 'second'))
    await world.messages.put(headline)

    expect(await drain(world)).toBe(0)

    expect(textsIn(world.slack)).toEqual(['emails pile up', 'first', 'second'])
    const [top] = world.slack.callsOf('chat.postMessage')
    expect(JSON.parse(String(top?.args['metadata']))).toMatchObject({
      event_type: 'spillway_message',
      event_payload: { key: headline.key, version: 1 },
    })
    expect(await world.messages.depth()).toBe(0)
  })

  it('makes one edit of many changes, never closer than 3 s, and none when nothing changed', async () => {
    const world = await outbox()
    await world.messages.put(headline)
    await drain(world)
    world.truth.headline = 'emails: 5,000 waiting'
    for (let i = 0; i < 20; i += 1) await world.messages.touch(headline.key)

    expect(await drain(world)).toBeGreaterThanOrEqual(3000)
    expect(world.slack.callsOf('chat.update')).toHaveLength(1)
    expect(textsIn(world.slack)).toEqual(['emails: 5,000 waiting'])

    await world.messages.touch(headline.key)
    await drain(world)
    expect(world.slack.callsOf('chat.update')).toHaveLength(1)
    expect(await world.messages.depth()).toBe(0)
  })

  it('waits for a room that does not exist yet', async () => {
    const world = await outbox()
    const rooms: { id: string | null } = { id: null }
    const delivery = world.newDelivery({ resolveChannel: () => Promise.resolve(rooms.id) })
    await world.messages.put(headline)

    expect(await delivery.deliverChannel('room:7')).not.toBeNull()
    expect(world.slack.calls).toHaveLength(0)

    rooms.id = 'C0ROOM7'
    expect(await delivery.deliverChannel('room:7')).toBeNull()
    expect(textsIn(world.slack)).toHaveLength(1)
  })

  it('lets two replicas post every message once, in order', async () => {
    const world = await outbox()
    const other = world.newDelivery()
    for (let i = 0; i < 5; i += 1) await world.messages.put(line(`l${i}`, `line ${i}`))

    const runs = [world.delivery, other, world.delivery, other]
    await Promise.all(runs.map((delivery) => delivery.deliverChannel('room:7')))
    await drain(world)

    expect(textsIn(world.slack)).toEqual(['line 0', 'line 1', 'line 2', 'line 3', 'line 4'])
  })

  it('posts about one message a second into a room, after a short burst', async () => {
    const world = await outbox()
    for (let i = 0; i < 12; i += 1) await world.messages.put(line(`l${i}`, `line ${i}`))

    expect(await drain(world)).toBeGreaterThanOrEqual(6000)
    expect(textsIn(world.slack)).toHaveLength(12)
  })

  it('keeps the last edits of a crowded minute for headlines', async () => {
    const world = await outbox({ budget: { editsPerMinute: 1, postsPerMinute: 6000 } })
    const lines = Array.from({ length: 8 }, (_, i) => `l${i}`)
    await world.messages.put(headline)
    for (const key of lines) await world.messages.put(line(key, 'old'))
    await drain(world)
    world.clock.advance(3000)
    for (const key of lines) await world.messages.put(line(key, 'new'))
    await world.delivery.deliverChannel('room:7')
    expect(textsIn(world.slack).filter((text) => text === 'new')).toHaveLength(6)

    world.truth.headline = 'worse'
    await world.messages.touch(headline.key)
    await world.delivery.deliverChannel('room:7')
    expect(textsIn(world.slack)[0]).toBe('worse')
  })

  it('never lets headlines starve the edits of lines', async () => {
    const world = await outbox({ budget: { editsPerMinute: 10, postsPerMinute: 6000 } })
    await world.messages.put(headline)
    await world.messages.put(line('l1', 'old'))
    await drain(world)
    // Headlines take all that comes back, before a line may have what they leave.
    const crowd = async (rounds: number): Promise<void> => {
      for (let round = 0; round < rounds; round += 1) {
        world.clock.advance(3000)
        world.truth.headline = `at ${world.clock.now().toISOString()}`
        await world.messages.touch(headline.key)
        await world.delivery.deliverChannel('room:7')
      }
    }
    await crowd(20)
    await world.messages.put(line('l1', 'new'))
    await crowd(20)
    await world.messages.put(line('l1', 'newer'))
    await crowd(20)
    expect(textsIn(world.slack)).toContain('newer')
  })

  it('gives up on a message that cannot be rendered, and delivers the rest', async () => {
    const world = await outbox()
    const delivery = world.newDelivery({
      compose: (content) =>
        content.kind === 'line' && content.line.words === 'poison'
          ? Promise.reject(new TypeError('no such field'))
          : Promise.resolve({ text: 'fine', blocks: [] }),
    })
    await world.messages.put(line('l1', 'poison'))
    await world.messages.put(line('l2', 'fine'))
    await drain({ ...world, delivery })

    expect(textsIn(world.slack)).toEqual(['fine'])
    expect(world.log.lines.some(({ facts }) => facts['event'] === 'outbox.render_failed')).toBe(
      true,
    )
  })
})
