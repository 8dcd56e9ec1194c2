import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { findChainFault } from '../../src/domain/audit.ts'
import { ANA, OPS, VIC } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilModal, untilText } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const email = new Queue('email', { connection: client })

beforeAll(async () => {
  await email.addBulk(Array.from({ length: 25 }, (_, i) => ({ name: 'send', data: { i } })))
})
afterAll(async () => {
  await email.close()
  client.disconnect()
})

const isPaused = async (): Promise<boolean> =>
  (await client.hget('bull:email:meta', 'paused')) === '1'

describe('from alert to resolved', () => {
  it('opens a room, pauses, resumes and resolves, each step once and on the record', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    expect((await world.fire({ queue: 'email' })).status).toBe(202)
    const room = await world.room()
    const channel = world.slack.state.channels.get(room)
    expect(channel?.name).toMatch(/^inc-\d{6}-email-1$/)
    expect([...(channel?.members ?? [])]).toEqual(expect.arrayContaining([ANA]))
    expect(channel?.topic).toContain('sales/email')
    await untilText(world, OPS, /email is deep/)

    const ana = world.person(ANA)
    await ana.click('spillway:ack', room)
    await untilText(world, room, /has got it/)

    await ana.click('spillway:pause', room)
    await untilModal(world, ANA, /25 waiting jobs/)
    await ana.submit(reason('provider is down'))
    await untilText(world, room, /paused `sales\/email` until/)
    expect(await isPaused()).toBe(true)
    await untilModal(world, ANA, /Pause of .*done/)

    await eventually('a Resume button on the headline', () => {
      const [headline] = channel?.messages ?? []
      return JSON.stringify(headline?.blocks).includes('spillway:resume')
    })
    await ana.click('spillway:resume', room)
    await untilModal(world, ANA, /Workers may take 25 waiting jobs/)
    await ana.submit(reason('provider is back'))
    await untilText(world, room, /resumed `sales\/email`/)
    expect(await isPaused()).toBe(false)
    expect(await client.llen('bull:email:wait')).toBe(25)

    await ana.click('spillway:resolve', room)
    await untilText(world, room, /resolved the incident/)
    await eventually('no buttons on the headline', () => {
      const [headline] = channel?.messages ?? []
      return !JSON.stringify(headline?.blocks).includes('"actions"')
    })
    await expectAudit(world, [
      'acknowledged',
      'planned',
      'confirmed',
      'intent',
      'step',
      'outcome',
      'planned',
      'confirmed',
      'intent',
      'step',
      'outcome',
      'resolved',
    ])
  })

  it('makes up no queue in the watched Redis for a pause', async () => {
    const world = await createWorld({ redis, queues: ['ghost'] })
    await world.person(ANA).command('/queue', 'pause ghost', OPS)
    await untilModal(world, ANA, /no trace in its system/)
    expect(await client.keys('bull:ghost*')).toEqual([])
  })

  it('refuses who has no role, in words, and records it', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await world.person(VIC).command('/queue', 'pause email', OPS)
    await untilModal(world, VIC, /You need the role \*operator\* to pause/)
    expect(await isPaused()).toBe(false)
    await expectAudit(world, ['denied'])
  })
})

async function expectAudit(world: World, kinds: readonly string[]): Promise<void> {
  const entries = await world.app().store.now.audit.entries(0, 100)
  expect(entries.map((entry) => (JSON.parse(entry.text) as { kind: string }).kind)).toEqual(kinds)
  expect(findChainFault(entries)).toBeNull()
}
