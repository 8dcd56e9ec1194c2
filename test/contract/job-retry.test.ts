import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { PauseStyle } from '../../src/domain/pause.ts'
import { Overtaken, type Guard } from '../../src/domain/ports/job-operator.ts'
import { learnPace } from '../../src/queues/bullmq/jobs/batches.ts'
import { retryJobs } from '../../src/queues/bullmq/jobs/retry.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { eventually } from '../helpers/eventually.ts'
import { FLAVOURS, openForeignWorker, type Flavour } from './bullmq-flavours.ts'
import { guard, openLineWorld, type LineWorld } from './line-world.ts'
import { addFlow, openSeeingWorker } from './seen-jobs.ts'

let world: LineWorld
beforeAll(async () => {
  world = await openLineWorld()
})
afterAll(() => world.close())

const retry = async (
  queue: string,
  by: Guard,
  ids: readonly string[],
  resetsAttempts = false,
  style: PauseStyle = 'list',
) => retryJobs(await world.opened(queue, by, style), by, learnPace(), ids, resetsAttempts)

const done = (ids: readonly string[]) => ids.map((id) => ({ id, skipped: null }))

const failed = (queue: string) => queueKeys('bull', queue).failed

const worked = async (flavour: Flavour, queue: string, jobs: number) =>
  (await world.worked(flavour, queue, jobs)).map(({ name }) => name)

describe.each(FLAVOURS)('failed jobs of %s', (flavour) => {
  it('are left in Redis as BullMQ 6 leaves them when it retries them', async () => {
    const queues = [`twin-a-${flavour}`, `twin-b-${flavour}`] as const
    const states: unknown[] = []
    for (const queue of queues) {
      const producer = world.own(flavour, queue)
      const ids = [
        await producer.add('plain', { n: 1 }),
        await producer.add('urgent', { n: 2 }, { priority: 7 }),
        await producer.add('lifo', { n: 3 }, { lifo: true }),
        await producer.add('late', { n: 4 }, { attempts: 3, backoff: 1 }),
      ]
      await world.failAll(flavour, queue, ids.length)
      // The worker may have deleted it when it found nothing more, or not.
      await world.raw.del(`bull:${queue}:pc`, `bull:${queue}:events`)
      const six = world.own('v6', queue)
      if (queue === queues[0]) for (const id of ids) await six.retry(id)
      else await retry(queue, guard(), ids)
      const keys = queueKeys('bull', queue)
      const hashes = await Promise.all(ids.map((id) => world.raw.hgetall(keys.base + id)))
      const events = await world.raw.xrange(keys.events, '-', '+')
      states.push({
        wait: await world.raw.lrange(keys.wait, 0, -1),
        prioritized: await world.raw.zrange(keys.prioritized, '0', '-1', 'WITHSCORES'),
        failed: await world.raw.zcard(keys.failed),
        isAwake: await world.raw.zscore(keys.marker, '0'),
        jobs: hashes.map((job) => ({ ...job, timestamp: '', stacktrace: '' })),
        logs: await world.raw.lrange(`${keys.base}1:logs`, 0, -1),
        events: events.map(([, fields]) => fields),
      })
    }
    expect(states[1]).toEqual(states[0])
  })

  it('run in the order of the ids, by priority, and are tried once more or as if new', async () => {
    const queue = `tries-${flavour}`
    const producer = world.own(flavour, queue)
    const ids = [
      await producer.add('first', {}, { attempts: 2 }),
      await producer.add('second', {}, { attempts: 2 }),
      await producer.add('urgent', {}, { attempts: 2, priority: 1 }),
    ]
    await world.failAll(flavour, queue, 3)
    await retry(queue, guard(), ids)
    const runs: string[] = []
    const worker = await openSeeingWorker(flavour, queue, world.server.port, (job) => {
      runs.push(String(job['name']))
      throw new Error('again')
    })
    const allFailed = async () => (await world.raw.zcard(failed(queue))) === 3
    await eventually('failed again', allFailed)
    expect(runs).toEqual(['first', 'second', 'urgent'])
    await retry(queue, { ...guard(), slice: 1 }, ids, true)
    await eventually('failed once more', async () => runs.length === 9 && (await allFailed()))
    await worker.close()
  })

  it('are retried once, whoever asks again', async () => {
    const queue = `once-${flavour}`
    const producer = world.own(flavour, queue)
    const ids = [await producer.add('a', {}), await producer.add('b', {})]
    await world.failAll(flavour, queue, 2)
    await retry(queue, guard(1), ids.slice(0, 1))
    await world.failAll(flavour, queue, 2)
    expect(await retry(queue, guard(2), ids)).toEqual(done(ids))
    const keys = queueKeys('bull', queue)
    expect(await world.raw.lrange(keys.wait, 0, -1)).toEqual(ids.slice(1))
    expect(await world.raw.zrange(keys.failed, '0', '-1')).toEqual(ids.slice(0, 1))
    await expect(retry(queue, guard(1), ids)).rejects.toThrow(Overtaken)
  })

  it('stay while the queue is paused, and run after its own resume', async () => {
    const queue = `paused-${flavour}`
    const producer = world.own(flavour, queue)
    const ids = [await producer.add('a', {}), await producer.add('b', {}, { priority: 2 })]
    await world.failAll(flavour, queue, 2)
    await producer.pause()
    await retry(queue, guard(), ids, false, flavour === 'v6' ? 'flag' : 'list')
    await producer.add('c', {})
    expect(await world.raw.exists(queueKeys('bull', queue).marker)).toBe(0)
    await producer.resume()
    expect(new Set(await worked(flavour, queue, 3))).toEqual(new Set(['a', 'b', 'c']))
  })

  it('come back to a parent that waits for them', async () => {
    const names = { parent: `parent-${flavour}`, child: `child-${flavour}`, opts: {} }
    const { childId } = await addFlow(flavour, world.server.port, names)
    await world.failAll(flavour, names.child, 1)
    expect(await retry(names.child, guard(), [childId])).toEqual(done([childId]))
    expect(await worked(flavour, names.child, 1)).toEqual(['child'])
    expect(await worked(flavour, names.parent, 1)).toEqual(['parent'])
  })

  it('are left while their parent goes on without them', async () => {
    const names = {
      parent: `alone-${flavour}`,
      child: `left-${flavour}`,
      opts: { removeDependencyOnFailure: true },
    }
    const { childId, parentId } = await addFlow(flavour, world.server.port, names)
    await world.failAll(flavour, names.child, 1)
    const queue = names.child
    expect(await retry(queue, guard(), [childId])).toEqual([{ id: childId, skipped: 'child' }])
    expect(await world.raw.zcard(failed(names.child))).toBe(1)
    expect(await worked(flavour, names.parent, 1)).toEqual(['parent'])
    const over = queueKeys('bull', names.parent).completed
    await eventually('parent over', () => world.raw.zscore(over, parentId))
    expect(await retry(queue, guard(), [childId])).toEqual(done([childId]))
  })

  it('wake workers that sleep', async () => {
    const queue = `asleep-${flavour}`
    const id = await world.own(flavour, queue).add('a', {})
    await world.failAll(flavour, queue, 1)
    const ran: string[] = []
    const record = async (job: string) => void ran.push(job)
    const worker = openForeignWorker(flavour, queue, world.server.port, record, 600)
    const name = `name=bull:${Buffer.from(queue).toString('base64')}`
    await eventually('asleep', async () => {
      const clients = String(await world.raw.call('CLIENT', 'LIST'))
      return clients.split('\n').some((each) => each.includes(name) && / cmd=(bz|br)pop/.test(each))
    })
    await retry(queue, guard(), [id])
    expect(await eventually('woken', () => ran.includes(id))).toBe(true)
    await worker.close()
  })
})

describe('a retry', () => {
  it.each(['v5', 'v6'] as const)('gives a failed parent of %s its child back', async (flavour) => {
    const names = {
      parent: `broken-${flavour}`,
      child: `breaking-${flavour}`,
      opts: { failParentOnFailure: true },
    }
    const { childId, parentId } = await addFlow(flavour, world.server.port, names)
    await world.failAll(flavour, names.child, 1)
    await world.failAll(flavour, names.parent, 1)
    await retry(names.child, guard(), [childId])
    expect(await worked(flavour, names.child, 1)).toEqual(['child'])
    await retry(names.parent, guard(), [parentId])
    expect(await worked(flavour, names.parent, 1)).toEqual(['parent'])
    await eventually('parent completed', () =>
      world.raw.zscore(queueKeys('bull', names.parent).completed, parentId),
    )
  })

  it('leaves what is gone, elsewhere, held by a worker or no job', async () => {
    const keys = queueKeys('bull', 'left')
    await world.raw.hset(`${keys.base}moved`, 'name', 'a')
    await world.raw.lpush(keys.wait, 'moved')
    await world.raw.hset(`${keys.base}locked`, 'name', 'a')
    await world.raw.set(`${keys.base}locked:lock`, 'token')
    await world.raw.set(`${keys.base}text`, 'no hash')
    await world.raw.zadd(keys.failed, 1, 'locked', 1, 'text')
    const ends = await retry('left', guard(), ['gone', 'moved', 'locked', 'text'], true)
    expect(ends.map(({ skipped }) => skipped)).toEqual(['gone', 'moved', 'active', 'unreadable'])
    expect(await world.raw.lrange(keys.wait, 0, -1)).toEqual(['moved'])
    expect(await world.raw.exists(keys.marker, keys.events, keys.meta)).toBe(0)
    expect(await world.raw.zcard(keys.failed)).toBe(2)
  })

  it('knows no limit of jobs, and keeps to the concurrency that is set for all workers', async () => {
    const keys = queueKeys('bull', 'many')
    const ids = Array.from({ length: 2500 }, (_, index) => `job-${index}`)
    const pipeline = world.raw.pipeline()
    for (const id of ids) pipeline.hset(keys.base + id, 'name', 'a').zadd(keys.failed, 1, id)
    await pipeline.exec()
    await world.raw.hset(keys.meta, 'concurrency', 1)
    await world.raw.lpush(keys.active, 'somebody')
    expect(await retry('many', guard(), ids)).toEqual(done(ids))
    expect(new Set(await world.raw.lrange(keys.wait, 0, -1))).toEqual(new Set(ids))
    expect(await world.raw.llen(keys.wait)).toBe(ids.length)
    expect(await world.raw.exists(keys.marker)).toBe(0)
  })
})
