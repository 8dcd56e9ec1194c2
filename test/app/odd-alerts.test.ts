import { describe, expect, it } from 'vitest'

import { ANA, anAlert, OPS, webhook } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilAnswer, untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()

const processed = (world: World, count: number): Promise<unknown> =>
  eventually(`${count} deliveries done`, async () => {
    const rows = await world.query(`select from delivery where state <> 'received'`)
    return rows.length === count
  })

describe('odd alerts', () => {
  it('keeps a body that cannot be read, says so, and takes the next one', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    expect((await world.post('{"version":"4","alerts":')).status).toBe(202)
    await untilText(world, OPS, /\/alerts\/alertmanager could not be read.*It is kept/s)
    const [kept] = await world.query<{ state: string; body: Buffer }>('select * from delivery')
    expect(kept?.state).toBe('unreadable')
    expect(kept?.body.toString()).toBe('{"version":"4","alerts":')

    await world.fire({ queue: 'email' })
    await world.room()
    expect(await world.query('select from incident')).toHaveLength(1)
  })

  it('opens a room for a queue that nobody has seen; a typo in a command gets a suggestion', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await world.fire({ queue: 'emial' })
    await world.room()
    await untilText(world, OPS, /emial is deep/)

    const ana = world.person(ANA)
    await ana.command('/queue', 'status emial', OPS)
    await untilAnswer(world, ANA, OPS, /no queue `emial`.*did you mean `email`/s)
    await ana.command('/queue', 'status nope/email', OPS)
    await untilAnswer(world, ANA, OPS, /no queue `nope\/email`/s)
    expect(await world.query('select from incident')).toHaveLength(1)
  })

  it('says an alert without a queue once per name, counts it, and opens nothing', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    const disk = (fingerprint: string) => anAlert({ alertname: 'DiskFull' }, { fingerprint })
    await world.post(webhook([disk('a')]))
    await processed(world, 1)
    await world.post(webhook([disk('b'), anAlert({ alertname: 'CertExpires' })]))
    await processed(world, 2)
    await untilText(world, OPS, /Alert DiskFull names no queue/)
    await untilText(world, OPS, /Alert CertExpires names no queue/)
    await eventually('the count', () =>
      JSON.stringify(world.slack.state.channels.get(OPS)?.messages).includes('Seen 2 times'),
    )
    expect(world.texts(OPS).filter((text) => /DiskFull/.test(text))).toHaveLength(1)
    expect(await world.query('select from incident')).toHaveLength(0)
  })

  it('does not take another system for one of its own', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await world.fire({ queue: 'email', system: 'warehouse' })
    await untilText(world, OPS, /Alert QueueBacklog names no queue/)
    expect(await world.query('select from incident')).toHaveLength(0)
  })
})
