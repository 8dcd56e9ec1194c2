import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { learnPace } from '../../src/queues/bullmq/jobs/batches.ts'
import { readOutcomes } from '../../src/queues/bullmq/jobs/outcomes.ts'
import { retryJobs } from '../../src/queues/bullmq/jobs/retry.ts'
import { eventually, gate } from '../helpers/eventually.ts'
import { FLAVOURS } from './bullmq-flavours.ts'
import { guard, openLineWorld, type LineWorld } from './line-world.ts'
import { openSeeingWorker } from './seen-jobs.ts'

let world: LineWorld
beforeAll(async () => {
  world = await openLineWorld()
})
afterAll(() => world.close())

const outcomes = async (queue: string, ids: readonly string[], since: Date) => {
  const { connection, keys } = world.lineOf(queue, 'list')
  return Object.fromEntries(await readOutcomes(connection, keys, ids, since))
}

describe.each(FLAVOURS)('jobs of %s that run again', (flavour) => {
  it('are told from each other by how they end, also where nothing of them is kept', async () => {
    const queue = `outcomes-${flavour}`
    const producer = world.own(flavour, queue)
    const ids = {
      kept: await producer.add('kept', {}),
      removed: await producer.add('removed', {}, { removeOnComplete: true }),
      failing: await producer.add('failing', {}),
      active: await producer.add('active', {}),
      waiting: await producer.add('waiting', {}),
      untouched: await producer.add('untouched', {}),
    }
    await world.failAll(flavour, queue, 6)
    const { untouched, ...again } = ids
    // An hour ago, for the end of a job that was not run again must not count.
    await world.raw.zadd(`bull:${queue}:failed`, Date.now() - 3_600_000, untouched)
    await world.raw.del(`bull:${queue}:events`)
    const since = new Date()
    await retryJobs(
      await world.opened(queue, guard()),
      guard(),
      learnPace(),
      Object.values(again),
      false,
    )
    const ended = gate()
    const worker = await openSeeingWorker(flavour, queue, world.server.port, async ({ name }) => {
      if (name === 'failing') throw new Error('token abc is wrong')
      if (name === 'active') await ended.opened
    })
    const all = [...Object.values(ids), 'no-such-job']
    const seen = await eventually('one is active', async () => {
      const found = await outcomes(queue, all, since)
      return found[ids.active]?.kind === 'active' && found
    })
    expect(seen).toEqual({
      [ids.kept]: { kind: 'completed' },
      [ids.removed]: { kind: 'completed' },
      [ids.failing]: { kind: 'failed', error: 'token abc is wrong' },
      [ids.active]: { kind: 'active' },
      [ids.waiting]: { kind: 'waiting' },
      [ids.untouched]: { kind: 'unseen' },
      'no-such-job': { kind: 'unseen' },
    })
    await world.raw.del(`bull:${queue}:events`)
    const later = await outcomes(queue, all, since)
    expect([later[ids.kept]?.kind, later[ids.failing]?.kind, later[ids.removed]?.kind]).toEqual([
      'completed',
      'failed',
      'unseen',
    ])
    ended.open()
    await worker.close()
  })
})

describe('outcomes', () => {
  it('are found behind thousands of events of others', async () => {
    const pipeline = world.raw.pipeline()
    const tell = (event: string, id: string) =>
      pipeline.xadd('bull:busy:events', '*', 'event', event, 'jobId', id)
    tell('completed', 'early')
    for (let index = 0; index < 3000; index++) tell('completed', `other-${index}`)
    tell('failed', 'late').xadd(
      'bull:busy:events',
      '*',
      'event',
      'retries-exhausted',
      'jobId',
      'late',
    )
    await pipeline.exec()
    expect(await outcomes('busy', ['early', 'late'], new Date(Date.now() - 60_000))).toEqual({
      early: { kind: 'completed' },
      late: { kind: 'failed', error: '' },
    })
    expect(await outcomes('busy', ['early'], new Date(Date.now() + 60_000))).toEqual({
      early: { kind: 'unseen' },
    })
  })

  it('are told without a look at events of jobs that the queue still has', async () => {
    await world.raw.hset('bull:here:1', { name: 'send', failedReason: 'no' })
    await world.raw.zadd('bull:here:failed', Date.now(), '1')
    // Whoever reads these has to read all of them: no event tells of the jobs.
    await world.raw.xadd('bull:here:events', '*', 'event', 'completed', 'jobId', 'x')
    const reads = async (): Promise<number> =>
      Number(/cmdstat_xrange:calls=(\d+)/.exec(await world.raw.info('commandstats'))?.[1] ?? 0)
    const before = await reads()
    const since = new Date(Date.now() - 60_000)
    expect(await outcomes('here', ['1'], since)).toEqual({ 1: { kind: 'failed', error: 'no' } })
    expect(await reads()).toBe(before)
    expect(await outcomes('here', ['2'], since)).toEqual({ 2: { kind: 'unseen' } })
    expect(await reads()).toBe(before + 1)
  })
})
