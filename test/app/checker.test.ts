import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

import { judge } from '../../bench/chaos/judge.ts'
import { note } from '../../bench/checker/ledgers.ts'
import { openPlanter, plantedId } from '../helpers/planted.ts'
import { freshDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { freshRedis } from '../helpers/redis.ts'

const redis = await freshRedis()
const client = new Redis(redis.url)
const queues = ['calm', 'stopped', 'hung'].map((name) => new Queue(name, { connection: client }))
const dirs: string[] = []
let database: TestDatabase

beforeAll(async () => {
  database = await freshDatabase()
  for (const queue of queues) await queue.add('work', {}, { jobId: 'waits' })
  // Stopped without a word in the audit trail.
  await queues[1]?.pause()
  // Its worker hung, and BullMQ gave the job to another one.
  await client.xadd('bull:hung:events', '*', 'event', 'stalled', 'jobId', 'first')
})
afterAll(async () => {
  await Promise.all(queues.map((queue) => queue.close()))
  client.disconnect()
  await Promise.all(dirs.map((dir) => rm(dir, { recursive: true })))
  await database.drop()
})

/** One job was added to this queue and finished; `plant` adds what is wrong. */
async function verdictOn(
  queue: string,
  plant: (dir: string) => void,
  { owner } = database,
  critical: readonly string[] = [],
) {
  const dir = await mkdtemp(join(tmpdir(), 'spillway-checker-'))
  dirs.push(dir)
  note(dir, 'added', `${queue} first`)
  note(dir, 'finished', `${queue} first`)
  plant(dir)
  return judge({ owner, redis: redis.url, ledgers: dir, critical })
}

const CLEAN = { lost: 0, repeated: 0, unaudited: 0, unapproved: 0, stuck: 0, rerun: 0, exitCode: 0 }

describe('the checker', () => {
  it('finds nothing where nothing is wrong, and counts apart what BullMQ ran again by itself', async () => {
    const [calm, hung] = await Promise.all([
      verdictOn('calm', () => undefined),
      verdictOn('hung', (dir) => note(dir, 'finished', 'hung first')),
    ])
    expect(calm).toMatchObject(CLEAN)
    expect(hung).toMatchObject({ ...CLEAN, rerun: 1 })
  })

  it('goes red on a loss, a repeat, and a stop that nobody wrote down', async () => {
    const [lost, repeated, unaudited] = await Promise.all([
      verdictOn('calm', (dir) => {
        note(dir, 'added', 'calm gone')
        note(dir, 'accepted', randomUUID())
      }),
      // One hung worker explains one more end, not two.
      verdictOn('hung', (dir) => {
        note(dir, 'finished', 'hung first')
        note(dir, 'finished', 'hung first')
      }),
      verdictOn('stopped', () => undefined),
    ])
    expect(lost).toMatchObject({ ...CLEAN, lost: 2, exitCode: 1 })
    expect(repeated).toMatchObject({ ...CLEAN, repeated: 1, rerun: 1, exitCode: 1 })
    // Nobody holds it either.
    expect(unaudited).toMatchObject({ ...CLEAN, unaudited: 1, stuck: 1, exitCode: 1 })
  })

  it('goes red on each thing that a plan, its approval, its audit or its message can lack', async () => {
    const own = await freshDatabase()
    onTestFinished(() => own.drop())
    await plantEverything(own)
    const seen = await verdictOn(
      'calm',
      (dir) => {
        for (const name of ['posted', 'sent'] as const)
          for (const key of ['card', 'card']) note(dir, name, key)
      },
      own,
      CRITICAL,
    )
    expect(seen.found).toEqual([
      'lost: message never posted',
      `repeated: intent of ${plantedId(12)} sales/twice`,
      `repeated: end of ${plantedId(12)}`,
      'repeated: message card',
      'repeated: freeze for a drill',
      'unaudited: trail broken at entry 53',
      `unaudited: intent of ${plantedId(10)} sales/hidden`,
      `unaudited: step of ${plantedId(9)} sales/silent`,
      `unaudited: end of ${plantedId(11)}`,
      `unapproved: pause of pay by plan ${plantedId(2)}`,
      `unapproved: pause of wire by plan ${plantedId(4)}`,
      `unapproved: pause of vault by plan ${plantedId(7)}`,
      `unapproved: resume of bank by plan ${plantedId(6)}`,
      'unapproved: sales/frozen in entry 48, while frozen',
      `stuck: queue of ${plantedId(13)} sales/open`,
      `stuck: accounts of ${plantedId(13)}`,
      `stuck: accounts of ${plantedId(14)}`,
    ])
    expect(seen).toMatchObject({ unapproved: 5, stuck: 3, resent: 1, exitCode: 1 })
  })
})

const CRITICAL = ['pay', 'wire', 'bank', 'vault', 'safe', 'gate']
const HOUR_MS = 3_600_000
const TEN_MINUTES_MS = 600_000

async function plantEverything(own: TestDatabase): Promise<void> {
  const { plan, entry, query, close } = await openPlanter(own.owner)
  await plan(1, { queue: 'email', holdMs: HOUR_MS })
  await plan(2, { queue: 'pay', holdMs: HOUR_MS })
  // Each short enough alone, together not.
  await plan(3, { queue: 'wire', holdMs: TEN_MINUTES_MS, minutesAgo: 11 })
  await plan(4, { queue: 'wire', holdMs: TEN_MINUTES_MS })
  // Not counted: the longer one was approved only after the short one was confirmed.
  await plan(16, { queue: 'gate', holdMs: HOUR_MS, minutesAgo: 5, approvedBy: 'U0BEN' })
  await plan(17, { queue: 'gate', holdMs: TEN_MINUTES_MS, minutesAgo: 4 })
  await query(
    `update approval set at = now() - interval '3 minutes' where plan_id = '${plantedId(16)}'`,
  )
  await query(
    `update plan_queue set touched_at = now() - interval '2 minutes' where plan_id = '${plantedId(16)}'`,
  )
  await plan(5, { queue: 'bank', holdMs: HOUR_MS, minutesAgo: 20, approvedBy: 'U0BEN' })
  await plan(6, { queue: 'bank', action: 'resume', ends: [5] })
  await plan(7, { queue: 'vault', holdMs: HOUR_MS, glass: 'not reviewed' })
  await plan(8, { queue: 'safe', holdMs: HOUR_MS, glass: 'reviewed' })
  await plan(9, { queue: 'silent', kinds: ['intent', 'outcome'] })
  await plan(10, { queue: 'hidden', kinds: ['step', 'outcome'] })
  await plan(11, { queue: 'endless', kinds: ['intent', 'step'] })
  await plan(12, { queue: 'twice', kinds: ['intent', 'intent', 'step', 'outcome', 'outcome'] })
  await plan(13, { queue: 'open', queueState: 'executing', kinds: ['intent', 'outcome'] })
  await plan(14, { queue: 'false', saidDone: 2 })
  await entry({ kind: 'frozen', reason: 'a drill', plan: null })
  await plan(15, { queue: 'frozen' })
  await entry({ kind: 'unfrozen', reason: null, plan: null })
  await entry({ kind: 'frozen', reason: 'a drill', plan: null })
  await entry({ kind: 'unfrozen', reason: null, plan: null })
  await query(`update audit_entry set text = replace(text, 'unfrozen', 'exported')
    where seq = (select max(seq) from audit_entry)`)
  await query(`insert into message
      (key, channel, target, content, priority, due_at, wanted_version, delivered_version)
    values ('never posted', 'ops', '{}', '{}', 1, now(), 1, 1)`)
  await close()
}
