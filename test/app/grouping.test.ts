import { describe, expect, it } from 'vitest'

import { DEFAULT_RULE } from '../../src/domain/settings.ts'
import { ANA, anAlert, OPS, webhook, type WebhookAlert } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilHeadline, untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()

/** Sends one body and waits until it was worked off. */
async function send(world: World, ...alerts: readonly WebhookAlert[]): Promise<void> {
  const answer = await world.post(webhook(alerts))
  const { id } = (await answer.json()) as { readonly id: string }
  await eventually('the delivery is processed', async () => {
    const text = `select from delivery where id = $1 and state = 'processed'`
    return (await world.query(text, [id])).length === 1
  })
}

const resolved = (alert: WebhookAlert): WebhookAlert => ({
  ...alert,
  status: 'resolved',
  endsAt: new Date().toISOString(),
})

/** The same alert, fired anew: another start. */
const again = (alert: WebhookAlert): WebhookAlert => ({
  ...alert,
  startsAt: new Date(Date.parse(alert.startsAt) + 1000).toISOString(),
})

interface Row {
  readonly id: string
  readonly state: string
  readonly severity: string
  readonly reopened: number
  readonly kind: string
  readonly storm_id: string | null
}

const incidents = (world: World): Promise<Row[]> =>
  world.query<Row>('select * from incident order by id')

const rooms = (world: World): readonly string[] =>
  [...world.slack.state.channels.keys()].filter((id) => id.startsWith('C0ROOM'))

describe('grouping', () => {
  it('follows repeat, rise, partial and full resolve, and a re-fire, in one room', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    const slow = anAlert({ queue: 'email', severity: 'warning' })
    const deep = anAlert({ queue: 'email', alertname: 'QueueDeep', severity: 'critical' })
    await send(world, slow)
    const room = await world.room()
    expect(await incidents(world)).toMatchObject([{ severity: 'SEV3', state: 'triage' }])
    await send(world, { ...slow, annotations: { summary: 'still slow' } })
    expect(await world.query('select from alert where repeats = 1')).toHaveLength(1)
    await send(world, slow, deep)
    expect(await incidents(world)).toMatchObject([{ severity: 'SEV1', state: 'triage' }])
    await untilHeadline(world, room, /2 alerts firing/)

    await send(world, resolved(slow))
    expect(await incidents(world)).toMatchObject([{ state: 'triage' }])
    await send(world, resolved(slow), resolved(deep))
    expect(await incidents(world)).toMatchObject([{ state: 'mitigated' }])
    await untilText(world, room, /All alerts are resolved/)
    await send(world, again(slow))
    expect(await incidents(world)).toMatchObject([{ state: 'triage', severity: 'SEV1' }])
    expect(rooms(world)).toHaveLength(1)
  })

  it('reopens the same room inside the window, opens a new one after it', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    const alert = anAlert({ queue: 'email' })
    await send(world, alert)
    const room = await world.room()
    await send(world, resolved(alert))
    await world.person(ANA).command('/incident', 'resolve', room)
    await untilText(world, room, /<@U0ANA> resolved the incident/)
    await send(world, again(alert))
    await untilText(world, room, /Reopened: QueueBacklog fired again/)
    expect(await incidents(world)).toMatchObject([{ state: 'triage', reopened: 1 }])
    expect(rooms(world)).toHaveLength(1)

    await world.person(ANA).command('/incident', 'resolve', room)
    await eventually(
      'it is resolved',
      async () => (await incidents(world))[0]?.state === 'resolved',
    )
    // A repeat of what a person has just closed opens nothing.
    await send(world, { ...again(alert), annotations: { summary: 'still' } })
    expect(await incidents(world)).toMatchObject([{ state: 'resolved' }])

    await world.query(`update incident set resolved_at = now() - interval '16 minutes'`)
    await send(world, { ...again(alert), annotations: { summary: 'still, much later' } })
    expect(await incidents(world)).toMatchObject([{ state: 'resolved' }, { state: 'triage' }])
    await eventually('a second room', () => rooms(world).length === 2)
    // The alert went with it: its end is the new incident's.
    await send(world, resolved(again(alert)))
    expect(await incidents(world)).toMatchObject([{ state: 'resolved' }, { state: 'mitigated' }])
  })

  it('opens nothing for an end without a beginning', async () => {
    const world = await createWorld({ redis, queues: ['email'] })
    await send(world, resolved(anAlert({ queue: 'email' })))
    expect(await incidents(world)).toEqual([])
    expect(world.texts(OPS)).toEqual([])
  })

  it('makes at most five rooms of twelve queues, the rest lines of one storm that end with their alerts', async () => {
    const world = await createWorld({ redis, queues: [] })
    const alerts = Array.from({ length: 12 }, (_, i) =>
      anAlert({ queue: `q${i}`, severity: 'warning' }),
    )
    await send(world, ...alerts)
    await eventually('five rooms', () => rooms(world).length === 5)
    const all = await incidents(world)
    const storm = all.find(({ kind }) => kind === 'storm')
    const lines = all.filter(({ storm_id: id }) => id !== null)
    expect(lines).toHaveLength(8)
    expect(lines.every(({ storm_id: id }) => id === storm?.id)).toBe(true)
    await untilText(world, OPS, /Alert storm: many queues at once/)

    // One more is a line, too, and a severe one makes the storm severe.
    await send(world, anAlert({ queue: 'q12' }))
    expect((await incidents(world)).find(({ kind }) => kind === 'storm')?.severity).toBe('SEV1')
    await send(world, ...alerts.map(resolved))
    const after = await incidents(world)
    expect(after.filter((one) => one.storm_id !== null && one.state === 'resolved')).toHaveLength(8)
    expect(after.filter(({ state }) => state === 'mitigated')).toHaveLength(4)
    expect(after.find(({ kind }) => kind === 'storm')?.state).toBe('triage')
    expect(rooms(world)).toHaveLength(5)
  })

  it('takes queues of one group as one incident', async () => {
    const rule = { ...DEFAULT_RULE, match: 'sales/mail:*', group: 'mail' }
    const world = await createWorld({ redis, queues: [], settings: { queueRules: [rule] } })
    await send(world, anAlert({ queue: 'mail:send' }))
    await send(world, anAlert({ queue: 'mail:bounce' }))
    const room = await world.room()
    await untilHeadline(world, room, /2 alerts firing/)
    expect(await incidents(world)).toHaveLength(1)
  })
})
