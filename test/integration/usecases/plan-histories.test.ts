import fc from 'fast-check'
import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createStore } from '../../../src/store/store.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { letAllTimePass, play, settle } from '../../helpers/history-acts.ts'
import { brokenLaws, open, remainsOf } from '../../helpers/history-laws.ts'
import { createStage } from '../../helpers/history-stage.ts'
import { histories, QUEUES, type Act, type Planning } from '../../helpers/history.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import type { PersonName } from '../../helpers/toy-people.ts'

const HISTORIES = 40

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
  note('death', stage.witness.deaths)
  const unfinished = open(end).map(({ id, state }) => `plan ${id} stays ${state}`)
  return [...midway, ...brokenLaws(stage, end), ...unfinished]
}

const order = (
  who: PersonName,
  action: 'pause' | 'resume',
  minutes: number | null,
  breaksGlass = false,
): Planning => ({
  kind: 'order',
  who,
  action,
  queues: ['critical-a'],
  holdMs: minutes === null ? null : minutes * 60_000,
  breaksGlass,
})
const confirmBy = (who: PersonName): Act => ({
  kind: 'confirm',
  who,
  plan: 0,
  holdMs: undefined,
  reason: 'the provider answers nothing',
  breaksGlass: false,
  times: 1,
})
const pass = (minutes: number): Act => ({ kind: 'pass', ms: minutes * 60_000 })
const work: Act = { kind: 'work' }
const approves = (...people: readonly PersonName[]): Act => ({
  kind: 'judge',
  words: people.map((person) => ({ who: person, plan: 0, verb: 'approve' })),
})
const freeze: Act = { kind: 'freeze', who: 'ANA' }
const thaw: Act = { kind: 'unfreeze', who: 'ANA' }
const long = order('BEN', 'pause', 60)

/** Each ends with somebody who tries alone what needs another person; the day after, nothing of it may have happened. */
const WAYS_ROUND: readonly (readonly [string, readonly Act[]])[] = [
  ['many short ones', [order('ANA', 'pause', 8), work, pass(3), order('ANA', 'pause', 8)]],
  ['two people who alternate', [order('ANA', 'pause', 8), work, pass(3), order('BEN', 'pause', 8)]],
  [
    'a pause that should have ended, and did not',
    [order('BEN', 'pause', 5), work, freeze, pass(14), thaw, order('ANA', 'pause', 5), pass(1)],
  ],
  [
    'a pause that was ordered long ago and lasts still',
    [order('ANA', 'pause', 240), approves('CEM'), work, pass(235), order('ANA', 'pause', 15)],
  ],
  [
    'a pause that was ordered long ago and has not begun',
    [order('ANA', 'pause', 8), pass(31), pass(31), order('ANA', 'pause', 8)],
  ],
  [
    'a pause that was ordered long ago and approved late',
    [
      order('ANA', 'pause', 60),
      pass(29),
      approves('CEM'),
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

/** What one person might try; whether anything may come of it, the laws know. */
const TRIES: readonly (readonly [string, readonly Act[]])[] = [
  ['approves their own request', [long, approves('BEN'), work]],
  [
    'approves twice, at once and later',
    [{ ...long, queues: ['critical-b'] }, approves('CEM', 'CEM'), approves('CEM'), work],
  ],
  [
    'approves without a role, as a guest, and as who has left the group',
    [long, approves('VIC', 'GUS'), { kind: 'regroup', isDeeIn: false }, approves('DEE'), work],
  ],
  ['approves too late', [long, pass(31), approves('CEM'), work]],
  ['breaks glass without the right to', [order('ANA', 'pause', 60, true), work]],
  ['confirms what somebody else asked for', [{ ...long, kind: 'plan' }, confirmBy('ANA'), work]],
  [
    'signs off what they did themselves',
    [order('EVE', 'pause', 60, true), work, { kind: 'sign_off', who: 'EVE', plan: 0 }],
  ],
  ['has confirmed, and then comes a freeze', [order('ANA', 'pause', 5), freeze, work, thaw, work]],
  [
    'acts faster than policy allows',
    Array.from({ length: 9 }, (_, n) => ({
      ...order('ANA', 'pause', 5),
      queues: [n % 2 === 0 ? 'low-a' : 'medium'],
    })),
  ],
]

describe('somebody who', () => {
  it.each(TRIES)('%s gets nothing that policy does not allow', async (_try, acts) => {
    expect(await broken(acts)).toEqual([])
  })
})

describe('an executor that is killed', () => {
  it('before any of its calls leaves what the next one brings to its end, once', async () => {
    for (let diesAt = 1, isKilled = true; isKilled; diesAt += 1) {
      const before = seen['death'] ?? 0
      const killed: Act = { kind: 'execute', plan: 0, executors: 1, diesAt }
      expect([diesAt, await broken([order('ANA', 'pause', 5), killed])]).toEqual([diesAt, []])
      isKilled = (seen['death'] ?? 0) > before
    }
    expect(seen['death']).toBeGreaterThan(15)
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
    expect(seen['flip']).toBeGreaterThan(HISTORIES)
  }, 600_000)
})
