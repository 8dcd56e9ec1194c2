import { Worker as Worker5 } from 'bullmq-v5'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { endOf, startOf, type Throttle } from '../../src/domain/throttle.ts'
import { eventually, gate } from '../helpers/eventually.ts'
import { FLAVOURS, openForeignWorker, type Flavour } from './bullmq-flavours.ts'
import { openBullmqWorld, type BullmqWorld } from './bullmq-world.ts'

let world: BullmqWorld
beforeAll(async () => {
  world = await openBullmqWorld()
})
afterAll(() => world.close())

const NONE: Throttle = { rate: null, concurrency: null }
const FIVE_A_MINUTE: Throttle = { rate: { max: 5, durationMs: 60_000 }, concurrency: null }
const TWO_AT_ONCE: Throttle = { rate: null, concurrency: 2 }
const WATCH_MS = 1500

const add = (flavour: Flavour, queue: string, count: number) =>
  world.foreign(flavour, queue).addBulk(
    Array.from({ length: count }, (_, n) => ({
      name: 'a',
      data: { n },
      opts: { removeOnComplete: true },
    })),
  )

const limitsOf = (queue: string) =>
  world.raw.hmget(`bull:${queue}:meta`, 'concurrency', 'max', 'duration')

const slow = (queue: string, wanted: Throttle, former = NONE) =>
  world.system.setThrottle(queue, startOf({ wanted, former }, []))

const end = (queue: string, wanted: Throttle, former = NONE) =>
  world.system.setThrottle(queue, endOf([{ wanted, former }], []))

/** A worker that counts the jobs that it takes; each lasts for `ms`, or until the gate is open. */
function counting(flavour: Flavour, queue: string, job: number | Promise<void>) {
  const seen = { taken: 0, running: 0, most: 0 }
  const worker = openForeignWorker(flavour, queue, world.server.port, async () => {
    seen.taken += 1
    seen.running += 1
    seen.most = Math.max(seen.most, seen.running)
    await (typeof job === 'number' ? new Promise((done) => setTimeout(done, job)) : job)
    seen.running -= 1
  })
  return { seen, close: () => worker.close() }
}

const OBEYING = ['v5', 'v6'] as const

describe('a limit', () => {
  it.each(OBEYING)('on the rate holds workers of %s', async (flavour) => {
    const queue = `rate:${flavour}`
    await add(flavour, queue, 30)
    expect(await slow(queue, FIVE_A_MINUTE)).toEqual(FIVE_A_MINUTE)
    const { seen, close } = counting(flavour, queue, 1)
    await eventually('the limit is reached', async () => seen.taken === 5)
    expect(await world.system.proveThrottle(queue, FIVE_A_MINUTE, WATCH_MS)).toBe('held')
    expect(seen.taken).toBe(5)
    await close()
  })

  it.each(OBEYING)('on jobs at once holds workers of %s', async (flavour) => {
    const queue = `concurrency:${flavour}`
    await add(flavour, queue, 30)
    expect(await slow(queue, TWO_AT_ONCE)).toEqual(TWO_AT_ONCE)
    const { opened, open } = gate()
    const { seen, close } = counting(flavour, queue, opened)
    await eventually('the limit is reached', async () => seen.running === 2)
    expect(await world.system.proveThrottle(queue, TWO_AT_ONCE, WATCH_MS)).toBe('held')
    expect(seen.most).toBe(2)
    open()
    await close()
  })

  it.each([FIVE_A_MINUTE, TWO_AT_ONCE])(
    '%j does not hold workers of v4, and that is seen',
    async (throttle) => {
      const queue = `old:${throttle.concurrency ?? 'rate'}`
      await add('v4', queue, 200)
      await slow(queue, throttle)
      const { close } = counting('v4', queue, 30)
      expect(await world.system.proveThrottle(queue, throttle, 4 * WATCH_MS)).toBe('not_held')
      const { hazards } = await world.system.readThrottle(queue)
      expect(hazards.map(({ explanation }) => explanation).join()).toMatch(/Workers of BullMQ 4/)
      await close()
    },
  )

  it('that nothing has come near is not proven', async () => {
    await add('v5', 'idle', 1)
    await slow('idle', { ...FIVE_A_MINUTE, concurrency: 2 })
    const { seen, close } = counting('v5', 'idle', 1)
    await eventually('done', async () => seen.taken === 1)
    const proof = await world.system.proveThrottle('idle', FIVE_A_MINUTE, 500)
    expect(proof).toBe('set_not_proven')
    await close()
  })

  it.each(OBEYING)('that ends lets workers of %s go on', async (flavour) => {
    const queue = `end:${flavour}`
    await add(flavour, queue, 30)
    await slow(queue, { ...TWO_AT_ONCE, rate: { max: 1000, durationMs: 60_000 } })
    const { opened, open } = gate()
    const { seen, close } = counting(flavour, queue, opened)
    await eventually('the limit is reached', async () => seen.running === 2)
    await end(queue, { ...TWO_AT_ONCE, rate: { max: 1000, durationMs: 60_000 } })
    expect(await limitsOf(queue)).toEqual([null, null, null])
    await eventually('as many as the worker can', async () => seen.running === 10)
    open()
    await close()
  })
})

describe('a change', () => {
  it('writes what BullMQ itself writes, and takes it away again', async () => {
    await add('v5', 'fields', 1)
    const before = await world.raw.hgetall('bull:fields:meta')
    await slow('fields', { ...FIVE_A_MINUTE, concurrency: 2 })
    expect(await world.raw.hgetall('bull:fields:meta')).toEqual({
      ...before,
      concurrency: '2',
      max: '5',
      duration: '60000',
    })
    expect((await world.system.overview(['fields']))[0]?.throttle).toEqual({
      ...FIVE_A_MINUTE,
      concurrency: 2,
    })
    await end('fields', { ...FIVE_A_MINUTE, concurrency: 2 })
    expect(await world.raw.hgetall('bull:fields:meta')).toEqual(before)
  })

  it('does nothing a second time, and brings back what there was', async () => {
    await world.raw.hset('bull:former:meta', { concurrency: '7', max: '90', duration: '1000' })
    const former = { rate: { max: 90, durationMs: 1000 }, concurrency: 7 }
    const wanted = { ...FIVE_A_MINUTE, concurrency: 2 }
    expect(await slow('former', wanted, former)).toEqual(wanted)
    expect(await slow('former', wanted, former)).toEqual(wanted)
    expect(await end('former', wanted, former)).toEqual(former)
    expect(await end('former', wanted, former)).toEqual(former)
  })

  it('leaves what others have set, and moves the rest', async () => {
    await slow('others', { ...FIVE_A_MINUTE, concurrency: 2 })
    await world.raw.hset('bull:others:meta', 'concurrency', '9')
    const left = await end('others', { ...FIVE_A_MINUTE, concurrency: 2 })
    expect(left).toEqual({ rate: null, concurrency: 9 })
    expect(await limitsOf('others')).toEqual(['9', null, null])
  })

  it('of the rate lets no worker wait for the time that counted before', async () => {
    await add('v5', 'stale', 12)
    const hourly = { rate: { max: 2, durationMs: 3_600_000 }, concurrency: null }
    await slow('stale', hourly)
    let taken = 0
    // With a limit of its own, which counts in the same place.
    const worker = new Worker5('stale', async () => void (taken += 1), {
      connection: { host: '127.0.0.1', port: world.server.port, maxRetriesPerRequest: null },
      limiter: { max: 5, duration: 500 },
      drainDelay: 1,
      maximumRateLimitDelay: 500,
    })
    worker.on('error', () => undefined)
    await eventually('the limit is reached', async () => taken === 2)
    await end('stale', hourly)
    await eventually('all done', async () => taken === 12)
    expect(await world.raw.pttl('bull:stale:limiter')).toBeLessThan(1000)
    await worker.close(true)
  })

  it('keeps a stop that somebody has set by hand', async () => {
    await slow('by-hand', FIVE_A_MINUTE)
    await world.raw.set('bull:by-hand:limiter', Number.MAX_SAFE_INTEGER, 'PX', 120_000)
    await end('by-hand', FIVE_A_MINUTE)
    expect(await world.raw.exists('bull:by-hand:limiter')).toBe(1)
  })
})

it.each(FLAVOURS)('tells what is known of workers of %s', async (flavour) => {
  const queue = `hazards:${flavour}`
  await add(flavour, queue, 1)
  const { throttle, hazards } = await world.system.readThrottle(queue)
  expect(throttle).toEqual(NONE)
  expect(hazards.length > 0).toBe(flavour === 'v4')
})
