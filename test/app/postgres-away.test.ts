import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

import { auditCounts, order } from '../helpers/acting.ts'
import { ANA, OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilAnswer, untilModal, untilText } from '../helpers/looking.ts'
import { privateServer, type PrivateServer } from '../helpers/postgres.ts'
import { freshRedis } from '../helpers/redis.ts'
import { connected, createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)

beforeAll(async () => {
  const email = new Queue('email', { connection: client })
  await email.addBulk(Array.from({ length: 25 }, (_, i) => ({ name: 'send', data: { i } })))
  await email.close()
})
afterAll(() => client.disconnect())

const isPaused = async (): Promise<boolean> =>
  (await client.hget('bull:email:meta', 'paused')) === '1'

async function ownServer(): Promise<PrivateServer> {
  const server = await privateServer()
  onTestFinished(() => server.remove())
  return server
}

/** What still works and what does not, as a person and a sender see it. */
async function expectReadingOnly(world: World): Promise<void> {
  const refused = await world.fire({ queue: 'email' })
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('10')

  const ana = world.person(ANA)
  await ana.command('/queue', 'status email', OPS)
  await untilAnswer(world, ANA, OPS, /sales\/email.*25.*waiting/s)
  await ana.command('/queue', 'list', OPS)
  await untilAnswer(world, ANA, OPS, /1 queue.*sales\/email/s)
  await ana.command('/queue', 'pause email', OPS)
  await untilModal(world, ANA, /PostgreSQL does not answer.*Queues stay as they are/s)
  expect(await isPaused()).toBe(false)
}

describe('PostgreSQL away', () => {
  it('starts without it: reads, refuses alerts so that they come again, begins when it is there', async () => {
    const postgres = await ownServer()
    await postgres.stop()
    const world = await createWorld({ redis, queues: ['email'], postgres, isAwaited: false })
    await eventually('Slack is connected', () => world.app().slack.status().state === 'connected')
    await expectReadingOnly(world)
    await postgres.start()
    await connected(world.app())
    expect((await world.fire({ queue: 'email' })).status).toBe(202)
    await world.room()
  })

  it('stops in the middle of a pause: the pause goes on when it is back, once', async () => {
    const postgres = await ownServer()
    const world = await createWorld({ redis, queues: ['email'], postgres })
    await order(world, ANA, 'pause email for 30m')
    await eventually('the queue is paused', isPaused)
    await postgres.stop()
    await untilModal(world, ANA, /takes longer than usual.*outcome will be posted/s)
    expect((await world.fire({ queue: 'email' })).status).toBe(503)
    await eventually('the execution met the outage', () =>
      world.log.lines.some(({ facts }) => facts['task'] === 'execute_plan'),
    )
    await postgres.start()
    // As if the lease of the attempt that was cut off had run out.
    await eventually('the lease is over', () =>
      world.query('update plan set leased_until = now() returning id').catch(() => null),
    )
    await untilText(world, OPS, /paused `sales\/email` until/)
    expect(world.texts(OPS).filter((text) => /paused `sales/.test(text))).toHaveLength(1)
    expect(await auditCounts(world)).toEqual({
      planned: 1,
      confirmed: 1,
      intent: 1,
      step: 1,
      outcome: 1,
    })
    expect(await isPaused()).toBe(true)
    await client.hdel('bull:email:meta', 'paused')
  })
})
