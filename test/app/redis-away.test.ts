import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { auditCounts, carryOut, letTimePass, order } from '../helpers/acting.ts'
import { ANA, OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { holdBack } from '../helpers/hold-back.ts'
import { answersTo, headlineOf, untilAnswer, untilModal, untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis({ appendOnly: true })
const client = new Redis(redis.url)
client.on('error', () => undefined)
const JOBS = 25
const INTENT = 'old.intended_at is null and new.intended_at is not null'

beforeAll(async () => {
  const email = new Queue('email', { connection: client })
  await email.addBulk(Array.from({ length: JOBS }, (_, i) => ({ name: 'send', data: { i } })))
  await email.close()
})
beforeEach(() => redis.restart())
afterAll(() => client.disconnect())

const isPaused = async (): Promise<boolean> =>
  (await client.hget('bull:email:meta', 'paused')) === '1'

const jobsLeft = async (): Promise<number> =>
  (await client.llen('bull:email:wait')) + (await client.llen('bull:email:paused'))

const outcomes = (world: World, words: RegExp): number =>
  world.texts(OPS).filter((text) => words.test(text)).length

describe('Redis away', () => {
  it('starts, opens rooms and says so, and reads and acts as soon as Redis is there', async () => {
    await redis.kill()
    const world = await createWorld({ redis, queues: ['email'], isAwaited: false })
    await eventually('Slack is connected', () => world.app().slack.status().state === 'connected')
    expect((await world.fire({ queue: 'email' })).status).toBe(202)
    const room = await world.room()
    expect(headlineOf(world, room)).toContain('No live numbers')

    const ana = world.person(ANA)
    await ana.command('/queue', 'status email', OPS)
    await untilAnswer(world, ANA, OPS, /System .*sales.* cannot be reached.*Nothing was changed/s)
    await ana.command('/queue', 'pause email', OPS)
    await untilModal(world, ANA, /System .*sales.* cannot be reached.*Nothing was changed/s)

    await redis.restart()
    await eventually('a status with numbers', async () => {
      await ana.command('/queue', 'status email', OPS)
      return answersTo(world, ANA, OPS).at(-1)?.includes('25 waiting')
    })
    expect(await isPaused()).toBe(false)
  })

  it('dies between the intent and the pause: the plan waits, then pauses once', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    const gate = await holdBack(world, 'plan_queue', INTENT)
    await order(world, ANA, 'pause email for 30m')
    await gate.reached()
    await redis.kill()
    await gate.letGo()
    await untilText(world, OPS, /cannot be reached.*pause of .* by <@U0ANA> is tried again/s)
    await redis.restart()
    await untilText(world, OPS, /paused `sales\/email` until/)
    await untilModal(world, ANA, /Pause of .*done/)

    expect(await isPaused()).toBe(true)
    expect(await jobsLeft()).toBe(JOBS)
    expect(outcomes(world, /paused `sales\/email` until/)).toBe(1)
    expect(await auditCounts(world)).toEqual({
      planned: 1,
      confirmed: 1,
      intent: 1,
      step: 1,
      outcome: 1,
    })
    expect(await world.query('select from hold where ended_at is null')).toHaveLength(1)

    // And so does a resume.
    const second = await holdBack(world, 'plan_queue', INTENT)
    await order(world, ANA, 'resume email')
    await second.reached()
    await redis.kill()
    await second.letGo()
    await untilText(world, OPS, /cannot be reached.*resume of .* by <@U0ANA> is tried again/s)
    await redis.restart()
    await untilText(world, OPS, /resumed `sales\/email`/)

    expect(await isPaused()).toBe(false)
    expect(await jobsLeft()).toBe(JOBS)
    expect(outcomes(world, /resumed `sales\/email`/)).toBe(1)
    expect(await auditCounts(world)).toEqual({
      planned: 2,
      confirmed: 2,
      intent: 2,
      step: 2,
      outcome: 2,
    })
    expect(await world.query('select from hold where ended_at is null')).toHaveLength(0)
  })

  it('is away when a pause should end by itself: it ends when Redis is back', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await carryOut(world, ANA, 'pause email for 30m')
    await redis.kill()
    await letTimePass(world)
    await eventually('an attempt to end it, and its next one', async () => {
      const found = await world.query(
        `select from graphile_worker.jobs j, hold h
         where j.key = 'end_hold:' || h.id and j.created_at > h.ends_at`,
      )
      return found.length === 1
    })
    await redis.restart()
    await untilText(world, OPS, /ended by itself: `sales\/email` runs again/)
    expect(await isPaused()).toBe(false)
    expect(await jobsLeft()).toBe(JOBS)
    expect(await auditCounts(world)).toEqual({
      planned: 1,
      confirmed: 1,
      intent: 2,
      step: 2,
      outcome: 2,
    })
  })
})
