import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'

import { judge, type Verdict } from '../../bench/chaos/judge.ts'
import { note, noteAll } from '../../bench/checker/ledgers.ts'
import { plantInVault } from '../helpers/planted-vault.ts'
import { openPlanter, plantedId } from '../helpers/planted.ts'
import { freshDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { freshRedis } from '../helpers/redis.ts'

const redis = await freshRedis()
let database: TestDatabase
let dir: string

beforeAll(async () => {
  database = await freshDatabase()
  dir = await mkdtemp(join(tmpdir(), 'spillway-checker-'))
})
afterAll(async () => {
  await database.drop()
  await rm(dir, { recursive: true })
})

const verdict = (): Promise<Verdict & { readonly exitCode: number }> =>
  judge({ owner: database.owner, redis: redis.url, ledgers: dir, critical: [] })

it('finds every job in exactly one place, or says which are lost, doubled, or nobody knows how they got there', async () => {
  const planter = await openPlanter(database.owner)
  const vault = plantInVault(planter)
  const raw = new Redis(redis.url)
  onTestFinished(async () => {
    raw.disconnect()
    await planter.close()
  })

  // One was released and ran, one is in the vault, one stayed in its queue, one was never touched.
  await vault.plan(1, { action: 'quarantine', queue: 'email', ids: ['ran', 'held'] })
  await vault.plan(2, { action: 'release', queue: 'email', ids: ['10'] })
  await vault.job({ row: 10, plan: 1, job: 'ran', state: 'held', releasedBy: 2 })
  await vault.job({ row: 11, plan: 1, job: 'held', state: 'held' })
  noteAll(dir, 'added', ['email ran', 'email held', 'email other'])
  noteAll(dir, 'finished', ['email ran', 'email other'])
  expect(await verdict()).toMatchObject({ found: [], in_vault: 1, exitCode: 0 })

  // It ran although it is in the vault, but BullMQ says that its worker had lost it before.
  note(dir, 'finished', 'email held')
  note(dir, 'stalled', 'email held')
  expect(await verdict()).toMatchObject({ found: [], rerun: 1, exitCode: 0 })

  await vault.plan(3, { action: 'quarantine', queue: 'pay', ids: ['vanished', 'twice', 'empty'] })
  await vault.job({ row: 30, plan: 3, job: 'twice', state: 'held' })
  await vault.job({ row: 31, plan: 3, job: 'empty', state: 'held', hasContent: false })
  await vault.job({ row: 32, plan: 3, job: 'unplanned', state: 'held' })
  await vault.plan(4, { action: 'quarantine', queue: 'pay', ids: ['twice'], sliceState: 'open' })
  await vault.job({ row: 40, plan: 4, job: 'twice', state: 'copied' })
  await vault.plan(5, { action: 'release', queue: 'email', ids: ['10', '30'], count: 3 })
  await vault.plan(6, { action: 'quarantine', queue: 'bulk', ids: ['many'], count: 1001 })
  await vault.job({ row: 60, plan: 6, job: 'many', state: 'held' })
  await vault.plan(7, { action: 'quarantine', queue: 'bulk', ids: ['left'], skippedCount: 1 })
  noteAll(dir, 'added', ['pay vanished', 'pay twice', 'pay empty', 'pay garbled', 'bulk many'])
  note(dir, 'garbled', 'pay garbled')
  note(dir, 'finished', 'bulk many')
  await raw.zadd('bull:pay:failed', 1, 'twice')

  const seen = await verdict()
  expect(seen.found).toEqual([
    'lost: job pay vanished',
    'lost: content of job pay garbled',
    `lost: vault job vanished of ${plantedId(3)}`,
    `lost: vault job left of ${plantedId(7)}`,
    'lost: content of vault job empty',
    'repeated: job pay twice',
    'repeated: job bulk many',
    'repeated: job twice of pay in the vault',
    'repeated: release of vault row 10',
    'unaudited: vault job unplanned',
    `unapproved: quarantine of many by plan ${plantedId(6)}`,
    'stuck: job pay twice',
    ...[4, 5, 6].map((number) => `stuck: accounts of ${plantedId(number)}`),
    'stuck: vault job twice copied',
    `stuck: slice 0 of ${plantedId(4)}`,
    'stuck: release of vault row 10',
    'stuck: release of vault row 30',
    ...[5, 6].map((number) => `stuck: jobs of ${plantedId(number)}`),
    `stuck: skipped of slice 0 of ${plantedId(7)}`,
  ])
  expect(seen).toMatchObject({ in_vault: 5, exitCode: 1 })
})
