import { readFile } from 'node:fs/promises'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { NO_FILTER } from '../../src/domain/job-filter.ts'
import type { JobState } from '../../src/domain/job.ts'
import type { JobOperator } from '../../src/domain/ports/job-operator.ts'
import { openConnection } from '../../src/queues/bullmq/connection.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { unstick } from '../../src/queues/bullmq/unstick.ts'
import { eventually } from '../helpers/eventually.ts'
import { silentLog } from '../helpers/silent-log.ts'
import { openSystem } from './bullmq-world.ts'
import { AS_IT_WAS, guard, openLineWorld, type LineWorld } from './line-world.ts'

let world: LineWorld
const opened: { close(): Promise<void> }[] = []
beforeAll(async () => {
  world = await openLineWorld()
})
afterAll(async () => {
  await Promise.all(opened.map((each) => each.close()))
  await world.close()
})

/** A user as an operator makes it who follows the manual, but for `changes`. */
async function userOf(name: string, ...changes: readonly string[]): Promise<string> {
  const manual = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const [, documented = ''] = /^ACL SETUSER spillway on >… (.*)$/m.exec(manual) ?? []
  expect(documented).toContain('~bull:*')
  await world.raw.acl('SETUSER', name, 'on', '>secret', ...documented.split(' '), ...changes)
  return `redis://${name}:secret@127.0.0.1:${world.server.port}`
}

async function systemOf(url: string) {
  const system = openSystem({ url })
  opened.push(system)
  await eventually('connected', async () => (await system.health()).isReachable)
  return system
}

const JOBS = ['1', '2', '3', '4']

/** Four jobs in every state that can be changed, one of them with logs. */
async function fill(queue: string): Promise<void> {
  const keys = queueKeys('bull', queue)
  const add = async (state: string, put: (id: string) => Promise<unknown>) => {
    for (const n of JOBS) {
      const id = `${state}-${n}`
      const job = { name: 'a', data: '{}', opts: '{}', timestamp: 1, delay: 0, priority: 0 }
      await world.raw.hset(keys.base + id, { ...job, ats: '1', deid: 'x' })
      await put(id)
    }
    await world.raw.rpush(`${keys.base}${state}-1:logs`, 'a line')
  }
  await world.raw.hset(keys.meta, 'version', 'bullmq:5.79.4')
  await add('waiting', (id) => world.raw.lpush(keys.wait, id))
  await add('active', (id) => world.raw.lpush(keys.active, id))
  for (const state of ['failed', 'delayed', 'prioritized', 'completed'] as const)
    await add(state, (id) => world.raw.zadd(keys[state], 4096 * (Date.now() + 60_000), id))
}

async function moveAround(jobs: JobOperator, queue: string, state: JobState): Promise<void> {
  const by = { planId: `plan-${state}`, fence: 1, slice: 0 }
  const ids = [`${state}-1`, `${state}-2`]
  await jobs.open(queue, by)
  const copied = await jobs.copy(queue, state, ids)
  const copies = copied.flatMap((each) => ('copy' in each ? [{ id: each.id, ...each.copy }] : []))
  const ends = ids.map((id) => ({ id, skipped: null }))
  expect(await jobs.take(queue, by, state, copies)).toEqual(ends)
  await jobs.close(queue, by)
  const back = { ...by, fence: 2 }
  await jobs.open(queue, back)
  const puts = copies.map(({ id, content }) => ({ key: id, id, content }))
  expect(await jobs.put(queue, back, puts, AS_IT_WAS)).toEqual(ends)
  const elsewhere = { ...AS_IT_WAS, isElsewhere: true }
  const again = puts.map((put) => ({ ...put, key: `again ${put.id}` }))
  expect((await jobs.put(queue, back, again, elsewhere)).map(({ skipped }) => skipped)).toEqual([
    null,
    null,
  ])
  await jobs.close(queue, back)
}

describe('the Redis user of the manual', () => {
  it('may do everything to queues', async () => {
    const system = await systemOf(await userOf('queues'))
    await fill('queues')
    expect(await system.missingRights()).toEqual([])
    await system.discoverNow()
    expect(await system.overview(['queues'])).toMatchObject([{ isKnown: true, workers: 0 }])
    await system.detail('queues')
    await system.planFacts('queues')
    await system.exactTypes('queues', () => undefined, new AbortController().signal)
    expect(await system.pause('queues')).toBe(true)
    expect(await system.proveHeld('queues', 1)).not.toBe('not_held')
    expect(await system.resume('queues')).toBe(true)
    expect(await system.repairStranded('queues')).toBe(0)
    const rate = { max: 5, durationMs: 1000 }
    const change = { rate: { from: [null], to: rate }, concurrency: { from: [null], to: 2 } }
    expect(await system.setThrottle('queues', change)).toEqual({ rate, concurrency: 2 })
    expect((await system.readThrottle('queues')).throttle.concurrency).toBe(2)
    const back = { rate: { from: [rate], to: null }, concurrency: { from: [2], to: null } }
    expect(await system.setThrottle('queues', back)).toEqual({ rate: null, concurrency: null })
  })

  it('may do every action on jobs', async () => {
    const url = await userOf('jobs')
    const { jobs, jobReader } = await systemOf(url)
    if (jobs === null) throw new Error('BullMQ has an operator')
    const queue = 'jobs'
    await fill(queue)
    const watch = { onProgress: () => undefined, signal: new AbortController().signal }
    for (const state of ['waiting', 'failed', 'delayed', 'prioritized', 'completed'] as const) {
      const filter = { ...NO_FILTER, states: [state], types: ['a'] }
      expect((await jobs.select(queue, filter, 10, watch)).looked).toBe(4)
      expect(await jobs.stillThere(queue, state, [`${state}-1`])).toBe(1)
      await moveAround(jobs, queue, state)
    }
    expect(await jobReader?.job(queue, 'failed-1')).toMatchObject({ id: 'failed-1' })
    expect(await jobReader?.lines(queue, [{ state: 'failed', id: 'failed-1' }])).toHaveLength(1)
    await jobReader?.clusters(queue, { ...NO_FILTER, states: ['failed'] }, 10, watch)

    await jobs.open(queue, guard())
    const done = (id: string) => [{ id, skipped: null }]
    expect(await jobs.retry(queue, guard(), ['failed-3'], true)).toEqual(done('failed-3'))
    expect(await jobs.promote(queue, guard(), ['delayed-3'])).toEqual(done('delayed-3'))
    for (const state of ['waiting', 'delayed', 'prioritized'] as const)
      expect(await jobs.reprioritize(queue, guard(), state, [`${state}-4`], 7)).toEqual(
        done(`${state}-4`),
      )
    await jobs.outcomes(queue, ['failed-3'], new Date(0))
    expect((await jobs.states(queue, ['failed-3'])).get('failed-3')).toBe('waiting')
    expect(await jobs.glance(queue, ['failed-3'])).toHaveLength(1)
    expect(await jobs.position(queue)).not.toBe('0-0')
    expect((await jobs.ended(queue, '0-0', 10)).hasGap).toBe(false)
    expect(await jobs.stuck(queue)).toHaveLength(4)
    await world.raw.hset(`bull:${queue}:active-2`, { stalledCounter: '1', deid: 'stuck' })
    await world.raw.set(`bull:${queue}:de:stuck`, 'active-2')
    expect(await unstickAt(url, queue, ['active-1', 'active-2'])).toEqual([
      { id: 'active-1', skipped: null },
      { id: 'active-2', skipped: null },
    ])
    expect(await world.raw.zscore(`bull:${queue}:failed`, 'active-2')).not.toBeNull()
    await jobs.close(queue, guard())
  })

  it('may empty no database', async () => {
    await userOf('harmless')
    for (const command of ['FLUSHALL', 'FLUSHDB', 'KEYS *', 'CONFIG GET *', 'SHUTDOWN'])
      expect(await world.raw.call('ACL', 'DRYRUN', 'harmless', ...command.split(' '))).toMatch(
        /permission/,
      )
  })
})

/** As the operator does it, without the five seconds between its two looks. */
async function unstickAt(url: string, queue: string, ids: readonly string[]) {
  const config = { kind: 'bullmq' as const, name: 'main', url, prefix: 'bull', queues: [] }
  const connection = openConnection({ ...config, scanPauseMs: 5, majors: null }, 'test', silentLog)
  opened.push(connection)
  return unstick(
    {
      connection,
      reads: connection,
      keys: queueKeys('bull', queue),
      pauseStyle: async () => 'list',
      clock: { now: () => new Date() },
      betweenLooksMs: 1,
    },
    guard(),
    ids,
  )
}

describe('rights that are missing', () => {
  it.each([
    [
      ['-time', '-client|list'],
      ['TIME', 'CLIENT LIST'],
    ],
    [
      ['-evalsha', '-eval'],
      ['EVALSHA', 'EVAL'],
    ],
    [
      ['-persist', '-xadd', '-hset'],
      ['PERSIST', 'HSET', 'XADD'],
    ],
  ])('are named: %s', async (taken, missing) => {
    const before = await world.contents()
    const system = await systemOf(await userOf(`lacks${missing[0]}`, ...taken))
    expect(await system.missingRights()).toEqual(missing)
    expect(await world.contents()).toEqual(before)
  })

  it('fail an action in words that say so', async () => {
    const { jobs } = await systemOf(await userOf('timeless', '-time'))
    await fill('timeless')
    await expect(jobs?.copy('timeless', 'failed', ['failed-1'])).rejects.toMatchObject({
      code: 'not_supported',
    })
  })
})
