import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { compileFilter } from '../../src/domain/filter-match.ts'
import { NO_FILTER, type JobFilter } from '../../src/domain/job-filter.ts'
import type { JobFacts } from '../../src/domain/job.ts'
import { selectJobs } from '../../src/queues/bullmq/jobs/select.ts'
import { queueKeys } from '../../src/queues/bullmq/keys.ts'
import { filtersOver, NOW, plantJobs } from '../helpers/jobs-of-all-kinds.ts'
import { FLAVOURS } from './bullmq-flavours.ts'
import { numbered, openJobWorld, type JobWorld } from './job-world.ts'
import { addFlow } from './seen-jobs.ts'

let world: JobWorld
beforeAll(async () => {
  world = await openJobWorld()
})
afterAll(() => world.close())

const WATCH = { onProgress: () => undefined, signal: new AbortController().signal }

const keysOf = (queue: string) => queueKeys('bull', queue)

it('finds what a plain reading of the same jobs finds, in order', async () => {
  const all = await plantJobs(world.raw, 'property')
  const filters = filtersOver(all)
  let found = 0
  await fc.assert(
    fc.asyncProperty(filters, async (filter) => {
      const line = world.lineOf('property', 'list')
      const { groups, isCut } = await selectJobs(line, filter, 1000, WATCH, NOW)
      const { matches } = compileFilter(filter, NOW)
      const placed = filter.states.flatMap((state) => all.filter((job) => job.state === state))
      const isPlain = filter.ids.length === 0 || filter.is.includes('duplicate')
      const named = isPlain ? placed : inOrderOf(filter.ids, placed)
      const meant = named.filter(matches).map(({ id }) => id)
      const most = filter.limit ?? meant.length
      expect(groups.flatMap(({ ids }) => ids)).toEqual(meant.slice(0, most))
      expect(isCut).toBe(meant.length > most)
      found += meant.length
    }),
    { numRuns: 150 },
  )
  expect(found).toBeGreaterThan(500)
})

/** Lists are walked in their own order, sorted sets asked for the ids in theirs. */
function inOrderOf(ids: readonly string[], placed: readonly JobFacts[]): readonly JobFacts[] {
  const rank = ({ id, state }: JobFacts) =>
    state === 'waiting' || state === 'active' ? -1 : ids.indexOf(id)
  const states = [...new Set(placed.map(({ state }) => state))]
  return placed.toSorted(
    (a, b) => states.indexOf(a.state) - states.indexOf(b.state) || rank(a) - rank(b),
  )
}

describe.each(FLAVOURS)('jobs of %s', (flavour) => {
  it('are told with their types, ages, a redacted sample and what will stay', async () => {
    const queue = `told-${flavour}`
    const { childId } = await addFlow(flavour, world.server.port, {
      parent: `told-parent-${flavour}`,
      child: queue,
      opts: {},
    })
    const producer = world.own(flavour, queue)
    const first = await producer.add('mail', { password: 'hunter2' })
    const second = await producer.add('mail', {})
    const selection = await world.select(queue, { states: ['waiting', 'delayed'] })
    expect(selection.groups).toEqual([{ state: 'waiting', ids: [childId, first, second] }])
    expect(selection.types.items).toEqual([
      { type: 'mail', count: 2 },
      { type: 'child', count: 1 },
    ])
    expect(selection.foreseen).toEqual({ child: 1 })
    expect(selection.sample.map(({ data }) => data)).toContain('{"password":"[redacted]"}')
    expect(JSON.stringify(selection)).not.toContain('hunter2')
    expect(selection.oldestAt?.getTime()).toBeLessThanOrEqual(selection.newestAt?.getTime() ?? 0)
    const cut = await world.select(queue, { states: ['waiting'], limit: 2 })
    expect([cut.isCut, cut.groups[0]?.ids]).toEqual([true, [childId, first]])
    expect((await world.select(queue, { states: ['waiting'] }, 3)).isCut).toBe(false)
    expect(await world.jobs.stillThere(queue, 'waiting', [first, second, 'none'])).toBe(2)
  })
})

describe('a selection', () => {
  it.each(['list', 'set'] as const)(
    'misses and doubles no job that stays, while a %s moves',
    async (kind) => {
      const queue = `moving-${kind}`
      const keys = keysOf(queue)
      const ids = numbered(3000)
      await world.fill(queue, ids)
      const state = kind === 'list' ? 'waiting' : 'failed'
      if (kind === 'set')
        await world.raw.zadd(keys.failed, ...ids.flatMap((id) => [Math.ceil(Number(id) / 700), id]))
      const gone = new Set<string>()
      const line = world.lineOf(queue, 'list')
      // After every look some leave from the front, others come.
      const run: typeof line.connection.run = async (use) => {
        const reply = await line.connection.run(use)
        const left =
          kind === 'list'
            ? await world.raw.rpop(keys.wait, 30)
            : (await world.raw.zpopmin(keys.failed, 30)).filter((_, at) => at % 2 === 0)
        for (const id of left ?? []) gone.add(id)
        if (kind === 'list') await world.raw.lpush(keys.wait, 'nothing')
        return reply
      }
      const moving = { ...line, connection: { ...line.connection, run } }
      const filter = { ...NO_FILTER, states: [state] } satisfies JobFilter
      const { groups } = await selectJobs(moving, filter, 10_000, WATCH, NOW)
      const found = groups[0]?.ids ?? []
      expect(gone.size).toBeGreaterThan(100)
      expect(new Set(found).size).toBe(found.length)
      expect(found.filter((id) => !gone.has(id))).toEqual(ids.filter((id) => !gone.has(id)))
    },
  )

  it('reports how far it is and can be given up', async () => {
    await world.fill('given-up', numbered(2000))
    const stop = new AbortController()
    const shares: number[] = []
    const onProgress = (share: number) => {
      shares.push(share)
      if (shares.length === 3) stop.abort(new Error('enough'))
    }
    const filter = { ...NO_FILTER, states: ['waiting'] } satisfies JobFilter
    const watch = { onProgress, signal: stop.signal }
    await expect(world.jobs.select('given-up', filter, 5000, watch)).rejects.toThrow('enough')
    expect(shares).toEqual(shares.toSorted((a, b) => a - b))
    expect(shares.every((share) => share >= 0 && share < 1)).toBe(true)
  })

  it('passes over markers, payloads too large to be read and entries without a job', async () => {
    const keys = keysOf('odd')
    await world.fill('odd', ['1', '2', '3'])
    await world.raw.rpush(keys.wait, '0:0', 'ghost')
    await world.raw.set(`${keys.base}ghost`, 'no hash')
    await world.raw.hset(`${keys.base}2`, 'data', JSON.stringify({ a: 1, b: 'x'.repeat(140_000) }))
    await world.raw.hset(`${keys.base}3`, 'data', '{"a":1}')
    const payload = [{ path: ['a'], isNot: false, value: '1' }]
    const ids = async (filter: Partial<JobFilter>) =>
      (await world.select('odd', { states: ['waiting'], ...filter })).groups.flatMap(
        (group) => group.ids,
      )
    expect(await ids({})).toEqual(['1', '2', '3'])
    expect(await ids({ payload })).toEqual(['3'])
    expect(await ids({ is: ['corrupted'] })).toEqual([])
  })
})
