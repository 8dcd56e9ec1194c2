import fc from 'fast-check'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { JobOptions } from '../../../src/domain/action.ts'
import { compileFilter } from '../../../src/domain/filter-match.ts'
import type { JobAction } from '../../../src/domain/job-actions.ts'
import { type JobFilter, NO_FILTER } from '../../../src/domain/job-filter.ts'
import type { JobState } from '../../../src/domain/job.ts'
import type { Store } from '../../../src/domain/ports/store.ts'
import type { VaultSet } from '../../../src/domain/vault.ts'
import { createStore } from '../../../src/store/store.ts'
import { resolveJobs } from '../../../src/usecases/actions/jobs/resolve-jobs.ts'
import { resolveReplay } from '../../../src/usecases/actions/jobs/resolve-replay.ts'
import { selectInVault } from '../../../src/usecases/actions/jobs/select-in-vault.ts'
import { FLAVOURS, type Flavour } from '../../contract/bullmq-flavours.ts'
import { type JobWorld, openJobWorld } from '../../contract/job-world.ts'
import { openSeeingWorker } from '../../contract/seen-jobs.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { aSettings } from '../../helpers/config-of.ts'
import { eventually } from '../../helpers/eventually.ts'
import { jobPlans } from '../../helpers/job-plans.ts'
import { filtersOver, NOW, plantJobs } from '../../helpers/jobs-of-all-kinds.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'

let world: JobWorld
let database: TestDatabase
let pool: Pool
let store: Store

beforeAll(async () => {
  ;[world, database] = await Promise.all([openJobWorld(), freshDatabase()])
  pool = database.openAppPool({ max: 2 })
  store = createStore(pool, 'test', createTestClock())
})
afterAll(async () => {
  await Promise.all([world.close(), database.drop()])
})

const WATCH = { onProgress: () => undefined, signal: new AbortController().signal }

/** Takes these jobs of a queue into a set of the vault, in this order. */
async function quarantined(
  queue: string,
  jobs: readonly { readonly state: JobState; readonly id: string }[],
): Promise<VaultSet> {
  const plans = jobPlans(store)
  const plan = await plans.executing([jobs.map(({ id }) => id)])
  const set = await plans.setOf(plan, { ref: { system: world.system.name, queue } })
  const by = { planId: plan.id, fence: plan.fence, slice: 0 }
  for (const state of new Set(jobs.map((job) => job.state))) {
    const ids = jobs.filter((job) => job.state === state).map(({ id }) => id)
    const { copies, skipped } = await world.takeAll(queue, by, state, ids)
    expect(skipped).toEqual({})
    await store.now.vault.copyIn(set.id, plan.fence, [...copies.values()], { forgets: false })
    await store.now.vault.settleCopies(set.id, ids, ids)
  }
  return set
}

/** Ids of the jobs in a set that a filter means, in the order in which they were taken. */
async function meantInVault(set: VaultSet, filter: JobFilter): Promise<readonly string[]> {
  const systems = { all: () => [world.system], get: () => world.system }
  const clock = { now: () => NOW }
  const found = await selectInVault(
    { store, systems, clock },
    { action: 'release', refs: [set.ref], filter, options: { vault: set.number }, besides: [] },
  )
  const rows = found.groups.flatMap(({ ids }) => ids.map(Number))
  return (await store.now.vault.rows(rows)).map(({ jobId }) => jobId)
}

it('means in the vault what a plain reading of the same jobs means', async () => {
  const all = (await plantJobs(world.raw, 'property')).filter(({ state }) => state !== 'active')
  const set = await quarantined('property', all)
  let found = 0
  await fc.assert(
    fc.asyncProperty(filtersOver(all), async (filter) => {
      const { matches } = compileFilter(filter, NOW)
      const meant = all.filter(matches).map(({ id }) => id)
      const ids = await meantInVault(set, filter)
      expect(ids.toSorted()).toEqual(meant.slice(0, filter.limit ?? meant.length).toSorted())
      found += meant.length
    }),
    { numRuns: 60 },
  )
  expect(found).toBeGreaterThan(200)
})

it('runs no completed job of the vault again that was not asked for', async () => {
  const all = (await plantJobs(world.raw, 'again')).filter(({ state }) => state !== 'active')
  const set = await quarantined('again', all)
  const completed = all.filter(({ state }) => state === 'completed').length
  expect(completed).toBeGreaterThan(1)
  const deps = {
    store,
    systems: { all: () => [world.system], get: () => world.system },
    clock: { now: () => NOW },
    settings: aSettings(),
  }
  const resolved = async (action: JobAction, filter: string, options: JobOptions = {}) => {
    const wish = { filter, options: { vault: set.number, ...options } }
    const about = { refs: [set.ref], wish }
    const { jobs, warnings } =
      action === 'replay'
        ? await resolveReplay(deps, about)
        : await resolveJobs(deps, { ...about, action })
    return { completed: jobs.byState.completed ?? 0, told: [...warnings.values()].flat().join() }
  }
  const left = new RegExp(`^${completed} that had completed stay .*v${set.number} as-it-was`)
  const again = `${completed} of them had completed; they would run again.`
  expect(await resolved('release', '')).toEqual({
    completed: 0,
    told: expect.stringMatching(left),
  })
  expect(await resolved('replay', '')).toEqual({
    completed: 0,
    told: expect.stringMatching(left),
  })
  expect(await resolved('release', 'state:completed')).toEqual({ completed, told: again })
  expect(await resolved('release', 'state:failed')).toEqual({ completed: 0, told: '' })
  expect(await resolved('release', '', { asItWas: true })).toEqual({ completed, told: '' })
  expect(await resolved('discard', '')).toEqual({ completed, told: '' })
})

const frames = (place: string) => `\n    at ${place} (/app/dist/${place}.js:10:3)`

/** What jobs fail with, each a cluster of its own; texts and stacks are at, and beyond, what anybody reads. */
const HOSTILE: readonly (() => unknown)[] = [
  () => new Error(''),
  () => Object.assign(new Error('ä'.repeat(3000)), { stack: `Error: ä${frames('umlauts')}` }),
  () => Object.assign(new Error(`${'☎'.repeat(399)}😀 then`), { stack: `x${frames('emoji')}` }),
  () => Object.assign(new Error('a\0b'), { stack: `Error: a\0b${frames('nul')}` }),
  () => Object.assign(new Error('big'), { stack: `Error: big${frames('big').repeat(2500)}` }),
  () => Object.assign(new Error('huge'), { stack: `Error: huge${frames('huge').repeat(9000)}` }),
  () => Object.assign(new Error('deep'), { stack: `${'x'.repeat(3980)}${frames('deep')}` }),
  () => Object.assign(new Error('","'), { stack: `Error: ","\\${frames('quotes')}` }),
  () => Object.assign(new Error('none'), { stack: '' }),
  () => 'no error at all',
]

/** Two jobs for each, as workers of this version leave them. */
async function fill(flavour: Flavour, queue: string): Promise<void> {
  const producer = world.own(flavour, queue)
  for (const n of [...HOSTILE.keys(), ...HOSTILE.keys()]) await producer.add(`type${n}\0`, { n })
  const worker = await openSeeingWorker(flavour, queue, world.server.port, ({ name }) => {
    throw HOSTILE[Number.parseInt(String(name).slice('type'.length), 10)]?.()
  })
  const ended = () => world.raw.zcard(`bull:${queue}:failed`)
  await eventually('all failed', async () => (await ended()) === 2 * HOSTILE.length)
  await worker.close()
}

describe.each(FLAVOURS)('clusters of %s', (flavour) => {
  it('have the key by which a filter finds just their jobs, in the queue and in the vault', async () => {
    const queue = `hostile-${flavour}`
    await fill(flavour, queue)
    const states = ['failed'] as const
    const { jobReader: reader } = world.system
    if (reader === null) throw new Error('BullMQ tells of single jobs')
    const { items } = await reader.clusters(queue, { ...NO_FILTER, states }, 1000, WATCH)
    expect(items.map(({ count }) => count)).toEqual(HOSTILE.map(() => 2))
    const filters = items.map(({ key }): JobFilter => {
      const errors = [{ kind: 'cluster' as const, text: key }]
      return { ...NO_FILTER, states, errors }
    })
    const inQueue: (readonly string[])[] = []
    for (const filter of filters) {
      const { groups } = await world.select(queue, filter)
      inQueue.push(groups.flatMap(({ ids }) => ids))
    }
    expect(inQueue.map((ids) => ids.length)).toEqual(HOSTILE.map(() => 2))
    expect(new Set(inQueue.flat()).size).toBe(2 * HOSTILE.length)
    for (const [n, { key, sample }] of items.entries()) {
      expect(inQueue[n]).toContain(sample?.jobId)
      const told = await reader.job(queue, sample?.jobId ?? '')
      expect([undefined, key]).toContain(told?.failure?.cluster)
    }

    const jobs = inQueue.flat().map((id) => ({ state: 'failed' as const, id }))
    const set = await quarantined(queue, jobs)
    for (const [n, filter] of filters.entries())
      expect((await meantInVault(set, filter)).toSorted()).toEqual(inQueue[n]?.toSorted())
  })
})
