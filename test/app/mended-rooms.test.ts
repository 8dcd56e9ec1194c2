import { describe, expect, it } from 'vitest'

import { refreshHeadlines } from '../../src/usecases/sweep.ts'
import { ANA, anAlert, OPS, webhook } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilHeadline, untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const ROOMS = {
  template: 'inc-{slug}-{id}',
  isPrivate: false,
  maxAutomatic: 5,
  windowMs: 600_000,
  reopenMs: 900_000,
}

const redis = await freshRedis()

const roomIds = (world: World): readonly string[] =>
  [...world.slack.state.channels.keys()].filter((id) => id.startsWith('C0ROOM'))

const resolveIn = async (world: World, room: string): Promise<void> => {
  await world.person(ANA).command('/incident', 'resolve', room)
  await untilText(world, room, /<@U0ANA> resolved the incident/)
}

const again = { startsAt: new Date(Date.now() + 60_000).toISOString() }

describe('an incident that reopens', () => {
  it('is said in the ops channel, and gets another room if somebody archived its own', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await world.fire({ queue: 'email' }, { fingerprint: 'one' })
    const first = await world.room()
    await resolveIn(world, first)
    const channel = world.slack.state.channels.get(first)
    if (channel === undefined) throw new Error('no such channel')
    channel.isArchived = true
    await world.fire({ queue: 'email' }, { fingerprint: 'one', ...again })
    await untilText(world, OPS, /incident 1 .*Reopened: QueueBacklog fired again/)
    const second = await eventually('another room', () => roomIds(world).find((id) => id !== first))
    await untilText(world, second, /Reopened: QueueBacklog fired again/)
    await untilHeadline(world, second, /1 alert firing/)
    await untilText(world, OPS, new RegExp(`its room was archived.*<#${second}>`))
    expect(roomIds(world)).toHaveLength(2)
  })

  it('as a storm goes on in its room while the window lasts', async () => {
    const world = await createWorld({ redis, queues: [] })
    const storm = (from: number) =>
      webhook(Array.from({ length: 6 }, (_, i) => anAlert({ queue: `q${from + i}` })))
    await world.post(storm(0))
    const room = await eventually(
      'the room of the storm',
      () => [...world.slack.state.channels.values()].find(({ name }) => name.includes('storm'))?.id,
    )
    await resolveIn(world, room)
    await world.post(storm(10))
    await untilText(world, room, /Reopened: more queues fire than there are rooms for/)
    expect(await world.query(`select reopened from incident where kind = 'storm'`)).toEqual([
      { reopened: 1 },
    ])
    expect(roomIds(world)).toHaveLength(5)
  })
})

describe('the steps of a room', () => {
  it('invite whom Slack knows, and name the group that it does not, once in the timeline', async () => {
    const world = await createWorld({
      redis,
      queues: ['email'],
      settings: { rooms: { ...ROOMS, invite: ['S0GONE', 'S0ONCALL'] } },
    })
    await world.fire({ queue: 'email' })
    const room = await world.room()
    await untilHeadline(world, room, /inviting people.*S0GONE/)
    expect(world.slack.state.channels.get(room)?.members).toContain(ANA)
    await eventually('a second attempt', async () => {
      const text = `select from room_step where step = 'invite' and attempts > 1`
      return (await world.query(text)).length === 1
    })
    expect(
      await world.query(`select from timeline where words like 'Failed: invite%'`),
    ).toHaveLength(1)
  })

  it('make one channel although Slack is slow and the sweep comes by', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    world.slack.failNext('conversations.create', { kind: 'slow', ms: 7000 })
    await world.fire({ queue: 'email' })
    await world.room()
    expect(world.slack.callsOf('conversations.create')).toHaveLength(1)
    expect(roomIds(world)).toHaveLength(1)
  })

  it('end with the incident', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    world.slack.failNext('conversations.setTopic', { kind: 'refused', error: 'no_permission' }, 100)
    await world.fire({ queue: 'email' })
    const room = await world.room()
    await resolveIn(world, room)
    const { store } = world.app()
    expect(await store.now.rooms.unfinished(new Date(Date.now() + 3_600_000), 10)).toEqual([])
  })
})

describe('fresh numbers', () => {
  it('go to few headlines at a time, the longest waiting first, and not to quiet ones', async () => {
    const world = await createWorld({ redis, queues: [] })
    for (const queue of ['a', 'b', 'c']) await world.fire({ queue })
    await eventually('three headlines', async () => {
      const text = `select from message where key like 'headline:%' and ts is not null`
      return (await world.query(text)).length === 3
    })
    await world.query(
      `update incident set refreshed_at = now() + id * interval '1 hour',
         state = case when id = 1 then 'mitigated' else state end`,
    )
    const touched: string[] = []
    const { store } = world.app()
    const messages = { ...store.now.messages, touch: async (key: string) => void touched.push(key) }
    const clock = { now: () => new Date(Date.now() + 86_400_000) }
    await refreshHeadlines({ store: { ...store, now: { ...store.now, messages } }, clock }, 1)
    await refreshHeadlines({ store: { ...store, now: { ...store.now, messages } }, clock }, 1)
    expect(touched).toEqual(['headline:2', 'headline:3'])
  })
})

describe('one id', () => {
  it('leads through the log from the alert to the room and its headline', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await world.fire({ queue: 'email' })
    await world.room()
    const of = (event: string) =>
      world.log.lines.filter(({ facts }) => facts['event'] === event).map(({ facts }) => facts)
    const [stored] = of('delivery.stored')
    const correlation = stored?.['correlationId']
    expect(correlation).toMatch(/.{8}/)
    expect(of('delivery.processed')).toMatchObject([{ correlation }])
    // The room can be seen an instant before it is written down.
    await eventually('four steps in the log', () => of('room.step_done').length === 4)
    expect(of('room.step_done')).toMatchObject(
      ['create', 'invite', 'topic', 'pin'].map((step) => ({ step, correlation })),
    )
    expect(of('message.delivered')).toContainEqual(
      expect.objectContaining({ key: 'headline:1', correlation }),
    )
  })
})
