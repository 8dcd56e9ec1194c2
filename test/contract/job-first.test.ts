import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { PauseStyle } from '../../src/domain/pause.ts'
import { learnPace } from '../../src/queues/bullmq/jobs/batches.ts'
import { retryJobs } from '../../src/queues/bullmq/jobs/retry.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { FLAVOURS, type Flavour } from './bullmq-flavours.ts'
import { guard, openLineWorld, RUN, type LineWorld } from './line-world.ts'
import { lift, type OwnQueue } from './seen-jobs.ts'

let world: LineWorld
beforeAll(async () => {
  world = await openLineWorld()
})
afterAll(() => world.close())

const FIRST = { ...RUN, isFirst: true }

const retryFirst = async (queue: string, ids: readonly string[], style: PauseStyle = 'list') =>
  retryJobs(await world.opened(queue, guard(), style), guard(), learnPace(), ids, false, true)

const done = (ids: readonly string[]) => ids.map((id) => ({ id, skipped: null }))

const worked = async (flavour: Flavour, queue: string, jobs: number) =>
  (await world.worked(flavour, queue, jobs)).map(({ name }) => name)

async function addFailed(flavour: Flavour, queue: string, producer: OwnQueue) {
  const ids = [
    await producer.add('one', {}),
    await producer.add('two', {}),
    await producer.add('urgent', {}, { priority: 2 }),
    await producer.add('three', {}),
  ]
  await world.failAll(flavour, queue, ids.length)
  return ids
}

/** All that may wait in a queue; for workers of BullMQ 4 a delayed job leaves a marker in the list, too. */
async function addBacklog(producer: OwnQueue) {
  await producer.add('later', {}, { delay: 3_600_000 })
  for (const name of ['plain-1', 'plain-2']) await producer.add(name, {})
  await producer.add('lifo', {}, { lifo: true })
  for (const name of ['same-1', 'same-2']) await producer.add(name, {}, { priority: 2 })
  await producer.add('more-urgent', {}, { priority: 1 })
  await producer.add('less-urgent', {}, { priority: 3 })
}

const IN_ORDER =
  'one two three lifo plain-1 plain-2 more-urgent urgent same-1 same-2 less-urgent'.split(' ')

describe.each(FLAVOURS)('jobs of %s that go first', (flavour) => {
  it('run ahead of all that wait, in their order, when they are retried', async () => {
    const queue = `first-retried-${flavour}`
    const producer = world.own(flavour, queue)
    const ids = await addFailed(flavour, queue, producer)
    await addBacklog(producer)
    expect(await retryFirst(queue, ids)).toEqual(done(ids))
    expect(await worked(flavour, queue, IN_ORDER.length)).toEqual(IN_ORDER)
  })

  it('run ahead of all that wait, in their order, when they come out of the vault', async () => {
    const queue = `first-put-${flavour}`
    const producer = world.own(flavour, queue)
    const ids = await addFailed(flavour, queue, producer)
    const jobs = await Promise.all(
      ids.map(async (id) => ({ key: id, id, ...(await lift(world.raw, queue, 'failed', id)) })),
    )
    const delayed = await producer.add('delayed', {}, { delay: 3_600_000 })
    jobs.push({
      key: delayed,
      id: delayed,
      ...(await lift(world.raw, queue, 'delayed', delayed)),
    })
    await addBacklog(producer)
    expect(await world.put(queue, jobs, FIRST)).toEqual(done([...ids, delayed]))
    expect(await worked(flavour, queue, IN_ORDER.length)).toEqual(IN_ORDER)
    expect(await world.raw.zscore(queueKeys('bull', queue).delayed, delayed)).not.toBeNull()
  })

  it('wait for the resume of a paused queue, and are the first then', async () => {
    const queue = `first-paused-${flavour}`
    const producer = world.own(flavour, queue)
    const ids = [await producer.add('failed', {})]
    await world.failAll(flavour, queue, 1)
    await producer.add('waiting', {})
    await producer.pause()
    await retryFirst(queue, ids, flavour === 'v6' ? 'flag' : 'list')
    await producer.add('added', {})
    await producer.resume()
    expect(await worked(flavour, queue, 3)).toEqual(['failed', 'waiting', 'added'])
  })
})

it('keeps the order of more jobs than one call deals with', async () => {
  const keys = queueKeys('bull', 'first-many')
  const ids = Array.from({ length: 300 }, (_, index) => `job-${index}`)
  const pipeline = world.raw.pipeline()
  for (const id of ids) pipeline.hset(keys.base + id, 'name', 'a').zadd(keys.failed, 1, id)
  await pipeline.lpush(keys.wait, 'waiting').exec()
  expect(await retryFirst('first-many', [...ids, 'gone'])).toEqual([
    ...done(ids),
    { id: 'gone', skipped: 'gone' },
  ])
  const line = (await world.raw.lrange(keys.wait, 0, -1)).toReversed()
  expect(line).toEqual([...ids, 'waiting'])
})
