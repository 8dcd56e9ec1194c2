import { describe, expect, it } from 'vitest'

import { aSettings, OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilHeadline, untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'
import { aChannel } from '../slack/fake-slack/state.ts'

const redis = await freshRedis()

const rooms = (world: World) =>
  [...world.slack.state.channels.values()].filter(({ id }) => id.startsWith('C0ROOM'))

const steps = (world: World) =>
  world.query<{ step: string; state: string; problem: string | null }>(
    'select step, state, problem from room_step order by position',
  )

const allDone = (world: World): Promise<unknown> =>
  eventually('every step is done', async () => {
    const all = await steps(world)
    return all.length > 0 && all.every(({ state }) => state === 'done')
  })

/** The name that the first room will want. */
const wanted = (): string =>
  `inc-${new Date().toISOString().slice(2, 10).replaceAll('-', '')}-email-1`

describe('rooms', () => {
  it('take a suffix when the name is taken, and leave the other channel alone', async () => {
    const world = await createWorld({ redis })
    const other = aChannel(
      { id: 'C0OTHER', name: wanted(), isPrivate: false, creator: 'U0SPILLWAY', created: 0 },
      ['U0SPILLWAY'],
    )
    world.slack.state.channels.set(other.id, other)
    await world.fire({ queue: 'email' })
    await allDone(world)
    const [room, ...more] = rooms(world)
    expect(more).toEqual([])
    expect(room?.name).toMatch(new RegExp(`^${wanted()}-[0-9a-f]{4}$`))
    expect(other.messages).toEqual([])
    expect(other.members.size).toBe(1)
  })

  it('recover the channel that Slack made although its answer was lost', async () => {
    const world = await createWorld({ redis })
    world.slack.failNext('conversations.create', { kind: 'cut', isCarriedOut: true })
    await world.fire({ queue: 'email' })
    await allDone(world)
    expect(rooms(world).map(({ name }) => name)).toEqual([wanted()])
    await untilText(world, OPS, /email is deep/)
  })

  it('show a refused invitation and go on, and pin what could not be pinned at first', async () => {
    const settings = { rooms: { ...aSettings().rooms, invite: ['S0ONCALL', 'U0NOBODY'] } }
    const world = await createWorld({ redis, settings })
    world.slack.failNext('pins.add', { kind: 'status', status: 503 })
    await world.fire({ queue: 'email' })
    const room = await world.room()
    await eventually('all but the invitation are done', async () => {
      const open = (await steps(world)).filter(({ state }) => state !== 'done')
      return open.length === 1 && open[0]?.step === 'invite' && open[0].state === 'failed'
    })
    await untilHeadline(world, room, /Failed: inviting people.*user_not_found/)
    const channel = world.slack.state.channels.get(room)
    expect([...(channel?.members ?? [])]).toEqual(expect.arrayContaining(['U0ANA', 'U0BEN']))
    expect(channel?.topic).toContain('sales/email')
    expect(channel?.pins.size).toBe(1)
  })
})
