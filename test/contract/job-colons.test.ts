import { randomUUID } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Guard } from '../../src/domain/ports/job-operator.ts'
import { decodeContent } from '../../src/queues/bullmq/jobs/content.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { openJobWorld, type JobWorld } from './job-world.ts'

let world: JobWorld
beforeAll(async () => {
  world = await openJobWorld()
})
afterAll(() => world.close())

const aGuard = (): Guard => ({ planId: randomUUID(), fence: 1, slice: 0 })

const keysOf = (queue: string) => queueKeys('bull', queue)

describe('jobs of BullMQ 4 whose ids have colons', () => {
  const PARTS = ['logs', 'dependencies', 'processed', 'failed', 'unsuccessful']
  const add = async (queue: string, ids: readonly string[]) => {
    const keys = keysOf(queue)
    for (const id of ids) {
      await world.raw.hset(keys.base + id, { name: 'a', data: '{}', opts: '{}', timestamp: 1 })
      await world.raw.zadd(keys.failed, 1, id)
    }
  }

  it.each(PARTS)('are each a job, and no part of one: %s', async (part) => {
    const queue = `colon-${part}`
    const ids = ['a', `a:${part}`, 'z']
    await add(queue, ids)
    const selected = await world.select(queue, { states: ['failed'] })
    expect(selected.foreseen).toEqual({})
    expect(await world.system.jobReader?.job(queue, 'a')).toMatchObject({ id: 'a' })
    const other = await world.raw.dumpBuffer(`${keysOf(queue).base}a:${part}`)
    expect((await world.takeAll(queue, aGuard(), 'failed', ['a', 'z'])).skipped).toEqual({})
    expect(await world.raw.dumpBuffer(`${keysOf(queue).base}a:${part}`)).toEqual(other)
    expect((await world.takeAll(queue, aGuard(), 'failed', [`a:${part}`])).skipped).toEqual({})
    expect(await world.raw.exists(...ids.map((id) => keysOf(queue).base + id))).toBe(0)
  })

  it('keep their logs and children apart from such jobs', async () => {
    const keys = keysOf('colon-both')
    await add('colon-both', ['a', 'a:processed', 'b', 'b:logs'])
    await world.raw.rpush(`${keys.base}a:logs`, 'of a')
    await world.raw.sadd(`${keys.base}b:dependencies`, 'bull:colon-both:c')
    const { copies, skipped } = await world.takeAll('colon-both', aGuard(), 'failed', ['a', 'b'])
    expect(skipped).toEqual({ b: 'parent' })
    expect(decodeContent(copies.get('a')?.content ?? '').logs.map(String)).toEqual(['of a'])
    expect(await world.raw.exists(`${keys.base}a:logs`)).toBe(0)
  })
})
