import type { Pool, PoolClient } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'

import type { PlanState } from '../../../src/domain/action.ts'
import { PLAN_TRANSITIONS } from '../../../src/domain/plan-states.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { PLAN_STATES, rawPlans, type RawPlans } from '../../helpers/raw-plans.ts'

/** What PostgreSQL calls its refusals. */
const REFUSED = {
  byCheck: { code: '23514' },
  byForeignKey: { code: '23503' },
  byUnique: { code: '23505' },
  byRights: { code: '42501' },
} as const

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

const isAllowed = (from: PlanState, to: PlanState): boolean =>
  from === to || PLAN_TRANSITIONS.some((row) => row.from === from && row.to === to)

const outcomeOf = (attempt: Promise<void>): Promise<unknown> =>
  attempt.then(
    () => 'done',
    (error: { readonly code?: string }) => error.code,
  )

describe('the life of a plan, as the database guards it', () => {
  it('is the table that the code has', async () => {
    const table = await client.query<{ from_state: string; to_state: string }>(
      'select * from plan_transition',
    )
    const pairs = (all: readonly (readonly [string, string])[]) =>
      [
        ...new Set(all.filter(([from, to]) => from !== to).map((pair) => pair.join(' > '))),
      ].toSorted()
    expect(pairs(table.rows.map((row) => [row.from_state, row.to_state]))).toEqual(
      pairs(PLAN_TRANSITIONS.map(({ from, to }) => [from, to])),
    )
  })

  it.each(PLAN_STATES)('leads from %s only where the table says', async (from) => {
    const id = await rows.planIn(from)
    for (const to of PLAN_STATES) {
      await client.query('savepoint before_move')
      const outcome = await outcomeOf(rows.move(id, to))
      expect([from, to, outcome]).toEqual([from, to, isAllowed(from, to) ? 'done' : '23514'])
      await client.query('rollback to before_move')
    }
  })

  it.each(PLAN_STATES.filter((state) => state !== 'planned'))(
    'does not begin as %s, whatever the tier',
    async (state) => {
      await expect(rows.aPlan({ state, tier: 'T0' })).rejects.toMatchObject(REFUSED.byCheck)
      await expect(rows.aPlan({ state, isBreakGlass: true })).rejects.toMatchObject(REFUSED.byCheck)
    },
  )

  it('begins as confirmed where it ends a hold, once, and as nothing further', async () => {
    const holdId = await rows.aHold(await rows.planIn('done'))
    await expect(rows.aPlan({ state: 'executing', endsHoldId: holdId })).rejects.toMatchObject(
      REFUSED.byCheck,
    )
    await rows.aPlan({ state: 'confirmed', endsHoldId: holdId })
    await expect(rows.aPlan({ state: 'confirmed', endsHoldId: holdId })).rejects.toMatchObject(
      REFUSED.byUnique,
    )
  })
})

describe('a T3 plan', () => {
  it('is not confirmed without the approval of others, whatever number it names', async () => {
    for (const approvals of [0, 1, 2]) {
      const id = await rows.aPlan({ tier: 'T3', approvals })
      await expect(rows.move(id, 'confirmed')).rejects.toMatchObject(REFUSED.byCheck)
      await rows.move(id, 'requested')
      await expect(rows.move(id, 'confirmed')).rejects.toMatchObject(REFUSED.byCheck)
    }
  })

  it('needs as many as policy said; a rejection is none of them', async () => {
    const id = await rows.planIn('requested', { tier: 'T3', approvals: 2 })
    await rows.approve(id, 'U0BEN')
    await expect(rows.move(id, 'confirmed')).rejects.toMatchObject(REFUSED.byCheck)
    await rows.approve(id, 'U0VIC', { verdict: 'rejected' })
    await expect(rows.move(id, 'confirmed')).rejects.toMatchObject(REFUSED.byCheck)
    await rows.approve(id, 'U0EVE')
    await rows.move(id, 'confirmed')
    await rows.move(id, 'executing')
  })

  it('does not begin if it became one only after it was confirmed', async () => {
    const id = await rows.planIn('confirmed', { tier: 'T1' })
    await rows.run(`update plan set tier = 'T3', approvals_needed = 1 where id = $1`, [id])
    await expect(rows.move(id, 'executing')).rejects.toMatchObject(REFUSED.byCheck)
  })

  it('may go on alone under break-glass', async () => {
    const alone = { tier: 'T3', isBreakGlass: true }
    await expect(rows.planIn('done', alone)).resolves.toBeTypeOf('string')
  })
})

describe('an approval', () => {
  it("is never the requester's own, also where the row lies about who that is", async () => {
    const id = await rows.planIn('requested', { tier: 'T3', approvals: 1 })
    await expect(rows.approve(id, 'U0ANA')).rejects.toMatchObject(REFUSED.byCheck)
    await expect(rows.approve(id, 'U0ANA', { requester: 'U0BEN' })).rejects.toMatchObject(
      REFUSED.byForeignKey,
    )
  })

  it('is given once a person', async () => {
    const id = await rows.planIn('requested', { tier: 'T3', approvals: 2 })
    await rows.approve(id, 'U0BEN')
    await expect(rows.approve(id, 'U0BEN')).rejects.toMatchObject(REFUSED.byUnique)
  })

  it('is not given after the request expired', async () => {
    const id = await rows.planIn('requested', { tier: 'T3', approvals: 1 })
    const late = { at: `now() + interval '61 minutes'` }
    await expect(rows.approve(id, 'U0BEN', late)).rejects.toMatchObject(REFUSED.byCheck)
  })

  it.each(PLAN_STATES.filter((state) => state !== 'requested'))(
    'is not given to a plan that is %s',
    async (state) => {
      const id = await rows.planIn(state)
      await expect(rows.approve(id, 'U0BEN')).rejects.toMatchObject(REFUSED.byCheck)
    },
  )

  it.each([
    ['changed', `update approval set verdict = 'approved'`],
    ['given to another', `update approval set user_id = 'U0EVE'`],
    ['taken back', 'delete from approval'],
    ['emptied', 'truncate approval'],
  ])('is not %s by the application', async (_word, statement) => {
    await rows.approve(await rows.planIn('requested', { tier: 'T3', approvals: 1 }), 'U0BEN')
    await expect(rows.run(statement)).rejects.toMatchObject(REFUSED.byRights)
  })

  it('outlives every attempt to remove its plan', async () => {
    const id = await rows.planIn('requested', { tier: 'T3', approvals: 1 })
    await rows.approve(id, 'U0BEN')
    await expect(rows.run('delete from plan where id = $1', [id])).rejects.toMatchObject(
      REFUSED.byForeignKey,
    )
  })
})

describe('the rules themselves', () => {
  it.each([
    `insert into plan_transition values ('planned', 'done')`,
    `update plan_transition set to_state = 'done'`,
    'delete from plan_transition',
    'truncate plan_transition',
    'alter table plan disable trigger all',
    'alter table approval disable trigger all',
    'drop trigger plan_moves on plan',
  ])("are not the application's to change: %s", async (statement) => {
    await expect(rows.run(statement)).rejects.toMatchObject(REFUSED.byRights)
  })
})

describe('one queue', () => {
  it('is changed by one plan at a time', async () => {
    const [first, second] = [await rows.planIn('executing'), await rows.planIn('executing')]
    const begin = (id: string): Promise<void> =>
      rows.run(`update plan_queue set state = 'executing' where plan_id = $1`, [id])
    await begin(first)
    await expect(begin(second)).rejects.toMatchObject(REFUSED.byUnique)
    await rows.run(`update plan_queue set state = 'done' where plan_id = $1`, [first])
    await begin(second)
  })

  it('is held once by a plan', async () => {
    const id = await rows.planIn('executing')
    await rows.aHold(id)
    await expect(rows.aHold(id)).rejects.toMatchObject(REFUSED.byUnique)
  })
})

describe('what was done under break-glass', () => {
  const sign = (planId: string, userId: string): Promise<void> =>
    rows.run(
      `update review set signed_team_id = 'T0', signed_user_id = $2, signed_at = now() where plan_id = $1`,
      [planId, userId],
    )

  it('is signed off by somebody else only, also where the row lies about who did it', async () => {
    const id = await rows.planIn('done', { tier: 'T3', isBreakGlass: true })
    const open = (requester: string): Promise<void> =>
      rows.run(
        `insert into review (plan_id, requester_team_id, requester_user_id, opened_at)
         values ($1, 'T0', $2, now())`,
        [id, requester],
      )
    await expect(open('U0BEN')).rejects.toMatchObject(REFUSED.byForeignKey)
    await open('U0ANA')
    for (const deed of ['delete from review', `update review set requester_user_id = 'U0EVE'`])
      await expect(rows.run(deed)).rejects.toMatchObject(REFUSED.byRights)
    await expect(sign(id, 'U0ANA')).rejects.toMatchObject(REFUSED.byCheck)
    await expect(
      rows.run(`update review set signed_at = now() where plan_id = $1`, [id]),
    ).rejects.toMatchObject(REFUSED.byCheck)
    await sign(id, 'U0BEN')
  })
})
