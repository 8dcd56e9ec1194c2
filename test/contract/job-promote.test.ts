import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { Overtaken } from '../../src/domain/ports/job-operator.ts'
import { learnPace } from '../../src/queues/bullmq/jobs/batches.ts'
import { promoteJobs } from '../../src/queues/bullmq/jobs/promote.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { FLAVOURS } from './bullmq-flavours.ts'
import { guard, openLineWorld, type LineWorld } from './line-world.ts'

let world: LineWorld
beforeAll(async () => {
  world = await openLineWorld()
})
afterAll(() => world.close())

const promote = async (queue: string, ids: readonly string[], by = guard()) =>
  promoteJobs(await world.opened(queue, by), by, learnPace(), ids)

/** What is in a list beside the markers of BullMQ 4. */
const idsIn = async (list: string) =>
  (await world.raw.lrange(list, 0, -1)).filter((id) => !id.startsWith('0:'))

describe.each(FLAVOURS)('delayed jobs of %s', (flavour) => {
  it('run now, by their priority, and only once', async () => {
    const queue = `promoted-${flavour}`
    const producer = world.own(flavour, queue)
    const delay = 3_600_000
    const ids = [
      await producer.add('urgent', {}, { delay, priority: 1 }),
      await producer.add('first', {}, { delay }),
      await producer.add('second', {}, { delay }),
    ]
    await producer.add('left', {}, { delay })
    const done = ids.map((id) => ({ id, skipped: null }))
    expect(await promote(queue, ids)).toEqual(done)
    const jobs = await world.worked(flavour, queue, 3)
    expect(jobs.map(({ name, delay: now }) => [name, now])).toEqual([
      ['first', 0],
      ['second', 0],
      ['urgent', 0],
    ])
    expect(await promote(queue, ids, guard(2))).toEqual(done)
    await expect(promote(queue, ids, guard(1))).rejects.toThrow(Overtaken)
    const { delayed, wait } = queueKeys('bull', queue)
    expect(await world.raw.zcard(delayed)).toBe(1)
    expect(await idsIn(wait)).toEqual([])
  })

  it('stay while the queue is paused', async () => {
    const queue = `paused-${flavour}`
    const producer = world.own(flavour, queue)
    const id = await producer.add('a', {}, { delay: 3_600_000 })
    await producer.pause()
    await promote(queue, [id, 'gone'])
    expect(await idsIn(queueKeys('bull', queue).paused)).toEqual([id])
    await producer.resume()
    expect(await world.worked(flavour, queue, 1)).toMatchObject([{ name: 'a' }])
  })
})

describe('promoting', () => {
  it('leaves jobs that are gone or no longer delayed', async () => {
    const keys = queueKeys('bull', 'left')
    await world.raw.hset(`${keys.base}runs`, 'name', 'a')
    const ends = await promote('left', ['gone', 'runs'])
    expect(ends.map(({ skipped }) => skipped)).toEqual(['gone', 'moved'])
  })
})
