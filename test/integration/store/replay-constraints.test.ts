import type { Pool, PoolClient } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'

import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { rawPlans, type RawPlans } from '../../helpers/raw-plans.ts'

/** What PostgreSQL calls its refusals. */
const CHECK = { code: '23514' }
const FOREIGN_KEY = { code: '23503' }
const UNIQUE = { code: '23505' }
const RIGHTS = { code: '42501' }

let database: TestDatabase
let pool: Pool
let client: PoolClient
let rows: RawPlans

beforeAll(async () => {
  database = await freshDatabase()
  pool = database.openAppPool({ max: 1 })
})
afterAll(() => database.drop())
/** Every test in a transaction of its own that is never committed. */
beforeEach(async () => {
  client = await pool.connect()
  await client.query('begin')
  rows = rawPlans(client)
  onTestFinished(async () => {
    await client.query('rollback')
    client.release()
  })
})

/** A replay with two waves of three jobs, as raw rows; gives its plan's id. */
async function aReplay({ queue = 'email', state = 'running' } = {}): Promise<string> {
  const id = await rows.planIn('executing')
  await rows.run(
    `insert into replay (plan_id, system, queue, state, baseline, live, began_at, seen_at)
     values ($1, 'sales', $2, $3, '{}', '{}', now(), now())`,
    [id, queue, state],
  )
  await rows.run('insert into replay_wave (plan_id, wave, size) values ($1, 0, 3), ($1, 1, 3)', [
    id,
  ])
  return id
}

const change = (id: string, text: string): Promise<void> =>
  rows.run(`update replay set ${text} where plan_id = $1`, [id])

const changeWave = (id: string, wave: number, text: string): Promise<void> =>
  rows.run(`update replay_wave set ${text} where plan_id = $1 and wave = $2`, [id, wave])

const judged = (verdict: string): string => `verdict = '${verdict}', judged_at = now(), words = ''`

const addJob = (id: string, job: string, { wave = 0, outcome = 'open' } = {}): Promise<void> =>
  rows.run(
    `insert into replay_job (plan_id, wave, job_id, key, put_at, outcome) values ($1, $2, $3, $3, now(), $4)`,
    [id, wave, job, outcome],
  )

const endJob = (outcome: string): string =>
  `outcome = '${outcome}', ended_at = now(), is_known = ${outcome === 'failed' ? 'true' : 'null'}`

const changeJob = (id: string, text: string): Promise<void> =>
  rows.run(`update replay_job set ${text} where plan_id = $1`, [id])

const outcomeOf = (attempt: Promise<void>): Promise<unknown> =>
  attempt.then(
    () => 'done',
    (error: { readonly code?: string }) => error.code,
  )

describe('a replay', () => {
  /** How it comes to each state, and what may follow. */
  const ROADS = {
    running: [],
    held: ['held'],
    halting: ['halting'],
    halted: ['halting', 'halted'],
    done: ['done'],
  } as const
  const STATES = ['running', 'held', 'halting', 'halted', 'done'] as const
  const MAY_FOLLOW: Readonly<Record<keyof typeof ROADS, readonly string[]>> = {
    running: ['held', 'halting', 'done'],
    held: ['running', 'halting'],
    halting: ['halted'],
    halted: [],
    done: [],
  }
  const move = (id: string, to: string): Promise<void> =>
    change(id, `state = '${to}', ended_at = ${to === 'halted' || to === 'done' ? 'now()' : 'null'}`)

  it.each(STATES)('goes from %s only where it may', async (from) => {
    for (const to of STATES.filter((state) => state !== from)) {
      const id = await aReplay({ queue: `email-${to}` })
      for (const step of ROADS[from]) await move(id, step)
      const attempt = move(id, to)
      const isAllowed = MAY_FOLLOW[from].includes(to)
      expect([to, await outcomeOf(attempt)]).toEqual([to, isAllowed ? 'done' : CHECK.code])
    }
  })

  it('begins as running, and is over at one time', async () => {
    await expect(aReplay({ state: 'held' })).rejects.toMatchObject(CHECK)
    const id = await aReplay()
    await expect(change(id, `state = 'done'`)).rejects.toMatchObject(CHECK)
    await change(id, `state = 'done', ended_at = now()`)
    await expect(change(id, `ended_at = now() + interval '1 s'`)).rejects.toMatchObject(CHECK)
  })

  it('is one of its queue until it is over, and never goes back a wave', async () => {
    const id = await aReplay()
    await expect(aReplay()).rejects.toMatchObject(UNIQUE)
    await change(id, `wave = 1`)
    await expect(change(id, `wave = 0`)).rejects.toMatchObject(CHECK)
    await change(id, `state = 'done', ended_at = now()`)
    await aReplay()
  })
})

describe('a wave', () => {
  it('comes after the one before it was found good, which was in line as a whole', async () => {
    const id = await aReplay()
    const begin = () => changeWave(id, 1, 'began_at = now()')
    await changeWave(id, 0, 'began_at = now()')
    await expect(begin()).rejects.toMatchObject(CHECK)
    await changeWave(id, 0, judged('hold'))
    await expect(begin()).rejects.toMatchObject(CHECK)
    await expect(changeWave(id, 0, judged('promote'))).rejects.toMatchObject(CHECK)
    await changeWave(id, 0, `fed_at = now(), ${judged('promote')}`)
    await begin()
  })

  it.each(['promote', 'halt'])('keeps its verdict once it is %s', async (verdict) => {
    const id = await aReplay()
    await changeWave(id, 0, 'began_at = now(), fed_at = now()')
    for (const first of ['hold', 'hold', verdict]) await changeWave(id, 0, judged(first))
    for (const deed of [
      judged('hold'),
      `words = 'better'`,
      `judged_by_team_id = 'T', judged_by_user_id = 'U'`,
    ])
      await expect(changeWave(id, 0, deed)).rejects.toMatchObject(CHECK)
  })

  it('has no more jobs than it was to have, and none before it began', async () => {
    const id = await aReplay()
    await expect(addJob(id, '1')).rejects.toMatchObject(CHECK)
    await changeWave(id, 0, 'began_at = now()')
    await changeWave(id, 0, 'skipped = 2')
    await addJob(id, '1')
    await expect(addJob(id, '2')).rejects.toMatchObject(CHECK)
    await expect(changeWave(id, 0, 'skipped = 1')).rejects.toMatchObject(CHECK)
    await expect(changeWave(id, 0, 'began_at = null')).rejects.toMatchObject(CHECK)
  })
})

describe('a job of a replay', () => {
  const OUTCOMES = ['completed', 'failed', 'unseen', 'returned']

  async function aJob(): Promise<string> {
    const id = await aReplay({ queue: crypto.randomUUID() })
    await changeWave(id, 0, 'began_at = now()')
    await addJob(id, '1')
    return id
  }

  it.each(OUTCOMES)('ends once: %s', async (outcome) => {
    for (const next of [...OUTCOMES, 'open']) {
      const id = await aJob()
      await changeJob(id, endJob(outcome))
      const attempt = changeJob(
        id,
        next === 'open' ? `outcome = 'open', ended_at = null` : endJob(next),
      )
      const isAllowed = outcome === 'unseen' && next !== 'unseen' && next !== 'open'
      expect([next, await outcomeOf(attempt)]).toEqual([next, isAllowed ? 'done' : CHECK.code])
    }
  })

  it('is in line first, in a wave that there is, and there once', async () => {
    const id = await aJob()
    await expect(addJob(id, '2', { outcome: 'unseen' })).rejects.toMatchObject(CHECK)
    await expect(addJob(id, '2', { wave: 7 })).rejects.toMatchObject(FOREIGN_KEY)
    await expect(addJob(id, '1')).rejects.toMatchObject(UNIQUE)
    for (const deed of [`outcome = 'completed'`, `outcome = 'failed', ended_at = now()`])
      await expect(changeJob(id, deed)).rejects.toMatchObject(CHECK)
  })
})

describe('a plan that a replay had made', () => {
  it('names its step, once', async () => {
    const id = await aReplay()
    const step = async (text: string) =>
      rows.run(`update plan set ${text} where id = $1`, [await rows.planIn('done')])
    await expect(step(`replay_step = 'failed:1'`)).rejects.toMatchObject(CHECK)
    await expect(step(`replays_plan_id = '${id}'`)).rejects.toMatchObject(CHECK)
    await step(`replays_plan_id = '${id}', replay_step = 'failed:1'`)
    await expect(step(`replays_plan_id = '${id}', replay_step = 'failed:1'`)).rejects.toMatchObject(
      UNIQUE,
    )
  })
})

describe("a replay's rows", () => {
  it.each([
    'delete from replay',
    'delete from replay_wave',
    'delete from replay_job',
    'truncate replay_job',
    `update replay set began_at = now()`,
    `update replay set baseline = '{}'`,
    'update replay_wave set completed = 9',
    'update replay_wave set open = 0',
    'update replay_wave set size = 9',
    `update replay_job set wave = 1`,
    `update replay_job set job_id = '2'`,
    `insert into replay_stratum select plan_id, 0, 0, 9, 0 from replay`,
    'alter table replay_job disable trigger all',
    'drop trigger wave_in_order on replay_wave',
  ])("are not the application's to change: %s", async (statement) => {
    await aReplay()
    await expect(rows.run(statement)).rejects.toMatchObject(RIGHTS)
  })
})
