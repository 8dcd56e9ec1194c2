import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { JobState } from '../../src/domain/job.ts'
import { Overtaken } from '../../src/domain/ports/job-operator.ts'
import { learnPace } from '../../src/queues/bullmq/jobs/batches.ts'
import { reprioritizeJobs } from '../../src/queues/bullmq/jobs/reprioritize.ts'
import { rememberPlaces } from '../../src/queues/bullmq/jobs/walk-line.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { FLAVOURS } from './bullmq-flavours.ts'
import { guard, openLineWorld, type LineWorld } from './line-world.ts'

let world: LineWorld
const learned = { pace: learnPace(), places: rememberPlaces() }
beforeAll(async () => {
  world = await openLineWorld()
})
afterAll(() => world.close())

const reprioritize = async (
  queue: string,
  state: JobState,
  ids: readonly string[],
  priority: number,
  by = guard(),
) => reprioritizeJobs(await world.opened(queue, by), by, learned, state, ids, priority)

const done = (ids: readonly string[]) => ids.map((id) => ({ id, skipped: null }))

describe.each(FLAVOURS)('jobs of %s', (flavour) => {
  it('get a priority as BullMQ 6 gives it', async () => {
    const contents: unknown[] = []
    for (const way of ['own', 'ours']) {
      const queue = `${way}-${flavour}`
      const producer = world.own(flavour, queue)
      const waiting = [await producer.add('a', {}), await producer.add('b', {})]
      await producer.add('c', {})
      const urgent = await producer.add('urgent', {}, { priority: 1 })
      const slow = await producer.add('slow', {}, { priority: 90 })
      const late = await producer.add('late', {}, { delay: 3_600_000 })
      if (way === 'ours') {
        await reprioritize(queue, 'waiting', waiting, 5)
        await reprioritize(queue, 'prioritized', [urgent], 5, { ...guard(), slice: 1 })
        await reprioritize(queue, 'prioritized', [slow], 0, { ...guard(), slice: 2 })
        await reprioritize(queue, 'delayed', [late], 3, { ...guard(), slice: 3 })
      } else {
        const six = world.own('v6', queue)
        for (const id of [...waiting, urgent]) await six.changePriority(id, 5)
        await six.changePriority(slow, 0)
        await six.changePriority(late, 3)
      }
      const keys = queueKeys('bull', queue)
      const ids = [...waiting, urgent, slow, late]
      contents.push({
        wait: await world.raw.lrange(keys.wait, 0, -1),
        prioritized: await world.raw.zrange(keys.prioritized, '0', '-1', 'WITHSCORES'),
        priorities: await Promise.all(ids.map((id) => world.raw.hget(keys.base + id, 'priority'))),
        isAwake: await world.raw.zscore(keys.marker, '0'),
      })
    }
    expect(contents[1]).toEqual({ ...Object(contents[0]), isAwake: '0' })
    const jobs = await world.worked(flavour, `ours-${flavour}`, 5)
    expect(jobs.map(({ name }) => name)).toEqual(['c', 'slow', 'a', 'b', 'urgent'])
  })
})

describe('reprioritizing', () => {
  it('takes jobs out of a long line once, and leaves the others in their order', async () => {
    const keys = queueKeys('bull', 'long')
    const all = Array.from({ length: 20_000 }, (_, index) => `j${index}`)
    const pipeline = world.raw.pipeline()
    for (const id of all) pipeline.lpush(keys.wait, id)
    const ids = all.filter((_, index) => index % 25 === 7)
    for (const id of ids) pipeline.hset(keys.base + id, 'name', 'a')
    await pipeline.exec()
    expect(await reprioritize('long', 'waiting', ids, 4)).toEqual(done(ids))
    const wanted = new Set(ids)
    const left = (await world.raw.lrange(keys.wait, 0, -1)).toReversed()
    expect(left).toEqual(all.filter((id) => !wanted.has(id)))
    expect(await world.raw.zrange(keys.prioritized, '0', '-1')).toEqual(ids)
    await world.raw.del(keys.prioritized)
    expect(await reprioritize('long', 'waiting', ids, 4, guard(2))).toEqual(done(ids))
    expect(await world.raw.exists(keys.prioritized)).toBe(0)
    await expect(reprioritize('long', 'waiting', ids, 4, guard(1))).rejects.toThrow(Overtaken)
  })

  it('leaves jobs that are gone, elsewhere or in the hands of a worker', async () => {
    const keys = queueKeys('bull', 'left')
    for (const id of ['late', 'busy', 'plain']) await world.raw.hset(keys.base + id, 'name', 'a')
    await world.raw.zadd(keys.delayed, 1, 'late')
    await world.raw.set(`${keys.base}busy:lock`, 'token')
    await world.raw.lpush(keys.active, 'busy')
    await world.raw.lpush(keys.wait, 'plain')
    const ids = ['gone', 'late', 'busy', 'plain']
    const reasons = async (state: JobState, priority: number, slice: number) =>
      (await reprioritize('left', state, ids, priority, { ...guard(), slice })).map(
        ({ skipped }) => skipped,
      )
    expect(await reasons('waiting', 0, 1)).toEqual(['gone', 'moved', 'active', null])
    expect(await reasons('prioritized', 2, 2)).toEqual(['gone', 'moved', 'moved', 'moved'])
    expect(await reasons('waiting', 2, 3)).toEqual(['gone', 'moved', 'active', null])
    expect(await reasons('failed', 2, 4)).toEqual(['moved', 'moved', 'moved', 'moved'])
    expect(await world.raw.zrange(keys.prioritized, '0', '-1')).toEqual(['plain'])
  })
})
