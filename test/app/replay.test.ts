import { Queue, Worker } from 'bullmq'
import { expect, it } from 'vitest'

import { auditCounts, order } from '../helpers/acting.ts'
import { ANA, OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld } from '../helpers/world.ts'

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
  await untilText(world, OPS, /Done/)
  expect(await email.getCompletedCount()).toBe(2)
  expect((await auditCounts(world))['judged']).toBe(1)
  await worker.close()
  await email.close()
})
