import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { eventually } from '../helpers/eventually.ts'
import { FLAVOURS } from './bullmq-flavours.ts'
import { AS_IT_WAS, guard, openLineWorld, RUN, type LineWorld } from './line-world.ts'
import { lift, openSeeingWorker, type SeenJob } from './seen-jobs.ts'

let world: LineWorld
beforeAll(async () => {
  world = await openLineWorld()
})
afterAll(() => world.close())

/** Without what differs between two jobs, or two runs of one, by BullMQ's own doing. */
const comparable = (job: SeenJob) => ({
  ...job,
  timestamp: 0,
  processedOn: 0,
  token: '',
  stacktrace: [],
  queueQualifiedName: '',
})

const RICH = {
  data: { text: 'żółć 🐝', nested: { list: [], none: null }, number: 1e21 },
  plain: { attempts: 2, jobId: 'own/id', removeOnFail: false, keepLogs: 10 },
  urgent: { attempts: 2, priority: 9, backoff: { type: 'fixed', delay: 1 } },
}

const REMOVED = { removeOnComplete: true }

const keysOf = (queue: string) => queueKeys('bull', queue)

const hashOf = async (queue: string, id: string) =>
  new Map(
    Object.entries(await world.raw.hgetallBuffer(keysOf(queue).base + id)).map(([name, value]) => [
      name,
      value.toString('base64'),
    ]),
  )

describe.each(FLAVOURS)('a job of %s', (flavour) => {
  it('looks to its worker as after a retry by its own version', async () => {
    const seen: SeenJob[][] = []
    for (const way of ['retried', 'released']) {
      const queue = `${way}-${flavour}`
      const producer = world.own(flavour, queue)
      const ids = [
        await producer.add('plain', RICH.data, RICH.plain),
        await producer.add('urgent', RICH.data, RICH.urgent),
      ]
      await world.failAll(flavour, queue, 2)
      for (const id of way === 'retried' ? ids : []) await producer.retry(id)
      for (const id of way === 'released' ? ids : []) {
        const { content } = await lift(world.raw, queue, 'failed', id)
        expect(await world.put(queue, [{ key: id, id, content }], RUN)).toEqual([
          { id, skipped: null },
        ])
      }
      const jobs = await world.worked(flavour, queue, 2)
      seen.push(jobs.map((job) => comparable(job)))
    }
    expect(seen[1]).toEqual(seen[0])
    expect(seen[1]).toMatchObject([
      { name: 'plain', id: 'own/id', data: RICH.data, progress: { half: 0.5 } },
      { name: 'urgent', opts: { priority: 9 } },
    ])
  })

  it('is back among the failed ones byte for byte', async () => {
    const queue = `bytes-${flavour}`
    const id = await world.own(flavour, queue).add('a', RICH.data, RICH.plain)
    await world.failAll(flavour, queue, 1)
    const keys = keysOf(queue)
    await world.raw.hset(keys.base + id, 'foreign', Buffer.from([0, 255, 10, 13, 128]))
    await world.raw.rpush(`${keys.base}${id}:logs`, Buffer.from([254, 0]), 'last')
    const score = await world.raw.zscore(keys.failed, id)
    const logs = await world.raw.lrangeBuffer(`${keys.base}${id}:logs`, 0, -1)
    const { content, fields } = await lift(world.raw, queue, 'failed', id)
    await world.put(queue, [{ key: 'k', id, content }], AS_IT_WAS)
    expect(await hashOf(queue, id)).toEqual(fields)
    expect(await world.raw.zscore(keys.failed, id)).toBe(score)
    expect(await world.raw.lrangeBuffer(`${keys.base}${id}:logs`, 0, -1)).toEqual(logs)
  })

  it('keeps its delay, unless it is due by now', async () => {
    const queue = `delayed-${flavour}`
    const producer = world.own(flavour, queue)
    const later = await producer.add('later', {}, { delay: 3_600_000 })
    const due = await producer.add('due', {}, { delay: 5 })
    const keys = keysOf(queue)
    const score = await world.raw.zscore(keys.delayed, later)
    const dueAt = Number(await world.raw.zscore(keys.delayed, due)) / 0x1000
    const first = await lift(world.raw, queue, 'delayed', later)
    const second = await lift(world.raw, queue, 'delayed', due)
    await world.raw.del(keys.marker)
    await eventually('due', () => Date.now() > dueAt + 1)
    await world.put(queue, [{ key: '1', id: later, content: first.content }], RUN)
    expect(await world.raw.zrange(keys.delayed, '0', '-1', 'WITHSCORES')).toEqual([later, score])
    expect(await hashOf(queue, later)).toEqual(first.fields)
    expect(await world.raw.zscore(keys.marker, '1')).toBe(
      String(Math.floor(Number(score) / 0x1000)),
    )
    await world.put(queue, [{ key: '2', id: due, content: second.content }], RUN)
    expect(await world.worked(flavour, queue, 1)).toMatchObject([{ name: 'due', delay: 0 }])
  })

  it('waits with the others while the queue is paused, and runs after its own resume', async () => {
    const queue = `paused-${flavour}`
    const producer = world.own(flavour, queue)
    const id = await producer.add('released', {})
    await producer.add('waiting', {})
    const { content } = await lift(world.raw, queue, 'waiting', id)
    await producer.pause()
    await world.put(
      queue,
      [{ key: 'k', id, content }],
      RUN,
      guard(),
      flavour === 'v6' ? 'flag' : 'list',
    )
    await producer.add('added', {})
    await producer.resume()
    const names = (await world.worked(flavour, queue, 3)).map(({ name }) => name)
    expect(names).toEqual(['waiting', 'released', 'added'])
  })

  it('runs once, however often it is put while workers are at work', async () => {
    const queue = `racing-${flavour}`
    const producer = world.own(flavour, queue)
    const ids = await Promise.all(
      Array.from({ length: 60 }, (_, index) => producer.add(`job-${index}`, {}, REMOVED)),
    )
    const jobs = await Promise.all(
      ids.map(async (id) => ({
        key: `row ${id}`,
        id,
        content: (await lift(world.raw, queue, 'waiting', id)).content,
      })),
    )
    const ran: string[] = []
    const worker = await openSeeingWorker(flavour, queue, world.server.port, ({ id }) => {
      ran.push(id)
    })
    await world.put(queue, jobs.slice(0, 40), { ...RUN, isFirst: true }, guard(1))
    await eventually('some ran', () => ran.length > 0)
    await Promise.all([
      world.put(queue, jobs, RUN, guard(2)),
      world.put(queue, jobs, RUN, guard(2)),
    ])
    await eventually('all ran', () => ran.length >= 60)
    await worker.close()
    expect(new Set(ran)).toEqual(new Set(ids))
    expect(ran).toHaveLength(60)
    expect(await world.raw.llen(keysOf(queue).wait)).toBe(0)
  })

  it('is not overwritten by a later one where the queue was emptied meanwhile', async () => {
    const queue = `emptied-${flavour}`
    const producer = world.own(flavour, queue)
    const ids = [await producer.add('first', {}), await producer.add('second', {})]
    const lifted = await Promise.all(ids.map((id) => lift(world.raw, queue, 'waiting', id)))
    await world.raw.del(...(await world.raw.keys(`bull:${queue}:*`)))
    await world.put(queue, [{ key: 'k', id: '2', content: lifted[1]?.content ?? '' }], RUN)
    expect(await world.raw.exists(keysOf(queue).meta)).toBe(0)
    expect([await producer.add('new', {}), await producer.add('new', {})]).toEqual(['3', '4'])
    const [first] = await world.worked(flavour, queue, 3)
    expect(first).toMatchObject({ name: 'second', id: '2' })
  })
})
