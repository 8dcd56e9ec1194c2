import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { auditCounts, carryOut, order, preview } from '../helpers/acting.ts'
import { CEM, createGuardedWorld, untilCard } from '../helpers/approving.ts'
import { ANA, BEN, OPS, VIC } from '../helpers/config-of.ts'
import { untilAnswer, untilModal, untilText } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const payment = new Queue('payment', { connection: client })
const email = new Queue('email', { connection: client })
const queues = ['payment', 'email']

beforeAll(async () => {
  await payment.add('charge', {})
  await email.add('send', {})
})
beforeEach(() => Promise.all([payment.resume(), email.resume()]))
afterAll(async () => {
  await Promise.all([payment.close(), email.close()])
  client.disconnect()
})

const PAUSE = 'pause payment for 1h'
const JUSTIFIED = 'cards are charged twice, nobody answers'

/** The modal with the box ticked. */
const alone = (why: string) => ({
  ...reason(why),
  'spillway:break_glass_block': {
    'spillway:break_glass': { type: 'checkboxes', selected_options: [{ value: 'break_glass' }] },
  },
})

describe('break-glass', () => {
  it('is for who has the right, with a justification; announced at once, open until somebody else signs it off', async () => {
    const world = await createGuardedWorld({ redis, queues })
    await world.fire({ queue: 'payment' })
    const room = await world.room()

    await preview(world, BEN, PAUSE, room)
    expect(JSON.stringify(world.person(BEN).modal().view)).not.toContain('spillway:break_glass')
    await world.person(BEN).submit(alone(JUSTIFIED))
    await untilModal(world, BEN, /You need the role \*breaker\* to break glass/)

    await preview(world, ANA, PAUSE, room)
    expect(JSON.stringify(world.person(ANA).modal().view)).toContain('spillway:break_glass')
    const inline = { 'spillway:reason_block': expect.stringContaining('why it cannot wait') }
    for (const tooShort of ['', 'urgent']) {
      const { body } = await world.person(ANA).submit(alone(tooShort))
      expect(body).toEqual({ response_action: 'errors', errors: inline })
    }
    await world.person(ANA).submit(alone(JUSTIFIED))
    const announced = /<@U0BEN>.*<@U0CEM>.*<@U0ANA> broke glass: pause.*cards are charged twice/is
    await untilText(world, OPS, announced)
    await untilText(world, room, announced)
    await untilCard(world, room, /: done.*Break-glass\* by <@U0ANA>.*Not signed off yet/s)
    expect(await payment.isPaused()).toBe(true)

    await world.person(CEM).command('/queue', 'pending', OPS)
    await untilAnswer(world, CEM, OPS, /1 break-glass action to be signed off.*cards are charged/s)
    await world.person(ANA).click('spillway:sign_off', room)
    await untilAnswer(world, ANA, room, /You did this yourself; another person has to sign it off/)
    await world.person(VIC).click('spillway:sign_off', room)
    await untilAnswer(world, VIC, room, /You need the role \*lead\*/)
    await world.person(CEM).click('spillway:sign_off', OPS)
    await untilText(world, room, /<@U0CEM> signed off what <@U0ANA> did under break-glass/)
    await untilCard(world, room, /Signed off by <@U0CEM>/)
    await world.person(BEN).command('/queue', 'pending', OPS)
    await untilAnswer(world, BEN, OPS, /Nothing waits for anybody/)
    const { break_glass: broken, signed_off: signed, intent, outcome } = await auditCounts(world)
    expect({ broken, signed, intent, outcome }).toEqual({
      broken: 1,
      signed: 1,
      intent: 1,
      outcome: 1,
    })
  })

  it("is nothing where nobody's approval is due: the box alone makes no review", async () => {
    const world = await createGuardedWorld({ redis, queues })
    await preview(world, ANA, 'pause payment for 10m')
    await world.person(ANA).submit(alone(JUSTIFIED))
    await untilCard(world, OPS, /: done/)
    expect(await world.query('select from review')).toHaveLength(0)
    expect((await auditCounts(world))['break_glass']).toBeUndefined()
  })
})

describe('too much at once', () => {
  it('is refused with the limit and when it goes on; a freeze is always possible', async () => {
    const limits = { perPerson: 2, perQueue: 20, windowMs: 600_000 }
    const world = await createGuardedWorld({ redis, queues, policy: { limits } })
    await carryOut(world, ANA, 'pause email for 5m')
    await order(world, ANA, 'resume email')
    await untilText(world, OPS, /<@U0ANA> resumed `sales\/email`/)
    await order(world, ANA, 'pause email for 5m')
    await untilModal(
      world,
      ANA,
      /You acted 2 times in the last 10 min; that is the limit.*possible at \d\d:\d\d/s,
    )
    expect(await email.isPaused()).toBe(false)
    await world.person(ANA).command('/queue', 'freeze enough', OPS)
    await untilText(world, OPS, /<@U0ANA> froze all actions: “enough”/)
  })
})
