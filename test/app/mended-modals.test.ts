import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { carryOut, preview } from '../helpers/acting.ts'
import { ANA, BEN, OPS } from '../helpers/config-of.ts'
import { answersTo, untilAnswer, untilModal, untilText } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const email = new Queue('email', { connection: client })

/** Where the fake Slack keeps what the bot says to one person directly. */
const directly = (user: string): string => `D0${user}`

beforeAll(async () => {
  await email.add('send', {})
})
beforeEach(() => email.resume())
afterAll(async () => {
  await email.close()
  client.disconnect()
})

describe('a reason', () => {
  it('that was typed is still there when the preview did not hold', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await preview(world, ANA, 'pause email for 30m')
    await carryOut(world, BEN, 'pause email for 5m')
    await world.person(ANA).submit(reason('the provider answers 429'))
    const again = await untilModal(world, ANA, /What was shown before no longer holds/)
    expect(again).toContain('"initial_value":"the provider answers 429"')
  })
})

describe('a modal that does not show what it should', () => {
  it('whose person closed it: that the preview no longer held comes as a message', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await preview(world, ANA, 'pause email for 30m')
    await carryOut(world, BEN, 'pause email for 5m')
    world.slack.failNext('views.update', { kind: 'refused', error: 'not_found' }, 2)
    await world.person(ANA).submit(reason('too late'))
    await untilText(world, directly(ANA), /What you confirmed no longer holds: .*was paused/)
    expect(await world.query('select from hold')).toHaveLength(1)
  })

  it('because Slack refuses the preview: it says that instead', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    world.slack.failNext('views.update', { kind: 'refused', error: 'invalid_arguments' })
    await world.person(ANA).command('/queue', 'pause email for 30m', OPS)
    await untilModal(world, ANA, /Slack did not take the preview.*Nothing was changed/s)
    expect(answersTo(world, ANA, OPS)).toEqual([])
  })

  it('because Slack refuses everything: the person is told elsewhere', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    world.slack.failNext('views.update', { kind: 'refused', error: 'invalid_arguments' }, 2)
    await world.person(ANA).command('/queue', 'pause email for 30m', OPS)
    const answer = await untilAnswer(world, ANA, OPS, /Slack did not take the preview/)
    expect(answer).toContain('Nothing was changed')
  })
})
