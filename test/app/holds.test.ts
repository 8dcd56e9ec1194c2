import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { auditCounts, carryOut, letTimePass } from '../helpers/acting.ts'
import { ANA, BEN, OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilAnswer, untilHeadline, untilModal, untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const email = new Queue('email', { connection: client })

beforeAll(async () => {
  await email.addBulk(Array.from({ length: 25 }, (_, i) => ({ name: 'send', data: { i } })))
})
beforeEach(() => email.resume())
afterAll(async () => {
  await email.close()
  client.disconnect()
})

const open = (): Promise<World> => createWorld({ redis, queues: ['email'] })

const activeHolds = async (world: World): Promise<number> =>
  (await world.query('select from hold where ended_at is null')).length

describe('holds', () => {
  it('end by themselves, also when the bot was not there at the time', async () => {
    const world = await open()
    await carryOut(world, ANA, 'pause email for 30m')
    expect(await email.isPaused()).toBe(true)
    await world.app().stop()
    await world.query('update hold set ends_at = now()')
    await world.query(`select graphile_worker.remove_job('end_hold:' || id) from hold`)
    await world.restart()
    await untilText(world, OPS, /The pause by <@U0ANA> ended by itself: `sales\/email` runs again/)
    expect(await email.isPaused()).toBe(false)
    expect(await email.count()).toBe(25)
    expect(await activeHolds(world)).toBe(0)
    expect(await auditCounts(world)).toEqual({
      planned: 1,
      confirmed: 1,
      intent: 2,
      step: 2,
      outcome: 2,
    })
  })

  it('wait while everything is frozen, then end', async () => {
    const world = await open()
    await carryOut(world, ANA, 'pause email for 30m')
    await world.person(BEN).command('/queue', 'freeze deploy', OPS)
    await untilText(world, OPS, /<@U0BEN> froze all actions/)
    await letTimePass(world)
    await eventually('the end waits', async () => {
      const plans = await world.query(
        `select from plan where ends_hold_id is not null and state = 'confirmed'`,
      )
      return plans.length === 1
    })
    await world.person(ANA).command('/queue', 'resume email', OPS)
    await untilModal(world, ANA, /<@U0BEN> froze all actions/)
    expect(await email.isPaused()).toBe(true)

    await world.person(BEN).command('/queue', 'freeze off', OPS)
    await untilText(world, OPS, /ended by itself/)
    expect(await email.isPaused()).toBe(false)
    expect(world.texts(OPS).filter((text) => /ended by itself/.test(text))).toHaveLength(1)
  })

  it('are two when another tool resumed between: it is said, and the queue runs after the last', async () => {
    const world = await open()
    await world.fire({ queue: 'email' })
    const room = await world.room()
    await carryOut(world, ANA, 'pause email for 30m', room)
    await email.resume()
    await world.app().store.now.messages.touch('headline:1')
    await untilHeadline(world, room, /Its pause is gone.*another tool resumed it/)

    await carryOut(world, BEN, 'pause email for 30m', room)
    expect(await activeHolds(world)).toBe(2)
    await world.query(`update hold set ends_at = now() + interval '1 hour' where user_id = 'U0BEN'`)
    await world.query(
      `with due as (update hold set ends_at = now() where user_id = 'U0ANA' returning id)
       select graphile_worker.add_job('end_hold', json_build_object('holdId', id),
         job_key => 'end_hold:' || id) from due`,
    )
    await untilText(world, room, /pause by <@U0ANA> ended; `sales\/email` stays paused by <@U0BEN>/)
    expect(await email.isPaused()).toBe(true)
    expect(await activeHolds(world)).toBe(1)

    await letTimePass(world)
    await untilText(world, room, /pause by <@U0BEN> ended by itself: `sales\/email` runs again/)
    expect(await email.isPaused()).toBe(false)
    expect(await email.count()).toBe(25)
  })

  it('are not made of what somebody else paused; that can be resumed', async () => {
    await email.pause()
    const world = await open()
    await world.person(ANA).command('/queue', 'pause email for 30m', OPS)
    await untilModal(world, ANA, /paused already, by somebody or something other than Spillway/)
    await world.person(ANA).command('/queue', 'held', OPS)
    await untilAnswer(world, ANA, OPS, /Paused, but not by Spillway.*sales\/email/s)
    expect(await activeHolds(world)).toBe(0)
    await carryOut(world, ANA, 'resume email')
    expect(await email.isPaused()).toBe(false)
    expect(await email.count()).toBe(25)
  })
})
