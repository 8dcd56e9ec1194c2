import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Queue } from 'bullmq'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { judge } from '../../bench/chaos/run.ts'
import { note } from '../../bench/checker/ledgers.ts'
import { freshDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { freshRedis } from '../helpers/redis.ts'

const redis = await freshRedis()
const queues = ['calm', 'stopped'].map(
  (name) => new Queue(name, { connection: { url: redis.url } }),
)
const dirs: string[] = []
let database: TestDatabase

beforeAll(async () => {
  database = await freshDatabase()
  for (const queue of queues) await queue.add('work', {}, { jobId: 'first' })
  // Stopped without a word in the audit trail.
  await queues[1]?.pause()
})
afterAll(async () => {
  await Promise.all(queues.map((queue) => queue.close()))
  await Promise.all(dirs.map((dir) => rm(dir, { recursive: true })))
  await database.drop()
})

/** One job was added to this queue and finished; `plant` adds what is wrong. */
async function verdictOn(queue: string, plant: (dir: string) => void) {
  const dir = await mkdtemp(join(tmpdir(), 'spillway-checker-'))
  dirs.push(dir)
  note(dir, 'added', `${queue} first`)
  note(dir, 'finished', `${queue} first`)
  plant(dir)
  return judge({ owner: database.owner, redis: redis.url, ledgers: dir })
}

const CLEAN = { lost: 0, repeated: 0, unaudited: 0, stuck: 0, exitCode: 0 }

describe('the checker', () => {
  it('finds nothing where nothing is wrong', async () => {
    expect(await verdictOn('calm', () => undefined)).toMatchObject(CLEAN)
  })

  it('goes red on a loss, a repeat, and a stop that nobody wrote down', async () => {
    const [lost, repeated, unaudited] = await Promise.all([
      verdictOn('calm', (dir) => {
        note(dir, 'added', 'calm gone')
        note(dir, 'accepted', randomUUID())
      }),
      verdictOn('calm', (dir) => note(dir, 'finished', 'calm first')),
      verdictOn('stopped', () => undefined),
    ])
    expect(lost).toMatchObject({ ...CLEAN, lost: 2, exitCode: 1 })
    expect(repeated).toMatchObject({ ...CLEAN, repeated: 1, exitCode: 1 })
    // Nobody holds it either.
    expect(unaudited).toMatchObject({ ...CLEAN, unaudited: 1, stuck: 1, exitCode: 1 })
  })
})
