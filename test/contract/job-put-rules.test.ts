import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { Overtaken, type Destination } from '../../src/domain/ports/job-operator.ts'
import { encodeContent, type JobParts } from '../../src/queues/bullmq/jobs/content.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { AS_IT_WAS, guard, openLineWorld, RUN, type LineWorld } from './line-world.ts'

let world: LineWorld
beforeAll(async () => {
  world = await openLineWorld()
})
afterAll(() => world.close())

const ELSEWHERE: Destination = { ...RUN, isElsewhere: true }

const keysOf = (queue: string) => queueKeys('bull', queue)

const parts = (change: Partial<JobParts> & { readonly job?: Record<string, string> }): string =>
  encodeContent({
    state: change.state ?? 'failed',
    score: change.score === undefined ? '1' : change.score,
    fields: Object.entries({ name: 'a', data: '{}', opts: '{}', ...change.job }).map(
      ([name, value]) => [name, Buffer.from(value)],
    ),
    logs: change.logs ?? [],
  })

describe('putting jobs', () => {
  it('happens once per key, also when the job has run and is gone since', async () => {
    const job = { key: 'row 1', id: 'a', content: parts({ job: { name: 'once' } }) }
    expect(await world.put('once', [job], RUN, guard(1))).toEqual([{ id: 'row 1', skipped: null }])
    await world.raw.del(keysOf('once').wait, `${keysOf('once').base}a`)
    expect(await world.put('once', [job], RUN, guard(2))).toEqual([{ id: 'row 1', skipped: null }])
    await expect(world.put('once', [job], RUN, guard(1))).rejects.toThrow(Overtaken)
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
    await world.put('ends', [{ key: '1', id: 'f', content: failed }], RUN)
    await world.put('ends', [{ key: '2', id: 'c', content: completed }], {
      ...RUN,
      resetsAttempts: true,
    })
    const names = async (id: string) => (await world.raw.hkeys(keysOf('ends').base + id)).toSorted()
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
    await world.put('places', [...jobs, { key: 'waiting', id: 'w', content: waiting }], AS_IT_WAS)
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
    expect(await world.put('taken', [job], RUN)).toEqual([{ id: 'k', skipped: 'id_taken' }])
    expect(await world.raw.hgetall(`${keysOf('taken').base}a`)).toEqual({ name: 'other' })
  })

  it('spares a job of BullMQ 4 that stands where the logs of another would be', async () => {
    const { base } = keysOf('colons')
    const other = { name: 'other', data: '{}' }
    await world.raw.hset(`${base}a:logs`, other)
    await world.raw.hset(`${base}b:logs`, other)
    await world.raw.rpush(`${base}c:logs`, 'of one that was gone')
    const jobs = [
      { key: '1', id: 'a', content: parts({}) },
      { key: '2', id: 'b', content: parts({ logs: [Buffer.from('own')] }) },
      { key: '3', id: 'c', content: parts({ logs: [Buffer.from('own')] }) },
    ]
    expect((await world.put('colons', jobs, RUN)).map(({ skipped }) => skipped)).toEqual([
      null,
      'id_taken',
      null,
    ])
    expect(await world.raw.hgetall(`${base}a:logs`)).toEqual(other)
    expect(await world.raw.hgetall(`${base}b:logs`)).toEqual(other)
    expect(await world.raw.exists(`${base}b`)).toBe(0)
    expect(await world.raw.lrange(`${base}c:logs`, 0, -1)).toEqual(['own'])
    const [moved] = await world.put('colons', jobs.slice(1, 2), ELSEWHERE, guard(2))
    expect(moved).toMatchObject({ skipped: null, newId: '1' })
    expect(await world.raw.lrange(`${base}1:logs`, 0, -1)).toEqual(['own'])
  })

  it('leaves in the vault what is no job, and puts the others', async () => {
    const jobs = ['', '{}', parts({})].map((content, index) => ({
      key: `row ${index}`,
      id: `j${index}`,
      content,
    }))
    const ends = await world.put('damaged', jobs, RUN)
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
    expect(await world.put('elsewhere', jobs, ELSEWHERE)).toEqual(ends)
    expect(await world.put('elsewhere', jobs, ELSEWHERE, guard(2))).toEqual(ends)
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
    const ends = await world.put('children', jobs, RUN)
    expect(ends.map(({ skipped }) => skipped)).toEqual([null, 'child', null, null])
    expect(await world.put('children', jobs.slice(1, 2), AS_IT_WAS)).toEqual([
      { id: '2', skipped: null },
    ])
  })

  it('goes through thousands of jobs and megabytes', async () => {
    const data = JSON.stringify('x'.repeat(700_000))
    const jobs = Array.from({ length: 1500 }, (_, index) => ({
      key: String(index),
      id: `j${index}`,
      content: parts(index < 4 ? { job: { data } } : {}),
    }))
    expect(await world.put('many', jobs, RUN)).toHaveLength(1500)
    const waiting = await world.raw.lrange(keysOf('many').wait, 0, -1)
    expect(waiting).toHaveLength(1500)
    expect(new Set(waiting)).toEqual(new Set(jobs.map(({ id }) => id)))
  })
})
