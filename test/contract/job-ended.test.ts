import { setTimeout as sleep } from 'node:timers/promises'

import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { EndedJobs } from '../../src/domain/ports/job-operator.ts'
import { readEnded, readPosition } from '../../src/queues/bullmq/jobs/ended.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { eventually } from '../helpers/eventually.ts'
import { FLAVOURS } from './bullmq-flavours.ts'
import { openLineWorld, type LineWorld } from './line-world.ts'
import { addFlow, openSeeingWorker } from './seen-jobs.ts'

let world: LineWorld
beforeAll(async () => {
  world = await openLineWorld()
})
afterAll(() => world.close())

const position = (queue: string) => readPosition(world.lineOf(queue, 'list'))

const ended = (queue: string, from: string, most = 1000) =>
  readEnded(world.lineOf(queue, 'list'), from, most)

const told = ({ jobs }: EndedJobs) =>
  Object.fromEntries(jobs.map(({ id, kind, error }) => [id, error ?? kind]))

const eventsOf = (queue: string) => queueKeys('bull', queue).events

const tell = (queue: string, event: string, jobId: string) =>
  world.raw.xadd(eventsOf(queue), '*', 'event', event, 'jobId', jobId)

describe.each(FLAVOURS)('jobs of %s', (flavour) => {
  it('are told once as they end for good, also where nothing of them is kept', async () => {
    const queue = `ended-${flavour}`
    const from = await position(queue)
    expect(from).toBe('0-0')
    const producer = world.own(flavour, queue)
    const ids = {
      kept: await producer.add('kept', {}),
      removed: await producer.add('removed', {}, { removeOnComplete: true }),
      failing: await producer.add('failing', {}, { removeOnFail: true }),
      again: await producer.add('failing', {}, { attempts: 3 }),
      backoff: await producer.add('failing', {}, { attempts: 2, backoff: 1 }),
      delayed: await producer.add('failing', {}, { attempts: 2, backoff: 3_600_000 }),
    }
    const tries: unknown[] = []
    const worker = await openSeeingWorker(flavour, queue, world.server.port, ({ id, name }) => {
      tries.push(id)
      if (name === 'failing')
        throw new Error(`broken ${tries.filter((each) => each === id).length}`)
    })
    const seen = await eventually('all ended', async () => {
      const found = await ended(queue, from)
      return tries.length === 9 && found.jobs.length >= 5 && found
    })
    expect(seen.jobs).toHaveLength(5)
    expect(told(seen)).toEqual({
      [ids.kept]: 'completed',
      [ids.removed]: 'completed',
      [ids.failing]: 'broken 1',
      [ids.again]: 'broken 3',
      [ids.backoff]: 'broken 2',
    })
    expect(seen).toMatchObject({ hasGap: false, hasMore: false })
    await eventually('waits for its second try', () =>
      world.raw.zscore(queueKeys('bull', queue).delayed, ids.delayed),
    )
    expect(await ended(queue, seen.position)).toMatchObject({ jobs: [], hasGap: false })
    const later = await position(queue)
    const last = await producer.add('kept', {})
    expect(
      await eventually('told from there on', async () => {
        const found = await ended(queue, later)
        return found.jobs.length > 0 && told(found)
      }),
    ).toEqual({ [last]: 'completed' })
    await worker.close()
  })

  it('are told where they fail for a child that failed', async () => {
    const [parent, child] = [`ended-parent-${flavour}`, `ended-child-${flavour}`]
    const opts = { failParentOnFailure: true }
    const { parentId } = await addFlow(flavour, world.server.port, { parent, child, opts })
    await world.failAll(flavour, child, 1)
    await world.failAll(flavour, parent, 1)
    const { jobs } = await ended(parent, '0-0')
    expect(jobs).toMatchObject([{ id: parentId, kind: 'failed' }])
    expect(jobs[0]?.error).toContain('failed')
  })
})

describe('what is told of jobs', () => {
  it('is read on in pieces that miss nothing and repeat nothing', async () => {
    const before = Date.now() - 2000
    const ids = Array.from({ length: 1300 }, (_, index) => `${index}`)
    const pipeline = world.raw.pipeline()
    for (const id of ids)
      for (const event of ['active', 'failed', 'retries-exhausted'])
        pipeline.xadd(eventsOf('pieces'), '*', 'event', event, 'jobId', id)
    await pipeline.exec()
    const found: EndedJobs['jobs'][number][] = []
    let [from, hasMore] = ['0-0', true]
    while (hasMore) {
      const piece = await ended('pieces', from, 500)
      expect(piece.jobs.length).toBeLessThanOrEqual(500)
      expect(piece.hasGap).toBe(false)
      found.push(...piece.jobs)
      from = piece.position
      hasMore = piece.hasMore
    }
    expect(found.map(({ id }) => id)).toEqual(ids)
    expect(found[0]?.error).toBe('')
    expect(found[0]?.at.getTime()).toBeGreaterThan(before)
  })

  it('is asked for in small pieces where events carry much', async () => {
    const pipeline = world.raw.pipeline()
    const [events, result] = [eventsOf('heavy'), 'x'.repeat(50_000)]
    for (let index = 0; index < 130; index += 1)
      pipeline.xadd(events, '*', 'event', 'completed', 'jobId', index, 'returnvalue', result)
    await pipeline.exec()
    const counts: unknown[] = []
    const { keys } = world.lineOf('heavy', 'list')
    const counting = derived({
      xrange: (...args: readonly unknown[]) => {
        counts.push(args.at(-1))
        return world.raw.xrange(keys.events, String(args[1]), '+', 'COUNT', Number(args.at(-1)))
      },
    })
    const { jobs } = await readEnded(lineOn(counting, 'heavy'), '0-0', 1000)
    expect(jobs).toHaveLength(130)
    expect(counts).toEqual([26, ...Array.from({ length: 11 }, () => 11)])
  })

  it.each([
    [
      'was trimmed',
      async (queue: string) => void (await world.raw.xtrim(eventsOf(queue), 'MAXLEN', 1)),
    ],
    ['was begun anew', async (queue: string) => void (await world.raw.del(eventsOf(queue)))],
  ])('has a gap, told once, where it %s', async (what, change) => {
    const queue = `gap ${what}`
    await tell(queue, 'completed', 'before')
    const from = await position(queue)
    await tell(queue, 'completed', 'between')
    expect(await ended(queue, from)).toMatchObject({ jobs: [{ id: 'between' }], hasGap: false })
    // Begun anew within the same millisecond, a stream gives out the same ids again.
    await sleep(5)
    await change(queue)
    await tell(queue, 'completed', 'after')
    const found = await ended(queue, from)
    expect(found.hasGap).toBe(true)
    expect(found.jobs.at(-1)?.id).toBe('after')
    await tell(queue, 'failed', 'later')
    const on = await ended(queue, found.position)
    expect(on).toMatchObject({ jobs: [{ id: 'later' }], hasGap: false })
  })

  it('has a gap where all of it is gone, and goes on with what comes then', async () => {
    await tell('emptied', 'completed', 'before')
    const from = await position('emptied')
    await world.raw.del(eventsOf('emptied'))
    const found = await ended('emptied', from)
    expect(found).toEqual({ position: '0-0', jobs: [], hasGap: true, hasMore: false })
    expect((await ended('emptied', found.position)).hasGap).toBe(false)
    await tell('emptied', 'completed', 'after')
    const next = await ended('emptied', found.position)
    expect(next).toMatchObject({ jobs: [{ id: 'after' }], hasGap: false })
  })

  it('has a gap, and repeats nothing, where Redis forgot the last of it', async () => {
    const add = (id: string) =>
      world.raw.xadd(eventsOf('forgot'), id, 'event', 'completed', 'jobId', id)
    await add('5-0')
    await add('7-0')
    expect((await ended('forgot', '0-0')).position).toBe('7-0')
    await world.raw.del(eventsOf('forgot'))
    await add('5-0')
    const found = await ended('forgot', '7-0')
    expect(found).toEqual({ position: '5-0', jobs: [], hasGap: true, hasMore: false })
    await add('6-0')
    const next = await ended('forgot', found.position)
    expect(next).toMatchObject({ jobs: [{ id: '6-0' }], hasGap: false })
  })

  it('has a gap as long as events are switched off', async () => {
    const from = await position('silent')
    await world.raw.xadd(eventsOf('silent'), 'MAXLEN', 0, '*', 'event', 'completed', 'jobId', '1')
    const found = await ended('silent', from)
    expect(found).toMatchObject({ jobs: [], hasGap: true })
    expect((await ended('silent', found.position)).hasGap).toBe(true)
  })

  it.each([
    [{ kept: 3 }, true],
    [{ kept: 4 }, false],
  ])('has a gap by its length where Redis counts nothing: %s', async ({ kept }, hasGap) => {
    const queue = `old-${kept}`
    await world.raw.hset(queueKeys('bull', queue).meta, 'opts.maxLenEvents', kept)
    for (const id of ['1', '2', '3']) await tell(queue, 'completed', id)
    const old = derived({
      xinfo: () => Promise.resolve(['length', 3, 'radix-tree-keys', 1, 'groups', 0]),
    })
    expect((await readEnded(lineOn(old, queue), '0-0', 10)).hasGap).toBe(hasGap)
  })
})

/** The same Redis, with some commands answered otherwise. */
const derived = (changes: Readonly<Record<string, unknown>>): Redis =>
  new Proxy(world.raw, {
    get(redis, name) {
      if (typeof name === 'string' && name in changes) return changes[name]
      const value: unknown = Reflect.get(redis, name)
      return typeof value === 'function' ? value.bind(redis) : value
    },
  })

const lineOn = (redis: Redis, queue: string): ReturnType<LineWorld['lineOf']> => ({
  ...world.lineOf(queue, 'list'),
  connection: { run: (use) => use(redis), close: () => Promise.resolve() },
})
