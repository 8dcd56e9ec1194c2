import { Queue, Worker } from 'bullmq'
import { expect, it } from 'vitest'

import { auditCounts, order } from '../helpers/acting.ts'
import { direct } from '../helpers/approving.ts'
import { ANA, BEN, OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()
const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null }

it('runs a canary of a vault set by command, and its card ends with what it proves', async () => {
  const email = new Queue('email', { connection })
  let isMended = false
  const worker = new Worker(
    'email',
    async () => {
      if (!isMended) throw new Error('ETIMEDOUT 10.0.0.1:443')
    },
    { connection, concurrency: 10 },
  )
  await email.addBulk(Array.from({ length: 10 }, (_, n) => ({ name: 'send', data: { n } })))
  await eventually('all failed', async () => (await email.getFailedCount()) === 10)

  const world = await createWorld({ redis, queues: ['email'] })
  await order(world, ANA, 'quarantine email')
  await untilText(world, OPS, /<@U0ANA> quarantined 10 jobs .* the vault has them as `v1`/)
  isMended = true
  await order(world, ANA, 'replay v1 canary 2 watch 1s')
  await untilText(world, OPS, /Replay of v1.*2 of 2/)
  await untilText(world, OPS, /up to 78 %/)
  await untilText(world, OPS, /Done: the replay of .*: 2 completed/)
  expect(await email.getCompletedCount()).toBe(2)
  expect((await auditCounts(world))['judged']).toBe(1)
  await worker.close()
  await email.close()
})

/** As soon as the card has the button. */
const clickOnce = (world: World, user: string, actionId: string): Promise<unknown> =>
  eventually(`a button ${actionId}`, async () => {
    try {
      await world.person(user).click(actionId, OPS)
      return true
    } catch {
      return false
    }
  })

it('asks for approval of a ramp, waits for clicks, and is held, gone on with and halted by them', async () => {
  const bulk = new Queue('bulk', { connection })
  let isMended = false
  const worker = new Worker(
    'bulk',
    async () => {
      if (!isMended) throw new Error('ETIMEDOUT 10.0.0.1:443')
    },
    { connection, concurrency: 10 },
  )
  await bulk.addBulk(Array.from({ length: 80 }, (_, n) => ({ name: 'send', data: { n } })))
  await eventually('all failed', async () => (await bulk.getFailedCount()) === 80)
  isMended = true

  const world = await createWorld({ redis, queues: ['bulk'] })
  await order(world, ANA, 'replay bulk ramp 5,20,50%,100% by-hand watch 1s')
  await untilText(world, OPS, /Approval needed/)
  await world.person(BEN).click('spillway:approve', direct(BEN))
  await untilText(world, OPS, /wave 1 of 4 is good: 5 of 5 completed\. It waits for a click/)
  await clickOnce(world, ANA, 'spillway:promote')
  await untilText(world, OPS, /<@U0ANA> let the replay .* go on\. Wave 1 of 4/)
  await untilText(world, OPS, /wave 2 of 4.*15 of 15/is)
  await clickOnce(world, BEN, 'spillway:hold_replay')
  await untilText(world, OPS, /<@U0BEN> holds/)
  await world.person(BEN).command('/queue', 'go-on 1', OPS)
  await untilText(world, OPS, /<@U0BEN> lets/)
  await clickOnce(world, ANA, 'spillway:stop')
  await untilText(world, OPS, /halted/i)
  await eventually('it is over', async () => {
    const [plan] = await world.query<{ state: string }>(
      `select state from plan where action = 'replay' order by number desc limit 1`,
    )
    return plan?.state === 'cancelled'
  })
  expect(await bulk.getCompletedCount()).toBe(20)
  expect(await bulk.getFailedCount()).toBe(60)
  await worker.close()
  await bulk.close()
})
