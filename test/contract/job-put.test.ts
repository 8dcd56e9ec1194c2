import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { PauseStyle } from '../../src/domain/pause.ts'
import { Overtaken, type Destination, type PutJob } from '../../src/domain/ports/job-operator.ts'
import { learnPace } from '../../src/queues/bullmq/jobs/batches.ts'
import { encodeContent, type JobParts } from '../../src/queues/bullmq/jobs/content.ts'
import { putJobs } from '../../src/queues/bullmq/jobs/put.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { eventually } from '../helpers/eventually.ts'
import { FLAVOURS } from './bullmq-flavours.ts'
import { guard, openLineWorld, type LineWorld } from './line-world.ts'
import { lift, type SeenJob } from './seen-jobs.ts'

let world: LineWorld
beforeAll(async () => {
  world = await openLineWorld()
})
afterAll(() => world.close())

const RUN: Destination = { how: 'run', resetsAttempts: false, isElsewhere: false }
const AS_IT_WAS: Destination = { ...RUN, how: 'as_it_was' }
const ELSEWHERE: Destination = { ...RUN, isElsewhere: true }

const put = (
  queue: string,
  jobs: readonly PutJob[],
  destination: Destination,
  by = guard(),
  style: PauseStyle = 'list',
) => putJobs(world.lineOf(queue, style), by, learnPace(), jobs, destination, new Date())

/** Without what differs between two jobs, or two runs of one, by BullMQ's own doing. */
const comparable = (job: SeenJob) => ({
  ...job,
  timestamp: 0,
  processedOn: 0,
  token: '',
  stacktrace: [],
  queueQualifiedName: '',
})

const parts = (change: Partial<JobParts> & { readonly job?: Record<string, string> }): string =>
  encodeContent({
    state: change.state ?? 'failed',
    score: change.score === undefined ? '1' : change.score,
    fields: Object.entries({ name: 'a', data: '{}', opts: '{}', ...change.job }).map(
      ([name, value]) => [name, Buffer.from(value)],
    ),
    logs: change.logs ?? [],
  })

const RICH = {
  data: { text: 'żółć 🐝', nested: { list: [], none: null }, number: 1e21 },
  plain: { attempts: 2, jobId: 'own/id', removeOnFail: false, keepLogs: 10 },
  urgent: { attempts: 2, priority: 9, backoff: { type: 'fixed', delay: 1 } },
}

const keysOf = (queue: string) => queueKeys('bull', queue)

const hashOf = async (queue: string, id: string) =>
  new Map(
    Object.entries(await world.raw.hgetallBuffer(keysOf(queue).base + id)).map(([name, value]) => [
      name,
      value.toString('base64'),
    ]),
  )

describe.each(FLAVOURS)('a job of %s', (flavour) => {
  it('looks to its worker as after a retry by its own version', async () => {
    const seen: SeenJob[][] = []
    for (const way of ['retried', 'released']) {
      const queue = `${way}-${flavour}`
      const producer = world.own(flavour, queue)
      const ids = [
        await producer.add('plain', RICH.data, RICH.plain),
        await producer.add('urgent', RICH.data, RICH.urgent),
      ]
      await world.failAll(flavour, queue, 2)
      for (const id of way === 'retried' ? ids : []) await producer.retry(id)
      for (const id of way === 'released' ? ids : []) {
        const { content } = await lift(world.raw, queue, 'failed', id)
        expect(await put(queue, [{ key: id, id, content }], RUN)).toEqual([{ id, skipped: null }])
      }
      const jobs = await world.worked(flavour, queue, 2)
      seen.push(jobs.map((job) => comparable(job)))
    }
    expect(seen[1]).toEqual(seen[0])
    expect(seen[1]).toMatchObject([
      { name: 'plain', id: 'own/id', data: RICH.data, progress: { half: 0.5 } },
      { name: 'urgent', opts: { priority: 9 } },
    ])
  })

  it('is back among the failed ones byte for byte', async () => {
    const queue = `bytes-${flavour}`
    const id = await world.own(flavour, queue).add('a', RICH.data, RICH.plain)
    await world.failAll(flavour, queue, 1)
    const keys = keysOf(queue)
    await world.raw.hset(keys.base + id, 'foreign', Buffer.from([0, 255, 10, 13, 128]))
    await world.raw.rpush(`${keys.base}${id}:logs`, Buffer.from([254, 0]), 'last')
    const score = await world.raw.zscore(keys.failed, id)
    const logs = await world.raw.lrangeBuffer(`${keys.base}${id}:logs`, 0, -1)
    const { content, fields } = await lift(world.raw, queue, 'failed', id)
    await put(queue, [{ key: 'k', id, content }], AS_IT_WAS)
    expect(await hashOf(queue, id)).toEqual(fields)
    expect(await world.raw.zscore(keys.failed, id)).toBe(score)
    expect(await world.raw.lrangeBuffer(`${keys.base}${id}:logs`, 0, -1)).toEqual(logs)
  })

  it('keeps its delay, unless it is due by now', async () => {
    const queue = `delayed-${flavour}`
    const producer = world.own(flavour, queue)
    const later = await producer.add('later', {}, { delay: 3_600_000 })
    const due = await producer.add('due', {}, { delay: 5 })
    const keys = keysOf(queue)
    const score = await world.raw.zscore(keys.delayed, later)
    const dueAt = Number(await world.raw.zscore(keys.delayed, due)) / 0x1000
    const first = await lift(world.raw, queue, 'delayed', later)
    const second = await lift(world.raw, queue, 'delayed', due)
    await world.raw.del(keys.marker)
    await eventually('due', () => Date.now() > dueAt + 1)
    await put(queue, [{ key: '1', id: later, content: first.content }], RUN)
    expect(await world.raw.zrange(keys.delayed, '0', '-1', 'WITHSCORES')).toEqual([later, score])
    expect(await hashOf(queue, later)).toEqual(first.fields)
    expect(await world.raw.zscore(keys.marker, '1')).toBe(
      String(Math.floor(Number(score) / 0x1000)),
    )
    await put(queue, [{ key: '2', id: due, content: second.content }], RUN)
    expect(await world.worked(flavour, queue, 1)).toMatchObject([{ name: 'due', delay: 0 }])
  })

  it('waits with the others while the queue is paused, and runs after its own resume', async () => {
    const queue = `paused-${flavour}`
    const producer = world.own(flavour, queue)
    const id = await producer.add('released', {})
    await producer.add('waiting', {})
    const { content } = await lift(world.raw, queue, 'waiting', id)
    await producer.pause()
    await put(queue, [{ key: 'k', id, content }], RUN, guard(), flavour === 'v6' ? 'flag' : 'list')
    await producer.add('added', {})
    await producer.resume()
    const names = (await world.worked(flavour, queue, 3)).map(({ name }) => name)
    expect(names).toEqual(['waiting', 'released', 'added'])
  })

  it('is not overwritten by a later one where the queue was emptied meanwhile', async () => {
    const queue = `emptied-${flavour}`
    const producer = world.own(flavour, queue)
    const ids = [await producer.add('first', {}), await producer.add('second', {})]
    const lifted = await Promise.all(ids.map((id) => lift(world.raw, queue, 'waiting', id)))
    await world.raw.del(...(await world.raw.keys(`bull:${queue}:*`)))
    await put(queue, [{ key: 'k', id: '2', content: lifted[1]?.content ?? '' }], RUN)
    expect(await world.raw.exists(keysOf(queue).meta)).toBe(0)
    expect([await producer.add('new', {}), await producer.add('new', {})]).toEqual(['3', '4'])
    const [first] = await world.worked(flavour, queue, 3)
    expect(first).toMatchObject({ name: 'second', id: '2' })
  })
})

describe('putting jobs', () => {
  it('happens once per key, also when the job has run and is gone since', async () => {
    const job = { key: 'row 1', id: 'a', content: parts({ job: { name: 'once' } }) }
    expect(await put('once', [job], RUN, guard(1))).toEqual([{ id: 'row 1', skipped: null }])
    await world.raw.del(keysOf('once').wait, `${keysOf('once').base}a`)
    expect(await put('once', [job], RUN, guard(2))).toEqual([{ id: 'row 1', skipped: null }])
    await expect(put('once', [job], RUN, guard(1))).rejects.toThrow(Overtaken)
    expect(await world.raw.exists(keysOf('once').wait, `${keysOf('once').base}a`)).toBe(0)
  })

  it('gives ended jobs another run without their end, as new only if asked', async () => {
    const job = {
      atm: '3',
      ats: '3',
      attemptsMade: '3',
      finishedOn: '1',
      processedOn: '1',
      stc: '1',
    }
    const failed = parts({ job: { ...job, failedReason: 'no', stacktrace: '["x"]' } })
    const completed = parts({ state: 'completed', job: { ...job, returnvalue: '1' } })
    await put('ends', [{ key: '1', id: 'f', content: failed }], RUN)
    await put('ends', [{ key: '2', id: 'c', content: completed }], { ...RUN, resetsAttempts: true })
    const names = async (id: string) => [...(await hashOf('ends', id)).keys()].toSorted()
    expect(await names('f')).toEqual([
      'atm',
      'ats',
      'attemptsMade',
      'data',
      'name',
      'opts',
      'stacktrace',
      'stc',
    ])
    expect(await names('c')).toEqual(['data', 'name', 'opts', 'stc'])
    expect(await world.raw.lrange(keysOf('ends').wait, 0, -1)).toEqual(['c', 'f'])
  })

  it('gives everything its place back, as far as it had one', async () => {
    const keys = keysOf('places')
    const job = { priority: '5' }
    await world.raw.hset(keys.meta, 'version', 'bullmq:5.0.0')
    await world.raw.lpush(keys.wait, 'earlier')
    const scores = { prioritized: '21474836481', delayed: '4096001', completed: '1700000000000' }
    const states = ['prioritized', 'delayed', 'completed'] as const
    const jobs = states.map((state) => ({
      key: state,
      id: `a-${state}`,
      content: parts({ state, score: scores[state], job }),
    }))
    const waiting = parts({ state: 'waiting', score: null })
    await put('places', [...jobs, { key: 'waiting', id: 'w', content: waiting }], AS_IT_WAS)
    for (const state of states) {
      expect(await world.raw.zscore(keys[state], `a-${state}`)).toBe(scores[state])
    }
    expect(await world.raw.lrange(keys.wait, 0, -1)).toEqual(['w', 'earlier'])
    expect(await world.raw.zrange(keys.marker, '0', '-1')).toEqual(['0', '1'])
    expect(await world.raw.hgetall(keys.meta)).toEqual({ version: 'bullmq:5.0.0' })
  })

  it('leaves a job out of its own queue where its id is in use', async () => {
    await world.raw.hset(`${keysOf('taken').base}a`, 'name', 'other')
    const job = { key: 'k', id: 'a', content: parts({}) }
    expect(await put('taken', [job], RUN)).toEqual([{ id: 'k', skipped: 'id_taken' }])
    expect(await world.raw.hgetall(`${keysOf('taken').base}a`)).toEqual({ name: 'other' })
  })

  it('leaves in the vault what is no job, and puts the others', async () => {
    const jobs = ['', '{}', parts({})].map((content, index) => ({
      key: `row ${index}`,
      id: `j${index}`,
      content,
    }))
    const ends = await put('damaged', jobs, RUN)
    expect(ends.map(({ skipped }) => skipped)).toEqual(['unreadable', 'unreadable', null])
  })

  it('gives a job another id in another queue where it must, also inside its options', async () => {
    const keys = keysOf('elsewhere')
    await world.raw.set(`${keys.base}id`, 6)
    await world.raw.hset(`${keys.base}own"id`, 'name', 'other')
    await world.raw.hset(`${keys.base}7`, 'name', 'other')
    const opts = '{"attempts":1,"jobId":"own\\"id","x":"ż"}'
    const jobs = [
      { key: '1', id: 'own"id', content: parts({ job: { opts } }) },
      { key: '2', id: '900', content: parts({ logs: [Buffer.from('line')] }) },
      { key: '3', id: '5', content: parts({}) },
      { key: '4', id: 'free', content: parts({ job: { opts: '{"jobId":"free"}' } }) },
    ]
    const ends = [
      { id: '1', skipped: null, newId: '8' },
      { id: '2', skipped: null, newId: '9' },
      { id: '3', skipped: null },
      { id: '4', skipped: null },
    ]
    expect(await put('elsewhere', jobs, ELSEWHERE)).toEqual(ends)
    expect(await put('elsewhere', jobs, ELSEWHERE, guard(2))).toEqual(ends)
    expect(await world.raw.lrange(keys.wait, 0, -1)).toEqual(['free', '5', '9', '8'])
    expect(await world.raw.hget(`${keys.base}8`, 'opts')).toBe('{"attempts":1,"jobId":"8","x":"ż"}')
    expect(await world.raw.lrange(`${keys.base}9:logs`, 0, -1)).toEqual(['line'])
  })

  it('frees no parent and strands none', async () => {
    const parents = keysOf('parents')
    const child = (id: string, parent: string) => ({
      key: id,
      id,
      content: parts({
        job: {
          parentKey: `${parents.base}${parent}`,
          parent: JSON.stringify({ id: parent, queueKey: 'bull:parents' }),
        },
      }),
    })
    await world.raw.hset(`${parents.base}waits`, 'name', 'p')
    await world.raw.sadd(`${parents.base}waits:dependencies`, 'bull:children:1')
    await world.raw.hset(`${parents.base}runs`, 'name', 'p')
    await world.raw.hset(`${parents.base}over`, 'name', 'p')
    await world.raw.zadd(parents.completed, 1, 'over')
    const jobs = ['waits', 'runs', 'over', 'gone'].map((parent, index) =>
      child(String(index + 1), parent),
    )
    const ends = await put('children', jobs, RUN)
    expect(ends.map(({ skipped }) => skipped)).toEqual([null, 'child', null, null])
    expect(await put('children', jobs.slice(1, 2), AS_IT_WAS)).toEqual([{ id: '2', skipped: null }])
  })

  it('goes through thousands of jobs and megabytes in the order in which they come', async () => {
    const data = JSON.stringify('x'.repeat(700_000))
    const jobs = Array.from({ length: 1500 }, (_, index) => ({
      key: String(index),
      id: `j${index}`,
      content: parts(index < 4 ? { job: { data } } : {}),
    }))
    expect(await put('many', jobs, RUN)).toHaveLength(1500)
    expect(await world.raw.lrange(keysOf('many').wait, 0, -1)).toEqual(
      jobs.map(({ id }) => id).toReversed(),
    )
  })
})
