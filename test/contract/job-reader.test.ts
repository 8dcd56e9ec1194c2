import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { parseFilterText } from '../../src/domain/filter-grammar.ts'
import type { JobReader } from '../../src/domain/ports/job-reader.ts'
import { eventually } from '../helpers/eventually.ts'
import { FLAVOURS, openForeignWorker } from './bullmq-flavours.ts'
import { openBullmqWorld, type BullmqWorld } from './bullmq-world.ts'

let world: BullmqWorld
let reader: JobReader

beforeAll(async () => {
  world = await openBullmqWorld()
  const { jobReader } = world.system
  if (jobReader === null) throw new Error('BullMQ tells of single jobs')
  reader = jobReader
})
afterAll(() => world.close())

const watch = { onProgress: () => undefined, signal: new AbortController().signal }
const all = (queue: string, words = '') =>
  reader.clusters(queue, parseFilterText(words), 100_000, watch)
const keyOf = (queue: string, rest: string) => `bull:${queue}:${rest}`

describe.each(FLAVOURS)('jobs that workers of BullMQ %s gave up', (flavour) => {
  const queue = `outreach:send-${flavour}`
  let ids: readonly string[]

  beforeAll(async () => {
    ids = await world.foreign(flavour, queue).addBulk([
      ...Array.from({ length: 5 }, (_, n) => ({
        name: 'whatsapp.send',
        data: { to: '+40 722 123 456', n },
      })),
      { name: 'email.send', data: { password: 'hunter2' }, opts: { attempts: 3 } },
    ])
    const worker = openForeignWorker(flavour, queue, world.server.port, async (id) => {
      const host = `10.0.0.${id}:443`
      throw new Error(
        id === ids[5] ? 'Mail of ana@example.com refused' : `connect ETIMEDOUT ${host}`,
      )
    })
    await eventually(
      'every job has failed',
      async () => (await world.raw.zcard(keyOf(queue, 'failed'))) === ids.length,
    )
    await worker.close()
  })

  it('are grouped by what failed, with times, attempts and a redacted sample', async () => {
    const { items, ...numbers } = await all(queue)
    expect(numbers).toEqual({ clusters: 2, matched: 6, looked: 6, total: 6, isExact: true })
    const [timeouts, refused] = items
    expect(timeouts).toMatchObject({
      type: 'whatsapp.send',
      shape: 'connect ETIMEDOUT {host}',
      count: 5,
      attempts: { fewest: 1, most: 1 },
    })
    expect(timeouts?.frame).toMatch(/\(job-reader\.test\.ts\)$/)
    expect(timeouts?.firstFailedAt?.getTime()).toBeLessThanOrEqual(
      timeouts?.lastFailedAt?.getTime() ?? 0,
    )
    expect(ids).toContain(timeouts?.sample?.jobId)
    expect(refused).toMatchObject({ count: 1, attempts: { fewest: 3, most: 3 } })
    expect(JSON.stringify(items)).not.toMatch(/hunter2|722|ana@/)
  })

  it('are found again by the key of their cluster, in the list as here', async () => {
    const [timeouts] = (await all(queue)).items
    const { items, matched } = await all(queue, `error:#${timeouts?.key}`)
    expect({ items: items.length, matched }).toEqual({ items: 1, matched: 5 })
    const filter = parseFilterText(`state:failed error:#${timeouts?.key}`)
    const selection = await world.system.jobs?.select(queue, filter, 100, watch)
    expect(selection?.groups.flatMap((group) => group.ids).toSorted()).toEqual(
      ids.slice(0, 5).toSorted(),
    )
  })

  it('are looked at no further than is asked', async () => {
    const newest = await reader.clusters(queue, parseFilterText(''), 2, watch)
    expect(newest).toMatchObject({ looked: 2, matched: 2, total: 6, isExact: false })
    expect(await all(queue, 'limit:3')).toMatchObject({ matched: 3, isExact: true })
  })

  it('make short lines, and one that is gone makes none', async () => {
    const [first = '', , , , , refused = ''] = ids
    const lines = await reader.lines(queue, [
      { state: 'failed', id: refused },
      { state: 'failed', id: 'gone' },
      { state: 'failed', id: first },
    ])
    expect(lines).toMatchObject([
      { id: refused, type: 'email.send', attempts: 3, shape: 'Mail of [redacted] refused' },
      { id: first, type: 'whatsapp.send', attempts: 1, priority: 0 },
    ])
    expect(lines[0]?.endedAt).not.toBeNull()
  })

  it('are told of one by one, redacted', async () => {
    const id = ids[5] ?? ''
    await world.raw.rpush(keyOf(queue, `${id}:logs`), 'token=hunter2', 'second line')
    const job = await reader.job(queue, id)
    expect(job).toMatchObject({
      id,
      type: 'email.send',
      where: 'failed',
      attempts: 3,
      maxAttempts: 3,
      isLocked: false,
      data: '{"password":"[redacted]"}',
      logs: { last: ['token=[redacted]', 'second line'], total: 2 },
      parent: null,
      children: { waiting: 0, done: 0, failed: 0 },
    })
    expect(job?.failure?.cluster).toBe((await all(queue, 'type:email.send')).items[0]?.key)
    expect(job?.failure?.frames[0]).toMatch(/^at .*job-reader\.test\.ts/)
  })
})

describe.each(FLAVOURS)('a job in line of BullMQ %s', (flavour) => {
  const queue = `line-${flavour}`
  let ids: readonly string[]

  beforeAll(async () => {
    ids = await world.foreign(flavour, queue).addBulk([
      { name: 'first', data: {} },
      { name: 'second', data: {} },
      { name: 'later', data: {}, opts: { delay: 3_600_000 } },
      { name: 'urgent', data: {}, opts: { priority: 5 } },
    ])
  })

  it('knows its place', async () => {
    const [first, second, later, urgent] = await Promise.all(ids.map((id) => reader.job(queue, id)))
    expect(first).toMatchObject({ where: 'waiting', ahead: 0, attempts: 0, failure: null })
    expect(second).toMatchObject({ where: 'waiting', ahead: 1 })
    expect(later).toMatchObject({ where: 'delayed', ahead: null })
    const dueIn = (later?.dueAt?.getTime() ?? 0) - (later?.addedAt?.getTime() ?? 0)
    expect(dueIn).toBe(3_600_000)
    expect(urgent).toMatchObject({ where: 'prioritized', ahead: 2, priority: 5 })
  })

  it('is found while the queue is paused', async () => {
    await world.foreign(flavour, queue).pause()
    expect(await reader.job(queue, ids[0] ?? '')).toMatchObject({ where: 'waiting', ahead: 0 })
  })
})

describe('what is no job, or lies where none is looked for', () => {
  it('is nobody', async () => {
    await world.foreign('v6', 'odd').addBulk([{ name: 'a', data: {} }])
    expect(await reader.job('odd', 'meta')).toBeNull()
    expect(await reader.job('odd', 'wait')).toBeNull()
    expect(await reader.job('odd', '4711')).toBeNull()
    expect(await reader.job('nowhere', '1')).toBeNull()
  })

  it('is in no list, or too deep in one to be seen', async () => {
    await world.raw.hset(keyOf('ghosts', '7'), { name: 'ghost', data: '{"a":1}', timestamp: '1' })
    expect(await reader.job('ghosts', '7')).toMatchObject({ where: 'nowhere', ahead: null })
    const crowd = Array.from({ length: 20_001 }, (_, n) => `x${n}`)
    await world.raw.rpush(keyOf('ghosts', 'wait'), ...crowd, '7', ...crowd)
    expect(await reader.job('ghosts', '7')).toMatchObject({ where: 'unseen', ahead: null })
    await world.raw.rpop(keyOf('ghosts', 'wait'), 10)
    expect(await reader.job('ghosts', '7')).toMatchObject({ where: 'waiting', ahead: 19_991 })
  })

  it('has a payload that is too large to be shown', async () => {
    const data = JSON.stringify({ a: 'x'.repeat(200_000) })
    await world.raw.hset(keyOf('ghosts', '8'), { name: 'large', data, timestamp: '1' })
    const job = await reader.job('ghosts', '8')
    expect(job).toMatchObject({ data: '(not shown: 200,008 bytes)', dataBytes: 200_008 })
  })
})
