import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { createStore } from '../../../src/store/store.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { execute, play, settle } from '../../helpers/history-acts.ts'
import { brokenLaws, remainsOf } from '../../helpers/history-laws.ts'
import { createStage } from '../../helpers/history-stage.ts'
import { QUEUES, type Act } from '../../helpers/history.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { stalling } from '../../helpers/stalling.ts'

let database: TestDatabase
let pool: Pool
const clock = createTestClock()

beforeAll(async () => {
  database = await freshDatabase()
  pool = database.openAppPool({ max: 4 })
})
afterAll(() => database.drop())

const MINUTE_MS = 60_000
const ORDER: Act = {
  kind: 'order',
  who: 'ANA',
  action: 'pause',
  queues: ['medium'],
  holdMs: 5 * MINUTE_MS,
  breaksGlass: false,
}

interface Late {
  readonly wasStalled: boolean
  readonly laws: readonly string[]
  /** People were told that the queue and its holds do not agree. */
  readonly isTold: boolean
}

/** An attempt sleeps before one of its calls while another brings the plan to its end, and its pause ends, too. */
async function late(sleepsAt: number): Promise<Late> {
  const prefix = `l${sleepsAt}`
  const store = createStore(pool, 'test', clock)
  const stage = createStage(store, clock, prefix)
  const from = await store.now.audit.head()
  for (const name of QUEUES) stage.toys.add(stage.queueOf(name), 25)
  await play(stage, ORDER)
  const planId = stage.plans[0] ?? ''
  let wasStalled = false
  const meanwhile = async (): Promise<void> => {
    wasStalled = true
    await settle(stage)
    await play(stage, { kind: 'pass', ms: 6 * MINUTE_MS })
    await play(stage, { kind: 'work' })
  }
  await execute(stage, planId, stalling(sleepsAt, meanwhile))
  await settle(stage)
  const { rows } = await pool.query<{ plan_id: string }>(
    'select plan_id from plan_queue where queue like $1',
    [`${prefix}-%`],
  )
  const ids = rows.map(({ plan_id: id }) => id)
  const laws = brokenLaws(stage, await remainsOf(stage, ids, from))
  const key = `mismatch:${planId}:sales/${stage.queueOf('medium')}`
  return { wasStalled, laws, isTold: (await store.now.messages.byKey(key)) !== null }
}

it('changes nothing late; where it slept in the change itself, people are told', async () => {
  const told: number[] = []
  let calls = 0
  for (let isOver = false; !isOver; calls += 1) {
    const { wasStalled, laws, isTold } = await late(calls + 1)
    if (isTold) told.push(calls + 1)
    expect([calls + 1, isTold ? [] : laws]).toEqual([calls + 1, []])
    isOver = !wasStalled
  }
  expect(calls).toBeGreaterThan(10)
  // Between the last look at the fence and the change itself nothing of ours can stand.
  expect(told).toHaveLength(1)
})
