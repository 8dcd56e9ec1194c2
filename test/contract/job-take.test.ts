import { randomUUID } from 'node:crypto'

import { Queue as Queue6 } from 'bullmq'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { Overtaken, type Guard } from '../../src/domain/ports/job-operator.ts'
import { decodeContent } from '../../src/queues/bullmq/jobs/content.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { eventually } from '../helpers/eventually.ts'
import { FLAVOURS, type Flavour } from './bullmq-flavours.ts'
import { numbered, openJobWorld, type JobWorld } from './job-world.ts'
import { addFlow, openSeeingWorker } from './seen-jobs.ts'

let world: JobWorld
beforeAll(async () => {
  world = await openJobWorld()
})
afterAll(() => world.close())

const aGuard = (): Guard => ({ planId: randomUUID(), fence: 1, slice: 0 })

const keysOf = (queue: string) => queueKeys('bull', queue)

const eventsOf = async (queue: string) =>
  (await world.raw.xrange(keysOf(queue).events, '-', '+')).map(([, fields]) => fields.join(' '))

describe.each(FLAVOURS)('jobs of %s', (flavour) => {
  it('are copied whole and leave nothing behind but an event', async () => {
    const queue = `whole-${flavour}`
    const producer = world.own(flavour, queue)
    const failed = await producer.add('żółć', { text: 'a \u0000 b' }, { attempts: 1, keepLogs: 5 })
    await world.failAll(flavour, queue, 1)
    const ids = {
      failed,
      waiting: await producer.add('plain', { n: 1 }),
      prioritized: await producer.add('urgent', { n: 2 }, { priority: 3 }),
      delayed: await producer.add('late', { n: 3 }, { delay: 60_000 }),
    }
    const keys = keysOf(queue)
    await world.raw.hset(keys.base + ids.waiting, 'returnvalue', Buffer.from([0, 255, 128]))
    for (const state of ['failed', 'waiting', 'prioritized', 'delayed'] as const) {
      const id = ids[state]
      const hash = await world.raw.hgetallBuffer(keys.base + id)
      const logs = await world.raw.lrangeBuffer(`${keys.base}${id}:logs`, 0, -1)
      const score = state === 'waiting' ? null : await world.raw.zscore(keys[state], id)
      const { copies, skipped } = await world.takeAll(queue, aGuard(), state, [id])
      expect(skipped).toEqual({})
      const copy = copies.get(id)
      const parts = decodeContent(copy?.content ?? '')
      expect(parts).toMatchObject({ state, score, logs })
      expect(new Map(parts.fields)).toEqual(new Map(Object.entries(hash)))
      expect(copy?.facts).toMatchObject({ id, state, type: String(hash['name']) })
      expect(world.jobs.factsOf(copy?.content ?? '').data).toBe(String(hash['data']))
      expect(await world.raw.keys(`${keys.base}${id}*`)).toEqual([])
      const prev = state === 'waiting' ? 'wait' : state
      expect((await eventsOf(queue)).at(-1)).toBe(`event removed jobId ${id} prev ${prev}`)
    }
    expect(await world.raw.zcard(keys.failed)).toBe(0)
    expect((await world.oldestFirst(keys.wait)).filter((id) => !id.startsWith('0:'))).toEqual([])
  })

  it('are taken or run, never both, while workers are at them', async () => {
    const queue = `race-${flavour}`
    const ids = await world
      .foreign(flavour, queue)
      .addBulk(numbered(400).map((n) => ({ name: 'a', data: { n } })))
    const ran: string[] = []
    const worker = await openSeeingWorker(
      flavour,
      queue,
      world.server.port,
      ({ id }) => void ran.push(id),
      5,
    )
    await eventually('at work', () => ran.length > 5)
    const planId = randomUUID()
    const taken: string[] = []
    for (let slice = 3; slice >= 0; slice -= 1) {
      const part = ids.slice(slice * 100, slice * 100 + 100)
      const { copies } = await world.takeAll(queue, { planId, fence: 1, slice }, 'waiting', part)
      taken.push(...copies.keys())
    }
    await eventually('all over', () => ran.length + taken.length >= ids.length)
    await worker.close()
    expect([...ran, ...taken].toSorted()).toEqual([...ids].toSorted())
    expect(taken.length).toBeGreaterThan(0)
  })

  it('stay where a flow or a worker needs them', async () => {
    const names = { parent: `ties-${flavour}`, child: `ties-child-${flavour}`, opts: {} }
    const { parentId, childId } = await addFlow(flavour, world.server.port, names)
    const child = await world.takeAll(names.child, aGuard(), 'waiting', [childId])
    expect(child.skipped).toEqual({ [childId]: 'child' })
    await world.worked(flavour, names.child, 1)
    await eventually('released', async () => (await world.raw.llen(keysOf(names.parent).wait)) > 0)
    const parent = await world.takeAll(names.parent, aGuard(), 'waiting', [parentId])
    expect(parent.skipped).toEqual({ [parentId]: 'parent' })
    const queue = `busy-${flavour}`
    const id = await world.own(flavour, queue).add('a', {})
    let letGo: () => void = () => undefined
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    const worker = await openSeeingWorker(flavour, queue, world.server.port, () => held)
    await eventually(
      'taken up',
      async () => (await world.raw.exists(`bull:${queue}:${id}:lock`)) === 1,
    )
    const busy = await world.takeAll(queue, aGuard(), 'waiting', [id, '99'])
    expect(busy.skipped).toEqual({ [id]: 'active', 99: 'gone' })
    letGo()
    await worker.close()
  })
})

describe('jobs that others count on', () => {
  it.each(['v5', 'v6'] satisfies Flavour[])('own a deduplication key of %s', async (flavour) => {
    const queue = `owner-${flavour}`
    const producer = world.own(flavour, queue)
    const id = await producer.add('a', {}, { deduplication: { id: 'one' }, priority: 2 })
    const { skipped } = await world.takeAll(queue, aGuard(), 'prioritized', [id])
    expect(skipped).toEqual({ [id]: 'deduplicates' })
    expect(await world.raw.get(`${keysOf(queue).base}de:one`)).toBe(id)
  })

  it.each(['v4', 'v5'] satisfies Flavour[])(
    'are the next run of a repeated job of %s',
    async (flavour) => {
      const queue = `repeats-${flavour}`
      await world.own(flavour, queue).add('a', {}, { repeat: { pattern: '0 0 1 1 *' } })
      const ids = await world.raw.zrange(keysOf(queue).delayed, '0', '-1')
      const { skipped } = await world.takeAll(queue, aGuard(), 'delayed', ids)
      expect(Object.values(skipped)).toEqual(['scheduled'])
    },
  )

  it('are the next run of a scheduler of v6', async () => {
    const queue = new Queue6('schedules', {
      connection: { host: '127.0.0.1', port: world.server.port },
    })
    await queue.upsertJobScheduler('nightly', { pattern: '0 0 1 1 *' }, { name: 'a', data: {} })
    await queue.close()
    const ids = await world.raw.zrange(keysOf('schedules').delayed, '0', '-1')
    const { skipped } = await world.takeAll('schedules', aGuard(), 'delayed', ids)
    expect(Object.values(skipped)).toEqual(['scheduled'])
  })
})

describe('a job that is no longer what was copied', () => {
  it.each([
    ['waiting', 'data'],
    ['waiting', 'logs'],
    ['failed', 'progress'],
    ['failed', 'logs'],
  ] as const)('stays: %s, other %s', async (state, what) => {
    const queue = `changed-${state}-${what}`
    const keys = keysOf(queue)
    await world.fill(queue, ['1'])
    if (state === 'failed') await world.raw.zadd(keys.failed, 1, '1')
    const by = aGuard()
    await world.jobs.open(queue, by)
    const [copied] = await world.jobs.copy(queue, state, ['1'])
    if (copied === undefined || !('copy' in copied)) throw new Error('it can be copied')
    if (what === 'logs') await world.raw.rpush(`${keys.base}1:logs`, 'more')
    else await world.raw.hset(`${keys.base}1`, what, '{"n":2}')
    const { digest } = copied.copy
    const ends = await world.jobs.take(queue, by, state, [{ id: '1', digest }])
    expect(ends).toEqual([{ id: '1', skipped: 'changed' }])
    expect(await world.jobs.stillThere(queue, state, ['1'])).toBe(1)
    expect(await world.raw.hget(`${keys.base}1`, 'name')).toBe('a')
  })

  it('is told by its fields, whatever their order and the server that has them', async () => {
    const keys = keysOf('order')
    const fields = {
      name: 'a',
      data: `"${'x'.repeat(100)}"`,
      opts: '{}',
      timestamp: '1',
      delay: '0',
    }
    const digestOf = async (entries: readonly (readonly [string, string])[]) => {
      await world.raw.del(`${keys.base}1`)
      for (const [name, value] of entries) await world.raw.hset(`${keys.base}1`, name, value)
      const [copied] = await world.jobs.copy('order', 'waiting', ['1'])
      return copied !== undefined && 'copy' in copied ? copied.copy.digest : null
    }
    const entries = Object.entries(fields)
    const digest = await digestOf(entries)
    expect(digest).not.toBeNull()
    expect(await digestOf(entries.toReversed())).toBe(digest)
    // The same values under another name.
    expect(await digestOf([...entries.slice(0, -1), ['delaz', '0']])).not.toBe(digest)
  })

  it('is refused as gone, moved, unreadable or too large', async () => {
    const queue = 'odd'
    const keys = keysOf(queue)
    await world.raw.zadd(keys.failed, 1, 'ghost', 2, 'text', 3, 'nameless', 4, 'huge', 5, 'long')
    await world.raw.set(`${keys.base}text`, 'no hash')
    await world.raw.hset(`${keys.base}nameless`, 'data', '{}')
    const huge = { name: 'a', data: 'x'.repeat(2_200_000) }
    await world.raw.hset(`${keys.base}huge`, huge)
    await world.raw.hset(`${keys.base}long`, { name: 'a', data: '{}', failedReason: huge.data })
    await world.raw.hset(`${keys.base}elsewhere`, { name: 'a', data: '{}' })
    const ids = ['ghost', 'text', 'nameless', 'huge', 'long', 'elsewhere', 'nothing']
    const { skipped } = await world.takeAll(queue, aGuard(), 'failed', ids)
    expect(skipped).toEqual({
      ghost: 'gone',
      text: 'unreadable',
      nameless: 'unreadable',
      huge: 'too_large',
      long: 'too_large',
      elsewhere: 'moved',
      nothing: 'gone',
    })
  })
})

describe('an attempt at a slice', () => {
  it('is told what earlier ones did, does nothing twice, and ends them', async () => {
    const queue = 'attempts'
    const keys = keysOf(queue)
    await world.fill(queue, ['1', '2', '3'])
    const first = aGuard()
    const copied = await world.jobs.copy(queue, 'waiting', ['1', '2', '3'])
    const safe = copied.flatMap((each) =>
      'copy' in each ? [{ id: each.id, digest: each.copy.digest }] : [],
    )
    expect(await world.jobs.open(queue, first)).toEqual(new Map())
    await world.jobs.take(queue, first, 'waiting', safe.slice(0, 1))
    const second = { ...first, fence: 2 }
    expect(await world.jobs.open(queue, second)).toEqual(
      new Map([['1', { id: '1', skipped: null }]]),
    )
    const late = world.jobs.take(queue, first, 'waiting', safe)
    await expect(late).rejects.toThrow(Overtaken)
    await expect(world.jobs.close(queue, first)).rejects.toThrow(Overtaken)
    expect(await world.oldestFirst(keys.wait)).toEqual(['2', '3'])
    // The same id again, which a producer is free to use: it is not the job that was taken.
    await world.fill(queue, ['1'])
    const ends = await world.jobs.take(queue, second, 'waiting', safe)
    expect(ends).toEqual(['1', '2', '3'].map((id) => ({ id, skipped: null })))
    expect(await world.oldestFirst(keys.wait)).toEqual(['1'])
    await world.jobs.close(queue, second)
    expect(await world.raw.keys(`${keys.base}spillway:*`)).toEqual([
      `${keys.base}spillway:${first.planId}`,
    ])
    expect(await world.raw.ttl(`${keys.base}spillway:${first.planId}`)).toBeGreaterThan(600_000)
  })

  it('leaves keys that neither a cleaner of BullMQ 6 nor the search for queues takes for jobs', async () => {
    await world.fill('tidy', ['1', '2'])
    const by = aGuard()
    await world.takeAll('tidy', by, 'waiting', ['1'])
    const queue = new Queue6('tidy', { connection: { host: '127.0.0.1', port: world.server.port } })
    expect(await queue.removeOrphanedJobs()).toBe(0)
    await queue.close()
    expect(await world.jobs.open('tidy', by)).toEqual(new Map([['1', { id: '1', skipped: null }]]))
    expect(await world.raw.exists('bull:tidy:2')).toBe(1)
  })

  it('takes jobs out of a Redis that is full', async () => {
    await world.fill('full', ['1', '2'])
    const copied = await world.jobs.copy('full', 'waiting', ['1', '2'])
    const safe = copied.flatMap((each) =>
      'copy' in each ? [{ id: each.id, digest: each.copy.digest }] : [],
    )
    const by = aGuard()
    await world.raw.config('SET', 'maxmemory', '1')
    try {
      await expect(world.raw.set('more', '1')).rejects.toThrow('OOM')
      await world.jobs.open('full', by)
      const ends = await world.jobs.take('full', by, 'waiting', safe)
      expect(ends.map(({ skipped }) => skipped)).toEqual([null, null])
      expect(await world.jobs.open('full', by)).toHaveProperty('size', 2)
    } finally {
      await world.raw.config('SET', 'maxmemory', '0')
    }
  })
})
