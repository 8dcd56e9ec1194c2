import { describe, expect, it } from 'vitest'

import { OPS } from '../helpers/config-of.ts'
import { eventually } from '../helpers/eventually.ts'
import { untilText } from '../helpers/looking.ts'
import { freshRedis } from '../helpers/redis.ts'
import { createWorld, type World } from '../helpers/world.ts'

const redis = await freshRedis()

const lines = ['first', 'second', 'third', 'fourth', 'fifth']

/** Wants one line after the other in the ops channel. */
async function say(world: World, all: readonly string[]): Promise<void> {
  for (const words of all)
    await world.app().store.now.messages.put({
      key: `test:${words}`,
      target: { kind: 'ops' },
      content: { kind: 'line', line: { icon: 'info', words, mention: [] } },
      priority: 1,
    })
}

const drained = (world: World): Promise<unknown> =>
  eventually(
    'the outbox is empty',
    async () => (await world.app().store.now.messages.depth()) === 0,
    () => world.texts(OPS),
  )

const said = (world: World): readonly string[] =>
  world.texts(OPS).flatMap((text) => lines.filter((words) => text.includes(words)))

describe('Slack away', () => {
  it('is away at the start: alerts are taken, the room opens when it is there', async () => {
    const outages: { end(): void }[] = []
    const world = await createWorld({
      redis,
      isAwaited: false,
      prepare: (slack) => {
        outages.push(slack.outage())
      },
    })
    await eventually('alerts are taken', async () => {
      const answer = await world.fire({ queue: 'email' }, { fingerprint: 'early' })
      return answer.status === 202
    })
    await eventually('an incident', async () => (await world.query('select from incident')).length)
    expect(world.app().slack.status().state).not.toBe('connected')
    outages.forEach((outage) => outage.end())
    await world.room()
    await untilText(world, OPS, /email is deep/)
  })

  it('goes away later: lines wait, come in order, each once; so does the room', async () => {
    const world = await createWorld({ redis })
    const outage = world.slack.outage()
    await say(world, lines)
    expect((await world.fire({ queue: 'email' })).status).toBe(202)
    await eventually('a call that failed', () =>
      world.slack.calls.some(({ outcome }) => outcome === 'cut'),
    )
    outage.end()
    await world.room()
    await drained(world)
    expect(said(world)).toEqual(lines)
  })

  it('posts once although the answer to a post was lost, twice in two ways', async () => {
    const world = await createWorld({ redis })
    world.slack.failNext('chat.postMessage', { kind: 'cut', isCarriedOut: true })
    await say(world, lines.slice(0, 2))
    await eventually('the lost answer', () =>
      world.slack.callsOf('chat.postMessage').some(({ outcome }) => outcome === 'cut'),
    )
    world.slack.failNext('chat.postMessage', { kind: 'status', status: 503 })
    await say(world, lines.slice(2))
    await drained(world)
    expect(said(world)).toEqual(lines)
  })

  it('may be slow with one method while the others go on', async () => {
    const world = await createWorld({ redis })
    await world.fire({ queue: 'email' }, { fingerprint: 'one' })
    const room = await world.room()
    await drained(world)
    world.slack.failNext('chat.update', { kind: 'rate_limited', retryAfterS: 2 })
    // An edit of the headline, then posts.
    await world.fire({ queue: 'email' }, { fingerprint: 'two' })
    await eventually('the 429', () =>
      world.slack.callsOf('chat.update').some(({ outcome }) => outcome === 'rate_limited'),
    )
    await say(world, lines)
    await untilText(world, OPS, /first/)
    await drained(world)
    expect(said(world)).toEqual(lines)
    const [headline] = world.slack.state.channels.get(room)?.messages ?? []
    expect(JSON.stringify(headline?.blocks)).toContain('2 alerts firing')
    expect(world.texts(room).filter((text) => /email is deep/.test(text))).toHaveLength(1)
  })
})
