import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { carryOut } from '../helpers/acting.ts'
import { CEM, createGuardedWorld, direct, request, untilCard } from '../helpers/approving.ts'
import { ANA, BEN } from '../helpers/config-of.ts'
import { freshRedis } from '../helpers/redis.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const payment = new Queue('payment', { connection: client })
const queues = ['payment']

beforeAll(async () => {
  await payment.add('charge', {})
})
beforeEach(() => payment.resume())
afterAll(async () => {
  await payment.close()
  client.disconnect()
})

describe('whoever must judge a resume', () => {
  it('sees who stopped the queue, since when and why', async () => {
    const world = await createGuardedWorld({ redis, queues })
    await carryOut(world, ANA, 'pause payment for 15m')
    await world.query(`update hold set started_at = started_at - interval '20 minutes'`)
    await request(world, BEN, 'resume payment')
    const card = await untilCard(world, direct(CEM), /Approval needed/)
    expect(card).toMatch(/It would end.*Paused by <@U0ANA> since \d\d:\d\d, until.*“for a test”/s)
  })
})
