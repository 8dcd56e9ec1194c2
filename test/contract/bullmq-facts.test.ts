import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { eventually } from '../helpers/eventually.ts'
import { FLAVOURS, openForeignWorker } from './bullmq-flavours.ts'
import { openBullmqWorld, openSystem, type BullmqWorld } from './bullmq-world.ts'

let world: BullmqWorld
beforeAll(async () => {
  world = await openBullmqWorld()
})
afterAll(() => world.close())

const MINUTE_MS = 60_000
const ago = (ms: number) => Date.now() - ms

/** `count` jobs that ended one after the other, the first one `fromMs` ago, the last one `toMs` ago. */
async function ended(set: string, count: number, fromMs: number, toMs: number): Promise<void> {
  const now = Date.now()
  const step = (fromMs - toMs) / Math.max(1, count - 1)
  const scored = Array.from({ length: count }, (_, index) => [
    String(Math.round(now - fromMs + step * index)),
    `${fromMs}-${index}`,
  ])
  await world.raw.zadd(set, ...scored.flat())
}

const rateOf = async (queue: string) => (await world.system.planFacts(queue)).rate

describe('jobs next in line', () => {
  it.each(FLAVOURS)('are those that workers of %s take next', async (flavour) => {
    const queue = `next:${flavour}`
    const theirs = world.foreign(flavour, queue)
    const [low, ...plain] = await theirs.addBulk([
      { name: 'low', data: { n: 1 }, opts: { priority: 9 } },
      { name: 'first', data: { n: 2, password: 'hunter2' } },
      { name: 'second', data: Object.fromEntries(Array.from('x'.repeat(5000), (x, n) => [n, x])) },
    ])
    const shown = async () => {
      const { sample } = await world.system.planFacts(queue)
      return sample.map(({ id }) => id)
    }
    expect(await shown()).toEqual([...plain, low])
    await world.system.pause(queue)
    await theirs.addBulk([{ name: 'late', data: {} }])
    expect(await shown()).toEqual([...plain, await lastAdded(queue)])
    const { sample } = await world.system.planFacts(queue)
    expect(sample[0]).toMatchObject({ type: 'first', attempts: 0 })
    expect(sample[0]?.data).not.toContain('hunter2')
    expect(sample[1]?.data).toHaveLength(400)
    expect(sample[0]?.addedAt?.getTime()).toBeGreaterThan(ago(MINUTE_MS))
  })

  it('are those set aside first, where jobs wait in two lists', async () => {
    await world.foreign('v5', 'two-lists').addBulk([{ name: 'older', data: {} }])
    await world.system.pause('two-lists')
    await world.foreign('v6', 'two-lists').addBulk([{ name: 'newer', data: {} }])
    const { sample, types } = await world.system.planFacts('two-lists')
    expect(sample.map(({ type }) => type)).toEqual(['older', 'newer'])
    expect(types.total).toBe(2)
  })

  it('tell how often they were tried, and leave out what is no job', async () => {
    const queue = 'tried'
    const worker = openForeignWorker('v5', queue, world.server.port, () =>
      Promise.reject(new Error('no')),
    )
    await world
      .foreign('v5', queue)
      .addBulk([{ name: 'a', data: {}, opts: { attempts: 50, priority: 1 } }])
    await eventually(
      'tried twice',
      async () => Number(await world.raw.hget('bull:tried:1', 'atm')) > 1,
    )
    await world.system.pause(queue)
    await eventually('back in line', async () => (await world.raw.llen('bull:tried:active')) === 0)
    await worker.close()
    await world.raw.rpush('bull:tried:paused', 'gone', '0:0')
    const { sample } = await world.system.planFacts(queue)
    expect(sample).toMatchObject([{ id: '1', type: 'a' }])
    expect(sample[0]?.attempts).toBeGreaterThan(1)
  })

  it('say how large their data is instead of keeping Redis busy with it', async () => {
    await world
      .foreign('v5', 'large')
      .addBulk([{ name: 'a', data: 'x'.repeat(200_000), opts: { priority: 1 } }])
    const { sample } = await world.system.planFacts('large')
    expect(sample[0]?.data).toBe('(not shown: 200,002 bytes)')
  })

  const lastAdded = (queue: string) => world.raw.get(`bull:${queue}:id`)
})

describe('the rate of late', () => {
  it.each(FLAVOURS)('counts what workers of %s complete and fail', async (flavour) => {
    const queue = `rate:${flavour}`
    await ended(`bull:${queue}:completed`, 1, 30_000, 30_000)
    const worker = openForeignWorker(flavour, queue, world.server.port, async (id) => {
      if (Number(id) % 3 === 0) throw new Error('no')
    })
    const jobs = Array.from({ length: 12 }, () => ({ name: 'a', data: {} }))
    await world.foreign(flavour, queue).addBulk(jobs)
    const rate = await eventually('all ended', async () => {
      const found = await rateOf(queue)
      return found?.over === 12 && found
    })
    await worker.close()
    expect(rate.sinceMs).toBeGreaterThanOrEqual(30_000)
    expect(rate.perMinute).toBeCloseTo((12 * MINUTE_MS) / rate.sinceMs, 6)
  })

  it.each([
    { title: 'a minute', rows: [[600, 2, 0]], over: 300, spanMin: 1 },
    { title: 'ten minutes', rows: [[600, 20, 0]], over: 300, spanMin: 10 },
    { title: 'an hour', rows: [[600, 400, 0]], over: 90, spanMin: 60 },
  ] as const)('is that of $title if it has jobs enough', async ({ title, rows, over, spanMin }) => {
    const key = `bull:span ${title}:completed`
    for (const [count, from, to] of rows) await ended(key, count, from * MINUTE_MS, to * MINUTE_MS)
    const rate = await rateOf(`span ${title}`)
    expect(rate?.sinceMs).toBe(spanMin * MINUTE_MS)
    expect(Math.abs((rate?.over ?? 0) - over)).toBeLessThan(over / 5)
  })

  it('is not slowed by a pause', async () => {
    await ended('bull:rested:completed', 400, 40 * MINUTE_MS, 38 * MINUTE_MS)
    const slow = await rateOf('rested')
    await world.system.pause('rested')
    const rate = await rateOf('rested')
    expect(rate?.perMinute).toBeGreaterThan(190)
    expect(slow?.perMinute).toBeLessThan(30)
  })

  it('looks back no further than completed jobs are kept', async () => {
    await ended('bull:trimmed:completed', 10, 20_000, 0)
    await ended('bull:trimmed:failed', 100, 50 * MINUTE_MS, 0)
    const rate = await rateOf('trimmed')
    expect(rate?.over).toBeLessThan(12)
    expect(rate?.sinceMs).toBeLessThan(30_000)
  })

  it.each([
    ['nothing ever ended', async () => undefined],
    ['failures alone are kept', (queue: string) => ended(`${queue}:failed`, 300, MINUTE_MS, 0)],
    [
      'the last one is older than an hour',
      (queue: string) => ended(`${queue}:completed`, 300, 90 * MINUTE_MS, 61 * MINUTE_MS),
    ],
    ['only a burst was seen', (queue: string) => ended(`${queue}:completed`, 300, 500, 0)],
  ])('is not known where %s', async (title, fill) => {
    await fill(`bull:${title}`)
    expect(await rateOf(title)).toBeNull()
  })

  it('is not known where the pause is older than an hour', async () => {
    await ended('bull:long ago:completed', 300, 90 * MINUTE_MS, 61 * MINUTE_MS)
    await world.system.pause('long ago')
    expect(await rateOf('long ago')).toBeNull()
  })

  it('is not known where jobs are removed as they complete', async () => {
    let done = 0
    const worker = openForeignWorker('v6', 'removed', world.server.port, async () => {
      done += 1
    })
    const opts = { removeOnComplete: true }
    await world
      .foreign('v6', 'removed')
      .addBulk([1, 2, 3].map((n) => ({ name: 'a', data: { n }, opts })))
    await eventually('all done', () => done === 3)
    await worker.close()
    expect(await rateOf('removed')).toBeNull()
  })
})

it('says that workers are not known to a user who may not list them', async () => {
  const rules = '+@read +ping +info +client|setname +select +eval +evalsha'.split(' ')
  await world.raw.acl('SETUSER', 'planner', 'on', '>looking', '~*', ...rules)
  const planner = openSystem({ url: `redis://planner:looking@127.0.0.1:${world.server.port}` })
  const facts = await eventually('connected', () => planner.planFacts('nobody').catch(() => null))
  expect(facts.workers).toBeNull()
  await planner.close()
})

it('calls no empty queue paused because one of its keys is left', async () => {
  await world.raw.set('bull:left:id:id', '7')
  await world.raw.hset('bull:left:meta:meta', 'opts.maxLenEvents', '10000')
  await world.raw.hset('bull:left:paused:meta', 'paused', '1')
  const seen = await world.system.overview(['left:id', 'left:meta', 'left:paused'])
  expect(seen).toMatchObject([
    { isKnown: true, isPaused: false },
    { isKnown: true, isPaused: false },
    { isKnown: true, isPaused: true },
  ])
})
