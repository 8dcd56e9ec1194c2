import { setTimeout as sleep } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { eventually, gate } from '../helpers/eventually.ts'
import { FLAVOURS, openForeignWorker, type Flavour } from './bullmq-flavours.ts'
import { openBullmqWorld, openSystem, type BullmqWorld } from './bullmq-world.ts'

let world: BullmqWorld
beforeAll(async () => {
  world = await openBullmqWorld()
})
afterAll(() => world.close())

const LONG_MS = 15_000
const SHORT_MS = 250
const add = (flavour: Flavour, queue: string, count: number) =>
  world.foreign(flavour, queue).addBulk(
    Array.from({ length: count }, (_, n) => ({
      name: 'a',
      data: { n },
      opts: { removeOnComplete: true },
    })),
  )

describe('a queue that was resumed', () => {
  it.each(FLAVOURS)('runs if workers of %s were done before anybody looked', async (flavour) => {
    const queue = `quick:${flavour}`
    let done = 0
    await add(flavour, queue, 5)
    await world.system.pause(queue)
    const worker = openForeignWorker(flavour, queue, world.server.port, async () => {
      done += 1
    })
    await world.system.resume(queue)
    await eventually('all done', async () => done === 5 && (await isIdle(queue)))
    expect(await world.system.proveRuns(queue, 0)).toBe('running')
    await worker.close()
  })

  it.each(FLAVOURS)('runs as soon as a worker of %s comes', async (flavour) => {
    const queue = `later:${flavour}`
    await add(flavour, queue, 2)
    await world.system.pause(queue)
    await world.system.resume(queue)
    const proof = world.system.proveRuns(queue, LONG_MS)
    const worker = openForeignWorker(flavour, queue, world.server.port, async () => undefined)
    expect(await proof).toBe('running')
    await worker.close()
  })

  it.each(FLAVOURS)('is not proven by what a worker of %s had before', async (flavour) => {
    const queue = `before:${flavour}`
    const { opened, open } = gate()
    const worker = openForeignWorker(flavour, queue, world.server.port, () => opened)
    await add(flavour, queue, 1)
    await eventually('active', async () => (await world.raw.llen(`bull:${queue}:active`)) === 1)
    await world.system.pause(queue)
    await world.system.resume(queue)
    const proof = world.system.proveRuns(queue, 3 * SHORT_MS)
    open()
    expect(await proof).toBe('set_not_proven')
    await worker.close()
  })

  it('is told apart from one that somebody pauses again', async () => {
    await add('v5', 'again', 3)
    await world.system.pause('again')
    await world.system.resume('again')
    const proof = world.system.proveRuns('again', LONG_MS)
    await world.foreign('v5', 'again').pause()
    expect(await proof).toBe('paused_again')
  })

  it('is seen to run where no events are kept and nothing stays active', async () => {
    await world.raw.lpush('bull:silent:wait', '7')
    await world.raw.hset('bull:silent:7', 'name', 'a')
    const taken = new AbortController()
    const proof = world.system.proveRuns('silent', LONG_MS).finally(() => taken.abort())
    for (let time = 1; !taken.signal.aborted; time += 1) {
      await world.raw.hset('bull:silent:7', 'processedOn', time)
      await sleep(20)
    }
    expect(await proof).toBe('running')
  })

  it.each([
    ['of long ago', `${Date.now() - 120_000}-0`, ['resumed', 'active']],
    ['before the resume', `${Date.now()}-0`, ['active', 'resumed']],
    ['before a pause that is over', `${Date.now()}-0`, ['active', 'paused']],
  ])('is not proven by what happened %s', async (title, first, events) => {
    const key = `bull:${title}:events`
    const time = Number.parseInt(first, 10)
    for (const [index, event] of events.entries())
      await world.raw.xadd(key, `${time}-${index}`, 'event', event, 'jobId', '1')
    expect(await world.system.proveRuns(title, 0)).toBe('set_not_proven')
  })

  it('is not proven by a marker, nor by what concerns the whole queue', async () => {
    await world.raw.xadd('bull:odd:events', '*', 'event', 'active', 'jobId', '0:0')
    await world.raw.xadd('bull:odd:events', '*', 'event', 'drained')
    expect(await world.system.proveRuns('odd', 0)).toBe('set_not_proven')
  })
})

const isIdle = async (queue: string) => (await world.raw.llen(`bull:${queue}:active`)) === 0

it('sees a job run under a pause behind more events than one look takes', async () => {
  await world.system.pause('noisy')
  const proven = new AbortController()
  const proof = world.system.proveHeld('noisy', LONG_MS).finally(() => proven.abort())
  while (!proven.signal.aborted) {
    const batch = world.raw.multi()
    for (let n = 0; n < 1100; n += 1) batch.xadd('bull:noisy:events', '*', 'event', 'waiting')
    await batch.xadd('bull:noisy:events', '*', 'event', 'active', 'jobId', '1').exec()
    await sleep(100)
  }
  expect(await proof).toBe('not_held')
})

const callsOf = async (command: string): Promise<number> => {
  const stats = await world.raw.info('commandstats')
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
}

describe('many queues at once', () => {
  it('share one look at the workers while they are proven', async () => {
    const queues = Array.from({ length: 25 }, (_, n) => `shared:${n}`)
    const system = openSystem(world.server, { scanPauseMs: null })
    await eventually('connected', () => system.pauseState('shared:0').catch(() => null))
    const before = await callsOf('client\\|list')
    await Promise.all(queues.map((queue) => system.pause(queue)))
    const held = await Promise.all(queues.map((queue) => system.proveHeld(queue, SHORT_MS)))
    await Promise.all(queues.map((queue) => system.resume(queue)))
    const ran = await Promise.all(queues.map((queue) => system.proveRuns(queue, SHORT_MS)))
    expect(new Set([...held, ...ran])).toEqual(new Set(['set_not_proven']))
    expect((await callsOf('client\\|list')) - before).toBeLessThan(queues.length / 2)
    await system.close()
  })

  it('are paused in a look and a script each, and lose nothing', async () => {
    const queues = Array.from({ length: 100 }, (_, n) => `crowd:${n}`)
    const fill = world.raw.pipeline()
    for (const queue of queues) fill.lpush(`bull:${queue}:wait`, '1', '2', '3')
    await fill.exec()
    await world.system.pause('crowd:warm')
    const calls = () => Promise.all(['hget', 'exists', 'evalsha', 'hmget'].map(callsOf))
    const [hget, exists, evalsha, hmget] = await calls()
    expect(await Promise.all(queues.map((queue) => world.system.pause(queue)))).toEqual(
      queues.map(() => true),
    )
    const after = await calls()
    // A second look would ask for the jobs' age.
    expect(after[0]).toBe(hget)
    expect(after[2]).toBe((evalsha ?? 0) + queues.length)
    expect(after[3]).toBe((hmget ?? 0) + queues.length)
    expect(exists).toBeTypeOf('number')
    const overviews = await world.system.overview(queues)
    expect(overviews.every(({ isPaused, counts }) => isPaused && counts.paused === 3)).toBe(true)
  })
})

it('says which keys are not as BullMQ writes them, and changes none', async () => {
  await world.raw.set('bull:broken:wait', 'no list')
  await expect(world.system.pause('broken')).rejects.toMatchObject({
    code: 'not_supported',
    message: expect.stringContaining('"broken"'),
  })
  expect(await world.raw.hexists('bull:broken:meta', 'paused')).toBe(0)
})
