import { Queue, Worker } from 'bullmq'
import { expect, it, onTestFinished } from 'vitest'

import { order } from '../helpers/acting.ts'
import { ANA, OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilAnswer, untilModal, untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld } from '../helpers/world.ts'

const redis = await freshRedis()
const connection = { host: '127.0.0.1', port: redis.port, maxRetriesPerRequest: null }

it('gives the outcomes of a canary as a file in the thread of its card, and plans the rest', async () => {
  const email = new Queue('email', { connection })
  let isMended = false
  const worker = new Worker(
    'email',
    async () => {
      if (!isMended) throw new Error('ETIMEDOUT 10.0.0.1:443')
    },
    { connection, concurrency: 10 },
  )
  onTestFinished(async () => {
    await worker.close()
    await email.close()
  })
  await email.addBulk(Array.from({ length: 6 }, (_, n) => ({ name: 'send', data: { n } })))
  await eventually('all failed', async () => (await email.getFailedCount()) === 6)
  isMended = true

  const world = await createWorld({ redis, queues: ['email'] })
  const ana = world.person(ANA)
  await order(world, ANA, 'replay email canary 2 watch 1s')
  await untilText(world, OPS, /Replay of failed jobs → `sales\/email`: done/)
  await eventually('the card offers the table', async () =>
    ana.click('spillway:outcomes', OPS).then(
      () => true,
      () => false,
    ),
  )
  await untilAnswer(world, ANA, OPS, /table of 2 jobs of plan \d+ is in the thread of its card/)
  const [file, ...more] = world.slack.state.files.values()
  expect(more).toEqual([])
  const card = world.slack.state.channels
    .get(OPS)
    ?.messages.find(({ text }) => text.includes('Replay of failed jobs'))
  expect(file).toMatchObject({ channel: OPS, threadTs: card?.ts })
  expect(file?.content?.toString()).toMatch(/(?:\r\n[^\r]*,1,send,[^\r]*,completed,[^\r]*){2}\r\n$/)

  await ana.click('spillway:rest', OPS)
  await untilModal(world, ANA, /Replay[^]*4 jobs/)
})
