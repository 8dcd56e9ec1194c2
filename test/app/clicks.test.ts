import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { auditCounts, preview } from '../helpers/acting.ts'
import { ANA, BEN, OPS, VIC } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import {
  answersTo,
  tokenOn,
  untilAnswer,
  untilHeadline,
  untilModal,
  untilText,
} from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
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

async function incident(): Promise<{ readonly world: World; readonly room: string }> {
  const world = await createWorld({ redis, queues: ['email'] })
  await world.fire({ queue: 'email' })
  const room = await world.room()
  await untilHeadline(world, room, /spillway:pause/)
  return { world, room }
}

describe('clicks that must not work', () => {
  it('refuses whoever has no role, and whoever Slack cannot vouch for', async () => {
    const { world, room } = await incident()
    await world.person(VIC).click('spillway:pause', room)
    await untilModal(world, VIC, /You need the role \*operator\* to pause/)
    expect(await auditCounts(world)).toEqual({ denied: 1 })

    world.slack.failNext('users.info', { kind: 'status', status: 503 }, 2)
    await world.person(BEN).click('spillway:pause', room)
    await untilModal(world, BEN, /Slack does not answer, so nobody can say.*Nothing was changed/s)
    await world.person(BEN).command('/queue', 'status email', OPS)
    await untilAnswer(world, BEN, OPS, /Slack does not answer, so nobody can say who you are/)
    expect(await world.query('select from plan')).toHaveLength(0)
    expect(await email.isPaused()).toBe(false)
  })

  it('refuses forged tokens and tokens of another purpose', async () => {
    const { world, room } = await incident()
    const ana = world.person(ANA)
    await ana.clickValue('spillway:ack', 'forged', room)
    await untilAnswer(world, ANA, room, /This button is not known any more/)
    await ana.clickValue('spillway:pause', 'forged', room)
    await untilModal(world, ANA, /This button is not known any more/)
    await ana.clickValue('spillway:pause', tokenOn(world, room, 'spillway:ack'), room)
    await untilModal(world, ANA, /does not belong to its message/)
    await ana.clickValue('spillway:resolve', tokenOn(world, room, 'spillway:pause'), room)
    await untilAnswer(world, ANA, room, /does not belong to its message/)
    expect(await world.query(`select from incident where state = 'triage'`)).toHaveLength(1)
    expect(await auditCounts(world)).toEqual({})
  })

  it('refuses a preview that is too old', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await preview(world, ANA, 'pause email for 30m')
    await world.query('update plan set expires_at = now()')
    await world.person(ANA).submit(reason('late'))
    await untilModal(world, ANA, /This preview expired at .*Nothing was changed/s)
    expect(await email.isPaused()).toBe(false)
    const audited = async (): Promise<unknown> => (await auditCounts(world))['expired'] === 1
    await eventually('its end in the audit trail', audited)
    expect(await auditCounts(world)).toEqual({ planned: 1, expired: 1 })
  })

  it('says so when Slack does not open the window', async () => {
    const { world, room } = await incident()
    world.slack.failNext('views.open', { kind: 'rate_limited', retryAfterS: 7 })
    await world.person(ANA).click('spillway:pause', room)
    await untilAnswer(world, ANA, room, /could not open the window.*wait 7 s.*Nothing/s)
    expect(await world.query('select from plan')).toHaveLength(0)
  })
})

describe('the same thing twice', () => {
  it('carries out once what is submitted twice', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await preview(world, ANA, 'pause email for 30m')
    const ana = world.person(ANA)
    await Promise.all([ana.submit(reason('once')), ana.submit(reason('twice'))])
    await untilModal(world, ANA, /Pause of `sales\/email`.*: done|You have confirmed this already/)
    await untilText(world, OPS, /paused `sales\/email`/)
    expect(await auditCounts(world)).toEqual({
      planned: 1,
      confirmed: 1,
      intent: 1,
      step: 1,
      outcome: 1,
    })
    expect(await world.query('select from hold')).toHaveLength(1)
  })

  it('lets one of two people win, and tells the other by whom and when', async () => {
    const { world, room } = await incident()
    const [ana, ben] = [world.person(ANA), world.person(BEN)]
    const late = tokenOn(world, room, 'spillway:pause')
    await Promise.all([ana, ben].map((person) => person.click('spillway:pause', room)))
    await Promise.all([ANA, BEN].map((user) => untilModal(world, user, /can be confirmed/)))
    await Promise.all([ana, ben].map((person) => person.submit(reason('both'))))
    await eventually('both are over', async () => {
      const rows = await world.query('select from plan where finished_at is not null')
      return rows.length === 2
    })
    const plans = await world.query<{ state: string; user_id: string }>('select * from plan')
    const winner = plans.find(({ state }) => state === 'done')?.user_id
    const loser = winner === ANA ? BEN : ANA
    expect(plans.map(({ state }) => state).toSorted()).toEqual(['done', 'refused'])
    await untilModal(world, loser, new RegExp(`was paused by <@${winner}> at \\d\\d:\\d\\d`))
    expect(await world.query('select from hold where ended_at is null')).toHaveLength(1)

    // Later still, with the button as it was.
    await ben.clickValue('spillway:pause', late, room)
    await untilModal(world, BEN, new RegExp(`already paused by <@${winner}> at \\d\\d:\\d\\d`))
    expect(await email.isPaused()).toBe(true)
    expect(await email.count()).toBe(25)

    // Both want it to run again: one does it, the other learns who did.
    await untilHeadline(world, room, /spillway:resume/)
    await Promise.all([ana, ben].map((person) => person.click('spillway:resume', room)))
    await Promise.all([ANA, BEN].map((user) => untilModal(world, user, /may take 25/)))
    await Promise.all([ana, ben].map((person) => person.submit(reason('both'))))
    await untilText(world, room, /was running already: <@U0(ANA|BEN)> resumed it at \d\d:\d\d/)
    expect(await email.isPaused()).toBe(false)
    expect(world.texts(room).filter((text) => /> resumed `sales/.test(text))).toHaveLength(1)
  })

  it('answers a mention once, however often Slack delivers it, here or to another replica', async () => {
    const { world, room } = await incident()
    const second = await world.replica()
    const ana = world.person(ANA)
    await ana.mention('held', room, undefined, 'Ev1')
    await untilAnswer(world, ANA, room, /Nothing is paused/)
    await ana.mention('held', room, undefined, 'Ev1')
    await world.personAt(second, ANA).mention('held', room, undefined, 'Ev1')
    await world.personAt(second, ANA).mention('list', room, undefined, 'Ev2')
    await untilAnswer(world, ANA, room, /1 queue/)
    const held = answersTo(world, ANA, room).filter((text) => /Nothing is paused/.test(text))
    expect(held).toHaveLength(1)
  })
})
