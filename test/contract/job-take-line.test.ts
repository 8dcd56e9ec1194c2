import { randomUUID } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { takeFromLine } from '../../src/queues/bullmq/jobs/take-line.ts'
import { rememberPlaces } from '../../src/queues/bullmq/jobs/walk-line.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { numbered, openJobWorld, type JobWorld } from './job-world.ts'

let world: JobWorld
beforeAll(async () => {
  world = await openJobWorld()
})
afterAll(() => world.close())

const keysOf = (queue: string) => queueKeys('bull', queue)

describe('jobs in the middle of long lists', () => {
  it('are taken slice by slice, whatever comes and goes meanwhile', async () => {
    const queue = 'poison'
    const keys = keysOf(queue)
    const all = numbered(6000)
    await world.fill(queue, all.slice(0, 3000), 'paused')
    await world.fill(queue, all.slice(3000))
    await world.raw.rpush(keys.wait, '0:0')
    const poison = all.filter((_, n) => n % 7 === 3)
    const planId = randomUUID()
    const taken: string[] = []
    for (let at = 0; at < poison.length; at += 300) {
      const by = { planId, fence: 1, slice: at / 300 }
      const { copies, skipped } = await world.takeAll(
        queue,
        by,
        'waiting',
        poison.slice(at, at + 300),
      )
      expect(skipped).toEqual({})
      taken.push(...copies.keys())
      await world.raw.lpush(keys.wait, `new-${at}`)
      await world.raw.rpop(keys.wait)
      await world.raw.rpop(keys.paused)
    }
    expect(taken).toEqual(poison)
    const kept = all.filter((_, n) => n % 7 !== 3)
    const rounds = Math.ceil(poison.length / 300)
    const left = [
      ...(await world.oldestFirst(keys.paused)),
      ...(await world.oldestFirst(keys.wait)),
    ]
    expect(left.filter((id) => !id.startsWith('new'))).toEqual([
      ...kept.filter((id) => Number(id) <= 3000).slice(rounds),
      // The marker was the first that was popped.
      ...kept.filter((id) => Number(id) > 3000).slice(rounds - 1),
    ])
  })

  it('are found behind the place that was reached', async () => {
    const queue = 'astray'
    const keys = keysOf(queue)
    await world.fill(queue, numbered(3000))
    const planId = randomUUID()
    await world.takeAll(queue, { planId, fence: 1, slice: 0 }, 'waiting', ['2900'])
    await world.raw.lrem(keys.wait, -1, '5')
    await world.raw.lpush(keys.wait, '5')
    const by = { planId, fence: 1, slice: 1 }
    const { skipped } = await world.takeAll(queue, by, 'waiting', ['2950', '5', '6'])
    expect(skipped).toEqual({})
    const left = await world.oldestFirst(keys.wait)
    expect(left.filter((id) => ['5', '6', '2900', '2950'].includes(id))).toEqual([])
    expect(left).toHaveLength(2996)
    expect(left.filter((id) => id.startsWith('0:'))).toEqual([])
  })

  it('leave a place from which the next slice goes on, also where some were gone', async () => {
    const queue = 'places'
    const keys = keysOf(queue)
    await world.fill(queue, numbered(5000))
    const poison = numbered(5000).filter((id) => id.endsWith('0'))
    const places = rememberPlaces()
    const by = { planId: randomUUID(), fence: 1, slice: 0 }
    const take = async (ids: readonly string[]) => {
      const copied = await world.jobs.copy(queue, 'waiting', ids)
      const safe = copied.flatMap((each) =>
        'copy' in each ? [{ id: each.id, digest: each.copy.digest }] : [],
      )
      for (const id of ids.filter((each) => each.endsWith('00')).slice(1)) {
        await world.raw.lrem(keys.wait, -1, id)
        await world.raw.del(keys.base + id)
      }
      return takeFromLine(await world.opened(queue, by), by, places, safe)
    }
    const ends = await take(poison.slice(0, 100))
    expect(ends.filter(({ skipped }) => skipped === 'gone')).toHaveLength(9)
    // Nine in ten of what stood before the last one that was there.
    expect(places.of(by, keys.wait)).toEqual({ behind: 891, anchor: '989' })
    await take(poison.slice(100, 150))
    expect(places.of(by, keys.wait)).toEqual({ behind: 1341, anchor: '1489' })
  })
})
