import { describe, expect, it } from 'vitest'

import { DEFAULT_RULE } from '../../src/domain/settings.ts'
import { carryOut, order } from '../helpers/acting.ts'
import { ANA, anAlert, OPS, webhook } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { headlineOf, untilAnswer, untilHeadline, untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()
const seeds = await import('ioredis').then(({ Redis }) => new Redis(redis.url))

/** Makes queues exist, each with one job. */
async function seed(...queues: readonly string[]): Promise<void> {
  for (const queue of queues) {
    await seeds.hset(
      `bull:${queue}:1`,
      'name',
      'send',
      'data',
      '{}',
      'timestamp',
      String(Date.now()),
    )
    await seeds.hset(`bull:${queue}:meta`, 'version', 'bullmq:5.79.4')
    await seeds.del(`bull:${queue}:wait`)
    await seeds.lpush(`bull:${queue}:wait`, '1')
  }
}

const roomOfStorm = (world: World): Promise<string> =>
  eventually(
    'the room of the storm',
    () => [...world.slack.state.channels.values()].find(({ name }) => name.includes('storm'))?.id,
  )

describe('a storm', () => {
  it('counts the alerts and shows the holds of its lines, and warns of both when it is resolved', async () => {
    const queues = Array.from({ length: 8 }, (_, index) => `q${index}`)
    await seed(...queues)
    const world = await createWorld({ redis, queues })
    await world.post(webhook(queues.map((queue) => anAlert({ queue, severity: 'warning' }))))
    const room = await roomOfStorm(world)
    await untilHeadline(world, room, /4 alerts firing/)
    await carryOut(world, ANA, 'pause sales/q7 for 10m', room)
    await untilHeadline(world, room, /sales\/q7` by <@U0ANA>/)
    const [hold] = await world.query<{ incident_id: string }>('select incident_id from hold')
    const [line] = await world.query<{ id: string }>(`select id from incident where queue = 'q7'`)
    expect(hold?.incident_id).toBe(line?.id)
    await world.person(ANA).command('/incident', 'resolve', room)
    await untilText(world, room, /4 alerts still fire\. `sales\/q7` stays paused by <@U0ANA>/)
  })
})

describe('a group', () => {
  it('shows the numbers of every queue that its alerts name', async () => {
    await seed('mail:a', 'mail:b')
    const rule = { ...DEFAULT_RULE, match: 'sales/mail:*', group: 'mail' }
    const world = await createWorld({
      redis,
      queues: ['mail:a', 'mail:b'],
      settings: { queueRules: [rule] },
    })
    await world.fire({ queue: 'mail:a' })
    const room = await world.room()
    await world.fire({ queue: 'mail:b' })
    await untilHeadline(world, room, /Also concerned.*sales\/mail:b` 1 waiting/)
    expect(headlineOf(world, room).match(/spillway:pause/g)).toHaveLength(1)
  })
})

describe('a command in a room about another queue', () => {
  it('is recorded under the incident of its own queue, or under none', async () => {
    await seed('mine', 'other')
    const world = await createWorld({ redis, queues: ['mine', 'other'] })
    await world.fire({ queue: 'mine' })
    const room = await world.room()
    await carryOut(world, ANA, 'pause sales/other for 10m', room)
    await order(world, ANA, 'pause sales/mine for 10m', room)
    const holds = await eventually('both are held', async () => {
      const found = await world.query('select queue, incident_id from hold order by queue')
      return found.length === 2 && found
    })
    expect(holds).toEqual([
      { queue: 'mine', incident_id: '1' },
      { queue: 'other', incident_id: null },
    ])
  })
})

describe('a queue that does not exist', () => {
  it('gets a headline without numbers and without a pause button', async () => {
    await seed('email')
    const world = await createWorld({ redis, queues: ['email'] })
    await world.fire({ queue: 'emial' })
    const room = await world.room()
    await untilHeadline(world, room, /No such queue is known.*Did you mean `email`/)
    expect(headlineOf(world, room)).not.toMatch(/spillway:pause|waiting/)
  })
})

describe('one system that is away', () => {
  it('blocks nothing on the others, and hides no pause', async () => {
    await seed('email')
    const world = await createWorld({
      redis,
      queues: ['email'],
      otherSystems: [{ name: 'away', url: 'redis://127.0.0.1:1' }],
    })
    await world.person(ANA).command('/queue', 'status email', OPS)
    await untilAnswer(world, ANA, OPS, /1 waiting/)
    await world.person(ANA).command('/queue', 'held', OPS)
    await untilAnswer(world, ANA, OPS, /not all systems answered/)
    await world.person(ANA).command('/queue', 'status nowhere', OPS)
    const answer = await untilAnswer(world, ANA, OPS, /"text":"System .*away.* cannot be reached/)
    expect(answer).not.toContain('There is no queue')
  })
})

describe('reading', () => {
  it('waits for no lock that a change of the incident holds', async () => {
    await seed('email')
    const world = await createWorld({ redis, queues: ['email'] })
    await world.fire({ queue: 'email' })
    await world.room()
    await world.app().store.transaction(async (store) => {
      await store.incidents.lockUnresolved('queue:sales/email')
      const found = await world.app().store.now.incidents.unresolvedByKey('queue:sales/email')
      expect(found).not.toBeNull()
    })
  })
})
