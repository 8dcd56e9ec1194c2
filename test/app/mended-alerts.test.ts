import { describe, expect, it } from 'vitest'

import { ANA, anAlert, OPS, webhook } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilAnswer, untilHeadline, untilText } from '../helpers/looking.ts'
import { asAdmin } from '../helpers/postgres.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()

/** Sends a body of our own format and waits until it was worked off. */
async function send(world: World, body: object): Promise<void> {
  const answer = await world.post(body, { source: 'json' })
  const { id } = (await answer.json()) as { readonly id: string }
  await eventually('the delivery is processed', async () => {
    const text = `select from delivery where id = $1 and state <> 'received'`
    return (await world.query(text, [id])).length === 1
  })
}

const alerts = (world: World) => world.query('select status from alert order by id')
const states = (world: World) => world.query('select state, reopened from incident order by id')

const fire = { name: 'Backlog', queue: 'email', severity: 'warning' }
const resolve = { ...fire, status: 'resolved' }

describe('alerts without a start', () => {
  it('are one alert while they fire, end, and fire anew, also within a minute by the same bytes', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await send(world, fire)
    await send(world, { ...fire, summary: 'still' })
    expect(await alerts(world)).toEqual([{ status: 'firing' }])
    await send(world, resolve)
    expect(await alerts(world)).toEqual([{ status: 'resolved' }])
    expect(await states(world)).toEqual([{ state: 'mitigated', reopened: 0 }])
    await send(world, fire)
    expect(await alerts(world)).toEqual([{ status: 'resolved' }, { status: 'firing' }])
    expect(await states(world)).toMatchObject([{ state: 'triage' }])
    // The sender did not hear us: nothing happened in between.
    await send(world, fire)
    expect(await world.query('select from alert where repeats > 0')).toHaveLength(1)
  })

  it('stay ended when the end came first', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await send(world, resolve)
    await world.query(
      `update alert set starts_at = now() + interval '1 minute', last_seen_at = now() + interval '1 minute'`,
    )
    await send(world, fire)
    expect(await alerts(world)).toEqual([{ status: 'resolved' }])
  })
})

describe('an alert that starts anew', () => {
  it('closes the earlier one whose end was never heard', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    const first = anAlert({ queue: 'email' })
    const second = {
      ...first,
      startsAt: new Date(Date.parse(first.startsAt) + 60_000).toISOString(),
    }
    await world.post(webhook([first]))
    const room = await world.room()
    await world.post(webhook([second]))
    await eventually('two alerts', async () => (await alerts(world)).length === 2)
    expect(await alerts(world)).toEqual([{ status: 'resolved' }, { status: 'firing' }])
    await world.post(webhook([{ ...second, status: 'resolved', endsAt: new Date().toISOString() }]))
    await untilText(world, room, /All alerts are resolved/)
  })
})

describe('what cannot be worked off', () => {
  it('is mapped to no queue when its label is absurdly long, and spoils nothing beside it', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    const absurd = Array.from({ length: 900 }, (_, index) => `part${index}`).join('.')
    await world.post(webhook([anAlert({ queue: absurd }), anAlert({ queue: 'email' })]))
    await world.room()
    await untilText(world, OPS, /names no queue/)
    expect(await world.query('select queue from incident')).toEqual([{ queue: 'email' }])
  })

  it('is counted and shown', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await send(world, { alerts: 'none' })
    await untilText(world, OPS, /1 request to/)
    await send(world, { alerts: 'neither' })
    const said = await untilText(world, OPS, /2 requests to \/alerts\/json could not be read/)
    expect(said).toMatch(/does not fit.*delivery [0-9a-f-]{36}/)
    await world.person(ANA).command('/incident', 'list', OPS)
    const answer = await untilAnswer(world, ANA, OPS, /Could not be read/)
    expect(answer.match(/does not fit/g)).toHaveLength(2)
  })

  it('is given up after five failures, and said', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await asAdmin(
      world.database.owner,
      `alter table spillway.alert add constraint no_poison check (fingerprint <> 'poison')`,
    )
    await world.fire({ queue: 'email' }, { fingerprint: 'poison' })
    await eventually('it is given up', async () => {
      // As if the time between two attempts had passed.
      await world.query(
        `select graphile_worker.add_job('process_delivery', json_build_object('deliveryId', id),
           job_key => 'process_delivery:' || id) from delivery where state = 'received'`,
      )
      return world.texts(OPS).some((text) => /could not be processed.*no_poison/.test(text))
    })
    const [delivery] = await world.query<{ state: string; attempts: number }>(
      'select state, attempts from delivery',
    )
    expect(delivery?.state).toBe('unreadable')
    // Another attempt may have been under way when the fifth gave up.
    expect([5, 6]).toContain(delivery?.attempts)
  })
})

describe('the timeline', () => {
  it('says that the severity rose', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await world.fire({ queue: 'email', severity: 'warning' })
    const room = await world.room()
    await world.fire({ queue: 'email', severity: 'critical' })
    await untilHeadline(world, room, /SEV1/)
    expect(await world.query(`select words from timeline where kind = 'severity'`)).toEqual([
      { words: 'Severity rose from SEV3 to SEV1' },
    ])
  })
})
