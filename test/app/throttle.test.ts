import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { letTimePass, order, preview } from '../helpers/acting.ts'
import { createGuardedWorld, untilCard } from '../helpers/approving.ts'
import { ANA, OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilAnswer, untilModal, untilText } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const email = new Queue('email', { connection: client })
const queues = ['email']

beforeAll(async () => {
  await email.addBulk(Array.from({ length: 25 }, (_, n) => ({ name: 'send', data: { n } })))
})
afterAll(async () => {
  await email.close()
  client.disconnect()
})

const limits = () => client.hmget('bull:email:meta', 'concurrency', 'max', 'duration')

it('slows a queue by command, shows it, and gives the former limits back when it is undone', async () => {
  await email.setGlobalConcurrency(9)
  const world = await createGuardedWorld({ redis, queues })
  await preview(world, ANA, 'throttle email 20/min concurrency 2 for 1h')
  await untilModal(
    world,
    ANA,
    /with at most 20\/min and 2 at once.*For how long\?.*Needed for a throttle without an end/s,
  )
  await world.person(ANA).submit(reason('the provider answers 429'))
  await untilCard(world, OPS, /Throttle of .*: done.*Undo: full speed…/s)
  expect(await limits()).toEqual(['2', '20', '60000'])
  await world.person(ANA).command('/queue', 'held', OPS)
  await untilAnswer(world, ANA, OPS, /`sales\/email` to 20\/min and 2 at once by <@U0ANA>.*429/s)
  await world.person(ANA).click('spillway:undo', OPS)
  await untilModal(world, ANA, /takes plan 1 back.*can be confirmed until/s)
  await world.person(ANA).submit(reason('they answer again'))
  await untilText(world, OPS, /ended the throttle of `sales\/email`.*limited to 9 at once now/)
  expect(await limits()).toEqual(['9', null, null])
})

it('stops a queue, waits for the window, and goes on slowly, as one action', async () => {
  await email.removeGlobalConcurrency()
  const world = await createGuardedWorld({ redis, queues })
  await order(world, ANA, 'pause email for 30m then concurrency 1 for 1h')
  await untilCard(world, OPS, /Pause of .*: done/)
  expect([await email.isPaused(), await limits()]).toEqual([true, ['1', null, null]])
  await world.query(`update hold set ends_at = now() where kind = 'pause'`)
  await letTimePass(world)
  await eventually('resumed', async () => !(await email.isPaused()))
  expect(await limits()).toEqual(['1', null, null])
})
