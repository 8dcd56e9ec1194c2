import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { auditCounts, carryOut } from '../helpers/acting.ts'
import { createGuardedWorld, untilCard, untilReminder } from '../helpers/approving.ts'
import { ANA, BEN, OPS } from '../helpers/config-of.ts'
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
beforeEach(() => email.resume())
afterAll(async () => {
  await email.close()
  client.disconnect()
})

describe('undo', () => {
  it('of a pause resumes, of a resume pauses again, each a plan of its own with preview and reason', async () => {
    const world = await createGuardedWorld({ redis, queues })
    await carryOut(world, ANA, 'pause email for 30m')
    await untilCard(world, OPS, /Pause of .*: done.*Undo: resume…/s)
    await world.person(BEN).click('spillway:undo', OPS)
    await untilModal(world, BEN, /Resume.*takes plan 1 back.*can be confirmed until/s)
    await world.person(BEN).submit(reason('it was the wrong queue'))
    await untilText(world, OPS, /<@U0BEN> resumed `sales\/email`.*the wrong queue/)
    expect(await email.isPaused()).toBe(false)
    expect(await world.query('select from hold where ended_at is null')).toHaveLength(0)

    await untilCard(world, OPS, /Resume of .*: done.*Undo: pause…/s)
    await world.person(BEN).click('spillway:undo', OPS)
    await untilModal(world, BEN, /Pause.*can be confirmed until/s)
    await world.person(BEN).submit(reason('it was right'))
    await untilCard(world, OPS, /Pause of .*: done/)
    expect(await email.isPaused()).toBe(true)
    expect(await email.count()).toBe(25)
    const plans = await world.query<{ number: string; undoes: string | null }>(
      `select plan.number, undone.number as undoes from plan left join plan undone on undone.id = plan.undoes_plan_id
       order by plan.number`,
    )
    expect(plans.map(({ undoes }) => undoes)).toEqual([null, '1', '2'])
    expect(await auditCounts(world)).toEqual({
      planned: 3,
      confirmed: 3,
      intent: 3,
      step: 3,
      outcome: 3,
    })
  })
})

describe('a hold without an end', () => {
  it('is said again and again to who set it, and listed as held, until somebody resumes', async () => {
    const world = await createGuardedWorld({ redis, queues, policy: { holdReminderMs: 300 } })
    await world.person(ANA).command('/queue', 'pause email', OPS)
    await untilModal(world, ANA, /can be confirmed until/)
    await world.person(ANA).submit({
      ...reason('the provider is down'),
      'spillway:hold_block': { 'spillway:hold': { selected_option: { value: 'open' } } },
    })
    await untilReminder(
      world,
      OPS,
      /<@U0ANA>.*`sales\/email` has been paused for .*without an end.*the provider is down.*`\/queue resume sales\/email`/,
    )
    await world.person(BEN).command('/queue', 'held', OPS)
    await untilAnswer(world, BEN, OPS, /sales\/email/)
    await carryOut(world, BEN, 'resume email')
    expect(await email.isPaused()).toBe(false)
  }, 60_000)
})
