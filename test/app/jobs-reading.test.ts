import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { ANA, OPS, VIC } from '../helpers/config-of.ts'
import { answersTo, untilAnswer, untilModal } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const email = new Queue('email', { connection: client })
const sms = new Queue('sms', { connection: client })

/** A job as a worker left it that gave up. */
const failedJob = (id: string, type: string, error: string, at: number) => ({
  id,
  at,
  fields: {
    name: type,
    data: JSON.stringify({ password: 'hunter2', id }),
    opts: '{"attempts":3}',
    timestamp: String(at - 1000),
    delay: '0',
    priority: '0',
    processedOn: String(at - 10),
    finishedOn: String(at),
    atm: '3',
    failedReason: error,
    stacktrace: JSON.stringify([`Error: ${error}\n    at send (/app/mail.js:3:1)`]),
  },
})

beforeAll(async () => {
  await email.addBulk([
    ...['a', 'b', 'a'].map((to) => ({ name: 'welcome', data: { to } })),
    { name: 'digest', data: { to: 'a' } },
  ])
  const now = Date.now()
  const failed = [
    ...Array.from({ length: 1005 }, (_, n) =>
      failedJob(`t${n}`, 'send', `connect ETIMEDOUT 10.0.0.${n % 200}:443`, now - 60_000 + n),
    ),
    ...['p1', 'p2'].map((id) =>
      failedJob(id, 'poison', 'Unexpected token < in JSON', now - 50_000),
    ),
  ]
  const writing = client.pipeline()
  for (const { id, at, fields } of failed)
    writing.hset(`bull:email:${id}`, fields).zadd('bull:email:failed', at, id)
  for (const [n, error] of ['ECONNREFUSED', 'HTTP 429', 'timed out'].entries()) {
    const { id, at, fields } = failedJob(`s${n}`, 'send', error, now - 40_000 + n)
    writing.hset(`bull:sms:${id}`, fields).zadd('bull:sms:failed', at, id)
  }
  for (const id of ['a1', 'a2', 'a3', 'a4'])
    writing
      .hset(`bull:sms:${id}`, { name: 'send', data: '{}', opts: '{}', timestamp: String(now) })
      .lpush('bull:sms:active', id)
  await writing.exec()
  await sms.waitUntilReady()
})
afterAll(async () => {
  await Promise.all([email.close(), sms.close()])
  client.disconnect()
})

it('whoever is a member looks at failures, lists, single jobs and the vault, and finds the way to act', async () => {
  const world = await createWorld({ redis, queues: ['email'] })
  const vic = world.person(VIC)
  const ask = (text: string) => vic.command('/queue', text, OPS)
  const told = (words: RegExp) => untilAnswer(world, VIC, OPS, words)

  await ask('failed email')
  const first = await told(/from the newest 1,000 of 1,007 failed jobs; the others are being/)
  expect(first).toContain('connect ETIMEDOUT {host}')
  expect(first).toContain('Check that it is up and not overloaded')
  const whole = await told(/\*1,005×\* \(over 99 %\)/)
  expect(whole).toContain('send (mail.js)')

  await ask('jobs email state:failed type:send')
  await told(/At least 10 jobs/)
  await told(/1,005 jobs in .*1,007 jobs looked at/)
  await vic.click('spillway:next', OPS)
  await told(/11 to 20 of at least 20/)

  await ask('duplicates email')
  const twins = await told(/1 job in `sales\/email`.*is:duplicate/)
  expect(twins).toContain('quarantine sales/email state:waiting,prioritized,delayed is:duplicate')

  await ask('job email p1')
  const one = await told(/Failed: job `p1`/)
  expect(one).toContain('3 of 3 attempts')
  await ask('vault')
  await told(/The vault holds nothing/)
  await ask('failed email tpye:x')
  await told(/did you mean `type:`/)
  expect(answersTo(world, VIC, OPS).join()).not.toContain('hunter2')

  const ana = world.person(ANA)
  await ana.command('/queue', 'failed email type:poison', OPS)
  const shown = await untilAnswer(world, ANA, OPS, /2 failed jobs .* that match `type:poison`/)
  const key = /error:(#[0-9a-f]{8})/.exec(shown)?.[1]
  await ana.command('/queue', `failed email error:${key}`, OPS)
  await untilAnswer(world, ANA, OPS, /2 jobs in .*job `p1`.*job `p2`/)
  await ana.click('spillway:quarantine', OPS)
  await untilModal(world, ANA, /can be confirmed until/)
  await ana.submit(reason('poisoned'))
  await untilModal(world, ANA, /Quarantine of .*: done/)

  await ask('outcomes 1')
  await told(/\*2\* done.*`p1` \(\*v1\*\).*`p2`.*spillway jobs outcomes 1 --format csv/)
  await ask('vault email')
  await told(/\*v1\* `sales\/email` · \*2 jobs\* held/)
  await ana.command('/queue', 'vault v1', OPS)
  await untilAnswer(world, ANA, OPS, /Vault v1: 2 jobs of `sales\/email` held.*First 10…/)
  await ana.click('spillway:release', OPS)
  await untilModal(world, ANA, /Release[^]*can be confirmed until/)
  await ask('job email p1')
  await told(/Held in \*v1\*/)
})

it('offers what each remedy advises, and the rest in the menu of its failure', async () => {
  const world = await createWorld({ redis, queues: ['email', 'sms'] })
  const ana = world.person(ANA)
  await ana.command('/queue', 'failed sms', OPS)
  await untilAnswer(world, ANA, OPS, /3 failed jobs in .*Retry….*Throttle….*Pause…/)
  await ana.click('spillway:throttle', OPS)
  await untilModal(world, ANA, /Throttle.*at most 2 at once.*can be confirmed until/)
  await ana.choose('Quarantine…', OPS)
  await untilModal(world, ANA, /"Quarantine 1 job"/)
  await ana.click('spillway:pause', OPS)
  await untilModal(world, ANA, /Pause[^]*can be confirmed until/)
  await ana.submit(reason('nothing listens there'))
  await untilModal(world, ANA, /Pause of .*: done/)
  await ana.command('/queue', 'failed sms type:send', OPS)
  const paused = await untilAnswer(world, ANA, OPS, /3 failed jobs in .* that match `type:send`/)
  expect(paused).not.toContain('Pause…')
  expect(paused).toContain('Quarantine…')
})
