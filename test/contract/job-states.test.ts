import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { eventually, gate } from '../helpers/eventually.ts'
import { FLAVOURS } from './bullmq-flavours.ts'
import { numbered, openJobWorld, type JobWorld } from './job-world.ts'
import { addFlow, openSeeingWorker } from './seen-jobs.ts'

let world: JobWorld
beforeAll(async () => {
  world = await openJobWorld()
})
afterAll(() => world.close())

const states = async (queue: string, ids: readonly string[]) =>
  Object.fromEntries(await world.jobs.states(queue, ids))

describe.each(FLAVOURS)('jobs of %s', (flavour) => {
  it('are seen where they are, and for what they are', async () => {
    const queue = `states-${flavour}`
    const producer = world.own(flavour, queue)
    const began = Date.now()
    const ids = {
      completed: await producer.add('good', {}),
      failed: await producer.add('bad', {}),
      active: await producer.add('slow', {}),
      waiting: await producer.add('next', {}),
      prioritized: await producer.add('urgent', {}, { priority: 1 }),
      delayed: await producer.add('late', {}, { delay: 3_600_000 }),
    }
    const ended = gate()
    const worker = await openSeeingWorker(flavour, queue, world.server.port, async ({ name }) => {
      if (name === 'bad') throw new Error('token abc is wrong')
      if (name === 'slow') await ended.opened
    })
    const all = [...Object.values(ids), 'no-such-job']
    const expected = Object.fromEntries(Object.entries(ids).map(([state, id]) => [id, state]))
    await eventually(
      'one is active',
      async () => (await states(queue, all))[ids.active] === 'active',
    )
    expect(await states(queue, all)).toEqual(expected)
    await producer.pause()
    expect(await states(queue, all)).toEqual(expected)

    const seen = await world.jobs.glance(queue, all)
    expect(seen.map(({ id, type, error }) => [id, type, error])).toEqual([
      [ids.completed, 'good', null],
      [ids.failed, 'bad', 'token abc is wrong'],
      [ids.active, 'slow', null],
      [ids.waiting, 'next', null],
      [ids.prioritized, 'urgent', null],
      [ids.delayed, 'late', null],
    ])
    const failedAt = Number(await world.raw.zscore(queueKeys('bull', queue).failed, ids.failed))
    expect(seen[1]?.at).toEqual(new Date(failedAt))
    expect(seen[3]?.at?.getTime()).toBeGreaterThan(began - 2000)
    ended.open()
    await worker.close()
  })

  it('are left out while they wait for their children', async () => {
    const names = { parent: `above-${flavour}`, child: `below-${flavour}`, opts: {} }
    const { parentId, childId } = await addFlow(flavour, world.server.port, names)
    expect(await states(names.parent, [parentId])).toEqual({})
    expect(await states(names.child, [childId])).toEqual({ [childId]: 'waiting' })
  })
})

it('sees thousands of jobs in a long line', async () => {
  const ids = numbered(5000)
  await world.fill('many', ids)
  expect((await world.jobs.states('many', ids)).size).toBe(ids.length)
  expect(await world.jobs.glance('many', ids)).toHaveLength(ids.length)
})

it('cuts errors to what is ever looked at', async () => {
  const { base } = queueKeys('bull', 'long')
  await world.raw.hset(`${base}1`, { name: 'a', failedReason: 'x'.repeat(1_000_000) })
  const [seen] = await world.jobs.glance('long', ['1'])
  expect(seen?.error?.length).toBeGreaterThan(1000)
  expect(seen?.error?.length).toBeLessThan(100_000)
  expect(seen?.at).toBeNull()
})
