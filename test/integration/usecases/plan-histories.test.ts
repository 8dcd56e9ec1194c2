import fc from 'fast-check'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createStore } from '../../../src/store/store.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { letAllTimePass, play, settle } from '../../helpers/history-acts.ts'
import { brokenLaws, open, remainsOf } from '../../helpers/history-laws.ts'
import { createStage } from '../../helpers/history-stage.ts'
import { histories, QUEUES, type Act } from '../../helpers/history.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import type { PersonName } from '../../helpers/toy-people.ts'

const HISTORIES = Number(process.env['HISTORIES'] ?? 40)

let database: TestDatabase
let pool: Pool
const clock = createTestClock()
/** What the histories were made of, so that nobody takes idle ones for a proof. */
const seen: Record<string, number> = {}
let count = 0

beforeAll(async () => {
  database = await freshDatabase()
  pool = database.openAppPool({ max: 4 })
})
afterAll(() => database.drop())

const note = (what: string, by = 1): void => {
  seen[what] = (seen[what] ?? 0) + by
}

/** Plays one history on queues of its own; gives what is wrong with it. */
async function broken(acts: readonly Act[]): Promise<readonly string[]> {
  count += 1
  const prefix = `h${count}`
  const store = createStore(pool, 'test', clock)
  const stage = createStage(store, clock, prefix)
  const from = await store.now.audit.head()
  for (const name of QUEUES) stage.toys.add(stage.queueOf(name), 25)
  for (const act of acts) await play(stage, act)
  const remains = async () => {
    const { rows } = await pool.query<{ plan_id: string }>(
      'select distinct plan_id from plan_queue where queue like $1',
      [`${prefix}-%`],
    )
    return remainsOf(
      stage,
      rows.map(({ plan_id: id }) => id),
      from,
    )
  }
  await settle(stage)
  const midway = brokenLaws(stage, await remains())
  await letAllTimePass(stage)
  const end = await remains()
  for (const { plan } of end.orders)
    note(`${plan.tier} ${plan.isBreakGlass ? 'broken glass' : plan.state}`)
  for (const { planId } of stage.witness.flips) note(planId === null ? 'foreign flip' : 'flip')
  for (const { kind } of end.entries) note(`audit ${kind}`)
  for (const code of stage.witness.refused) note(`refused ${code}`)
  const unfinished = open(end).map(({ id, state }) => `plan ${id} stays ${state}`)
  return [...midway, ...brokenLaws(stage, end), ...unfinished]
}

const order = (
  who: PersonName,
  action: 'pause' | 'resume',
  minutes: number | null,
  breaksGlass = false,
): Act => ({
  kind: 'order',
  who,
  action,
  queues: ['critical-a'],
  holdMs: minutes === null ? null : minutes * 60_000,
  breaksGlass,
})
const pass = (minutes: number): Act => ({ kind: 'pass', ms: minutes * 60_000 })
const work: Act = { kind: 'work' }
const approval: Act = { kind: 'judge', words: [{ who: 'CEM', plan: 0, verb: 'approve' }] }

/** Each ends with somebody who tries alone what needs another person; the day after, nothing of it may have happened. */
const WAYS_ROUND: readonly (readonly [string, readonly Act[]])[] = [
  ['many short ones', [order('ANA', 'pause', 8), work, pass(3), order('ANA', 'pause', 8)]],
  ['two people who alternate', [order('ANA', 'pause', 8), work, pass(3), order('BEN', 'pause', 8)]],
  [
    'a pause that should have ended, and did not',
    [
      order('BEN', 'pause', 5),
      work,
      { kind: 'freeze', who: 'ANA' },
      pass(14),
      { kind: 'unfreeze', who: 'ANA' },
      order('ANA', 'pause', 5),
      pass(1),
    ],
  ],
  [
    'a pause that was ordered long ago and lasts still',
    [order('ANA', 'pause', 240), approval, work, pass(235), order('ANA', 'pause', 15)],
  ],
  [
    'a pause that was ordered long ago and approved late',
    [
      order('ANA', 'pause', 60),
      pass(29),
      approval,
      work,
      pass(14),
      order('BEN', 'resume', null),
      work,
      pass(20),
      order('ANA', 'pause', 5),
    ],
  ],
  [
    'a resume after a long stop of which each part was short',
    [
      order('ANA', 'pause', 5),
      work,
      pass(3),
      order('EVE', 'pause', 60, true),
      work,
      pass(6),
      work,
      pass(7),
      order('ANA', 'resume', null),
    ],
  ],
]

describe('a critical queue that stays stopped, or runs again after that', () => {
  it.each(WAYS_ROUND)('needs approval also by way of %s', async (_way, acts) => {
    expect(await broken([...acts, work])).toEqual([])
    const { rows } = await pool.query<{ tier: string }>(
      `select tier from plan where ends_hold_id is null and confirmed_at is not null order by number desc limit 1`,
    )
    expect(rows).toEqual([{ tier: 'T3' }])
  })
})

describe('whatever people, the clock and dying processes do', () => {
  it('changes no queue without what policy demands, and audits every end', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (acts) => {
        expect(await broken(acts)).toEqual([])
      }),
      { numRuns: HISTORIES, endOnFailure: false },
    )
    if (process.env['SEEN']) console.log(seen)
  }, 600_000)
})
