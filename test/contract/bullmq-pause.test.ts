import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { runScript, scripts } from '../../src/queues/bullmq/scripts.ts'
import { eventually } from '../helpers/eventually.ts'
import { FLAVOURS, openForeignWorker } from './bullmq-flavours.ts'
import { openBullmqWorld, openSystem, type BullmqWorld } from './bullmq-world.ts'

let world: BullmqWorld
beforeAll(async () => {
  world = await openBullmqWorld()
})
afterAll(() => world.close())

const numbered = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => String(first + index))

/** A list as producers leave it: the oldest at the tail. */
const fill = (key: string, ids: readonly string[]) => world.raw.lpush(key, ...ids)

const oldestFirst = async (key: string) => (await world.raw.lrange(key, 0, -1)).toReversed()

const codes = async (queue: string) =>
  (await world.system.pauseState(queue)).hazards.map(({ code }) => code)

const resumeSlice = (queue: string) => {
  const keys = queueKeys('bull', queue)
  return runScript(
    world.raw,
    scripts.resume,
    [keys.wait, keys.paused, keys.meta, keys.marker, keys.events, keys.prioritized, keys.delayed],
    ['resume', 1000],
  )
}

describe('a resume that dies half-way', () => {
  it.each([
    { aside: 4500, waiting: 6000 },
    { aside: 6000, waiting: 4500 },
  ])('keeps the pause, every job and their order after each slice: %o', async (lengths) => {
    const queue = `half-way-${lengths.aside}`
    const keys = queueKeys('bull', queue)
    const older = numbered(1, lengths.aside)
    const newer = numbered(lengths.aside + 1, lengths.waiting)
    await fill(keys.paused, older)
    await fill(keys.wait, newer)
    await world.raw.hset(keys.meta, 'paused', 1)
    for (const shorter of [3500, 2500]) {
      expect(await resumeSlice(queue)).toContain('more')
      const { isPaused, overview } = await world.system.pauseState(queue)
      expect(isPaused).toBe(true)
      const seen = [overview.counts.paused, overview.counts.waiting].toSorted((a, b) => a - b)
      expect(seen).toEqual([shorter, 10_500 - shorter])
    }
    expect(await world.system.resume(queue)).toBe(true)
    expect(await oldestFirst(keys.wait)).toEqual([...older, ...newer])
    expect(await world.raw.exists(keys.paused)).toBe(0)
    expect(await world.raw.hexists(keys.meta, 'paused')).toBe(0)
    expect(await world.system.resume(queue)).toBe(false)
  })

  it('puts a short list in front of a long one in a single step', async () => {
    const keys = queueKeys('bull', 'short-list')
    await fill(keys.paused, numbered(1, 5000))
    await fill(keys.wait, numbered(5001, 3))
    await world.raw.hset(keys.meta, 'paused', 1)
    expect(await resumeSlice('short-list')).toEqual(['done', 5000])
    expect(await oldestFirst(keys.wait)).toEqual(numbered(1, 5003))
  })
})

describe('a resume', () => {
  it.each(FLAVOURS)('wakes workers of %s that sleep', async (flavour) => {
    const queue = `asleep-${flavour}`
    const ledger: string[] = []
    await world.system.pause(queue)
    const record = async (id: string) => void ledger.push(id)
    const worker = openForeignWorker(flavour, queue, world.server.port, record, 600)
    const name = `name=bull:${Buffer.from(queue).toString('base64')}`
    await eventually('asleep', async () => {
      const clients = String(await world.raw.client('LIST')).split('\n')
      return clients.some((line) => line.includes(name) && /cmd=b(?:zpopmin|rpoplpush)/.test(line))
    })
    await world.foreign(flavour, queue).addBulk([{ name: 'a', data: {} }])
    await world.system.resume(queue)
    await eventually('the job has run', () => ledger.length === 1)
    expect(ledger).toHaveLength(1)
    await worker.close()
  })

  it('tells workers when the next delayed job is due', async () => {
    await world.foreign('v5', 'due').addBulk([{ name: 'a', data: {}, opts: { delay: 3_600_000 } }])
    await world.system.pause('due')
    await world.system.resume('due')
    const dueAt = Number(await world.raw.zscore('bull:due:marker', '1'))
    expect(dueAt).toBeGreaterThan(Date.now() + 3_000_000)
    expect(dueAt).toBeLessThan(Date.now() + 4_000_000)
  })

  it('is told to listeners, as the pause is', async () => {
    await world.system.pause('announced')
    await world.system.resume('announced')
    const events = await world.raw.xrange('bull:announced:events', '-', '+')
    expect(events.map(([, fields]) => fields)).toEqual([
      ['event', 'paused'],
      ['event', 'resumed'],
    ])
  })
})

describe('stranded jobs', () => {
  it('are counted, warned of, put back in line and run', async () => {
    const ledger: string[] = []
    const ids = await world
      .foreign('v5', 'stranded')
      .addBulk(numbered(1, 5).map((name) => ({ name, data: {} })))
    await world.system.pause('stranded')
    await world.raw.hdel('bull:stranded:meta', 'paused')
    const { overview, hazards } = await world.system.pauseState('stranded')
    expect(overview).toMatchObject({ isPaused: false, stranded: 5 })
    expect(hazards.map(({ code }) => code)).toContain('stranded_jobs')
    const worker = openForeignWorker('v5', 'stranded', world.server.port, async (id) => {
      ledger.push(id)
    })
    expect(await world.system.repairStranded('stranded')).toBe(5)
    await eventually('all have run', () => ledger.length === 5)
    expect(ledger.toSorted()).toEqual([...ids].toSorted())
    expect(await world.system.repairStranded('stranded')).toBe(0)
    await worker.close()
  })

  it('of a paused queue are no stranded jobs', async () => {
    await world.foreign('v5', 'not-stranded').addBulk([{ name: 'a', data: {} }])
    await world.system.pause('not-stranded')
    expect(await world.system.repairStranded('not-stranded')).toBe(0)
    expect((await world.system.pauseState('not-stranded')).isPaused).toBe(true)
  })

  it('are not destroyed by a pause', async () => {
    const keys = queueKeys('bull', 'stranded-then-paused')
    await fill(keys.paused, numbered(1, 2500))
    await fill(keys.wait, numbered(2501, 10))
    expect(await codes('stranded-then-paused')).toContain('stranded_jobs')
    expect(await world.system.pause('stranded-then-paused')).toBe(true)
    expect(await oldestFirst(keys.paused)).toEqual(numbered(1, 2510))
    expect(await world.raw.exists(keys.wait)).toBe(0)
  })
})

describe('pauses and resumes of others', () => {
  it.each(FLAVOURS)(
    'a pause by %s is seen, not set twice, and ended without loss',
    async (flavour) => {
      const queue = `foreign:${flavour}`
      const theirs = world.foreign(flavour, queue)
      await theirs.addBulk(numbered(1, 4).map((name) => ({ name, data: {} })))
      await theirs.pause()
      expect((await world.system.pauseState(queue)).isPaused).toBe(true)
      expect(await world.system.pause(queue)).toBe(false)
      await theirs.addBulk([{ name: 'meanwhile', data: {} }])
      expect(await world.system.resume(queue)).toBe(true)
      const [after] = await world.system.overview([queue])
      expect(after).toMatchObject({
        isPaused: false,
        stranded: 0,
        counts: { waiting: 5, paused: 0 },
      })
    },
  )

  it.each(FLAVOURS)('a resume by %s of our pause is seen', async (flavour) => {
    const queue = `resumed:${flavour}`
    const theirs = world.foreign(flavour, queue)
    await theirs.addBulk(numbered(1, 4).map((name) => ({ name, data: {} })))
    await world.system.pause(queue)
    await theirs.resume()
    const [after] = await world.system.overview([queue])
    expect(after).toMatchObject({ isPaused: false, stranded: 0, counts: { waiting: 4, paused: 0 } })
  })

  it('warns before the combination that loses jobs, which is real', async () => {
    await world.foreign('v5', 'mixed').addBulk(numbered(1, 4).map((name) => ({ name, data: {} })))
    await world.system.pause('mixed')
    await world.foreign('v6', 'mixed').addBulk([{ name: 'lost', data: {} }])
    expect(await codes('mixed')).toEqual(
      expect.arrayContaining(['mixed_writers', 'foreign_resume']),
    )
    await world.foreign('v5', 'mixed').resume()
    const [after] = await world.system.overview(['mixed'])
    expect(after?.counts).toMatchObject({ waiting: 4, paused: 0 })
  })

  it('says that workers of BullMQ 4 do not hold under a pause by 6', async () => {
    const theirs = world.foreign('v6', 'ignored')
    const worker = openForeignWorker('v4', 'ignored', world.server.port, async () => undefined)
    await eventually(
      'its worker',
      async () => (await world.system.pauseState('ignored')).overview.workers === 1,
    )
    await theirs.pause()
    // A worker is known by its name at once, as one of BullMQ 4 when it blocks.
    const warned = await eventually('the warning', async () => {
      const seen = await codes('ignored')
      return seen.includes('v4_workers_ignore_flag') && seen
    })
    expect(warned).toContain('v4_workers_ignore_flag')
    await worker.close()
  })
})

describe('the way of pausing', () => {
  it('follows the configuration before the metadata', async () => {
    const only6 = openSystem(world.server, { majors: [6] })
    await world.foreign('v5', 'configured').addBulk([{ name: 'a', data: {} }])
    await eventually('connected', () => only6.pause('configured').catch(() => null))
    const [after] = await only6.overview(['configured'])
    expect(after).toMatchObject({ isPaused: true, counts: { waiting: 1, paused: 0 } })
    await only6.close()
  })

  it('leaves the jobs of a queue of BullMQ 6 where its dashboards count them', async () => {
    await world.foreign('v6', 'six').addBulk([{ name: 'a', data: {} }])
    await world.system.pause('six')
    const [after] = await world.system.overview(['six'])
    expect(after).toMatchObject({ isPaused: true, counts: { waiting: 1, paused: 0 } })
  })
})

it('does not count the markers of BullMQ 4 as jobs', async () => {
  await fill('bull:marked:wait', ['0:0'])
  await fill('bull:marked-too:wait', ['0:1700000000000', '7'])
  const [only, both] = await world.system.overview(['marked', 'marked-too'])
  expect([only?.counts.waiting, both?.counts.waiting]).toEqual([0, 1])
})
