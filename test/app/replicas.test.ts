import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { auditCounts, carryOut, letTimePass } from '../helpers/acting.ts'
import { ANA, anAlert, OPS, postAlert, webhook } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilAnswer, untilModal, untilText } from '../helpers/looking.ts'
import { reason } from '../helpers/reason.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const email = new Queue('email', { connection: client })

beforeAll(async () => {
  await email.addBulk(Array.from({ length: 25 }, (_, i) => ({ name: 'send', data: { i } })))
})
afterAll(async () => {
  await email.close()
  client.disconnect()
})

const processed = (world: World, count: number): Promise<unknown> =>
  eventually(`${count} deliveries processed`, async () => {
    const rows = await world.query(`select from delivery where state = 'processed'`)
    return rows.length === count
  })

const rooms = (world: World): number =>
  [...world.slack.state.channels.keys()].filter((id) => id.startsWith('C0ROOM')).length

describe('two replicas', () => {
  it('make one incident, one room and one alert of a body that both get', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    const second = await world.replica()
    const body = webhook([anAlert({ queue: 'email' })])
    const answers = await Promise.all([
      postAlert(world.app(), body),
      postAlert(second, body),
      postAlert(second, body),
    ])
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202])
    await world.room()
    await processed(world, 3)
    expect(await world.query('select from incident')).toHaveLength(1)
    expect(await world.query('select from alert where repeats = 0')).toHaveLength(1)
    expect(await world.query('select from delivery where redelivery_of is not null')).toHaveLength(
      2,
    )
    expect(rooms(world)).toBe(1)
  })

  it('make one incident of 50 alerts for one queue that come at once', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    const second = await world.replica()
    const apps = [world.app(), second]
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        postAlert(apps[i % 2] ?? second, webhook([anAlert({ queue: 'email' })])),
      ),
    )
    expect(answers.every(({ status }) => status === 202)).toBe(true)
    await processed(world, 50)
    await world.room()
    expect(await world.query('select from incident')).toHaveLength(1)
    expect(await world.query('select from alert where incident_id is not null')).toHaveLength(50)
    expect(rooms(world)).toBe(1)
  })

  it('carry out once what both are told, and end a hold once', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    const second = await world.replica()
    await world.fire({ queue: 'email' })
    const room = await world.room()
    const [here, there] = [world.person(ANA), world.personAt(second, ANA)]
    await Promise.all([here.click('spillway:ack', room), there.click('spillway:ack', room)])
    await untilAnswer(world, ANA, room, /You lead incident/)
    await untilAnswer(world, ANA, room, /[Aa]lready acknowledged by <@U0ANA> at/)

    await here.command('/queue', 'pause email for 30m', OPS)
    await untilModal(world, ANA, /can be confirmed/)
    await Promise.all([here.submit(reason('both')), there.submit(reason('both'))])
    await untilText(world, OPS, /paused `sales\/email`/)
    expect(await auditCounts(world)).toEqual({
      acknowledged: 1,
      planned: 1,
      confirmed: 1,
      intent: 1,
      step: 1,
      outcome: 1,
    })

    await letTimePass(world)
    await untilText(world, OPS, /ended by itself/)
    // Both replicas sweep meanwhile.
    await eventually('two more sweeps', async () => {
      const slots = await world.query(`select from timer_claim where key like 'sweep%'`)
      return slots.length >= 2
    })
    expect(await email.isPaused()).toBe(false)
    const ended = `select from plan where ends_hold_id is not null and state = 'done'`
    expect(await world.query(ended)).toHaveLength(1)
    expect(world.texts(OPS).filter((text) => /ended by itself/.test(text))).toHaveLength(1)
    expect((await auditCounts(world))['intent']).toBe(2)
  })

  it('go on with what the other one left', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    const second = await world.replica()
    await carryOut(world, ANA, 'pause email for 30m')
    await second.stop()
    await letTimePass(world)
    await untilText(world, OPS, /ended by itself/)
    expect(await email.isPaused()).toBe(false)
  })
})
