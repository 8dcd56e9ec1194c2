import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { PlanState } from '../../../src/domain/action.ts'
import { findChainFault } from '../../../src/domain/audit.ts'
import { migrate } from '../../../src/store/migrate.ts'
import { openPool } from '../../../src/store/pool.ts'
import { createStore } from '../../../src/store/store.ts'
import { overviewOf } from '../../helpers/overviews.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { silentLog } from '../../helpers/silent-log.ts'

const MIGRATIONS = join(import.meta.dirname, '../../../src/store/migrations')

/** The states that a plan could be in before approvals existed, and what its only queue is in each. */
const QUEUE_IN = {
  planned: 'pending',
  confirmed: 'pending',
  executing: 'executing',
  done: 'done',
  refused: 'skipped',
  failed: 'failed',
  expired: 'skipped',
  cancelled: 'skipped',
} as const satisfies Partial<Record<PlanState, string>>
const STATES = Object.keys(QUEUE_IN) as (keyof typeof QUEUE_IN)[]

let database: TestDatabase
let owner: Pool
const ids = new Map<string, string>()
const holdId = crypto.randomUUID()
const ref = { system: 'sales', queue: 'email' }
const before = overviewOf('email', { waiting: 25, active: 1 })

beforeAll(async () => {
  database = await freshDatabase({ isMigrated: false })
  const folder = await mkdtemp(join(tmpdir(), 'spillway-migrations-'))
  await copyFile(join(MIGRATIONS, '001_spine.sql'), join(folder, '001_spine.sql'))
  await migrate(database.owner, { log: silentLog, folder })
  await rm(folder, { recursive: true })
  owner = openPool(database.owner, { log: silentLog, max: 1 })
  await fillAsBefore()
  await migrate(database.owner, { log: silentLog })
})
afterAll(async () => {
  await owner.end()
  await database.drop()
})

/** Rows as the version before this migration left them. */
async function fillAsBefore(): Promise<void> {
  for (const [index, state] of STATES.entries()) {
    const id = crypto.randomUUID()
    ids.set(state, id)
    await owner.query(
      `insert into plan (id, action, system, queue, team_id, user_id, tier, queue_tier, before, hold_ms, reason, state,
         hash, created_at, expires_at, confirmed_at, fence, intended_at, touched_at, outcome, finished_at)
       values ($1, 'pause', 'sales', $2, 'T0', 'U0ANA', 'T2', 'critical', $3, 900000, 'for a test', $4, 'abc',
         now() + $5 * interval '1 second', now() + interval '1 hour', $6, 2, $6, $6, $7, $6)`,
      [
        id,
        state === 'done' ? 'email' : `queue-${state}`,
        { overview: before, holdIds: state === 'done' ? [holdId] : [], warnings: ['careful'] },
        state,
        index,
        ['done', 'failed'].includes(state) ? new Date() : null,
        state === 'done' ? { words: 'Ana paused it.', proof: 'held', after: before } : null,
      ],
    )
  }
  await owner.query(
    `insert into hold (id, plan_id, system, queue, team_id, user_id, started_at, ends_at)
     values ($1, $2, 'sales', 'email', 'T0', 'U0ANA', now(), now() + interval '1 hour')`,
    [holdId, ids.get('done')],
  )
  await owner.query(
    `insert into button (token, purpose, made_at) values ('plans', $1, now()), ('acks', $2, now())`,
    [
      { kind: 'plan', action: 'resume', ...ref, incidentId: null, holdMs: null },
      { kind: 'ack', incidentId: 7 },
    ],
  )
  for (const n of [1, 2, 3]) await owner.query(`select audit_append(1, 'test', $1)`, [`{"n":${n}}`])
}

describe('a database of the version before', () => {
  const store = () => createStore(database.openAppPool({ max: 1 }), 'test').now

  it.each(STATES)('keeps a plan that is %s, with its queue as it was', async (state) => {
    const plan = await store().plans.byId(ids.get(state) ?? '')
    expect(plan).toMatchObject({
      state,
      number: STATES.indexOf(state) + 1,
      scope: `sales/${state === 'done' ? 'email' : `queue-${state}`}`,
      tier: 'T2',
      holdMs: 900_000,
      approvalsNeeded: 0,
      isBreakGlass: false,
      queues: [{ tier: 'critical', before, state: QUEUE_IN[state], warnings: ['careful'] }],
    })
  })

  it('keeps what was done: its outcome, its hold, and that it was touched', async () => {
    const { plans, holds } = store()
    const id = ids.get('done') ?? ''
    expect((await plans.byId(id))?.queues).toMatchObject([
      { ref, holdIds: [holdId], outcome: { words: 'Ana paused it.', after: before } },
    ])
    expect(await holds.active(ref)).toMatchObject([{ id: holdId, planId: id, ref }])
    expect(await plans.wasTouched(id, ref)).toBe(true)
    expect(await plans.wasTouched(ids.get('planned') ?? '', ref)).toBe(false)
  })

  it('goes on with what was under way, each at the fence that it had', async () => {
    const { plans } = store()
    const lease = await plans.lease(ids.get('confirmed') ?? '', new Date(), 1000)
    expect(lease).toMatchObject({ fence: 3, plan: { state: 'executing' } })
    const queue = { system: 'sales', queue: 'queue-confirmed' }
    expect(await plans.beginQueue(ids.get('confirmed') ?? '', 3, queue)).toBe('begun')
  })

  it('knows buttons of the version before; the others are as they were', async () => {
    const { buttons } = store()
    expect((await buttons.byToken('plans'))?.purpose).toEqual({
      kind: 'plan',
      action: 'resume',
      scope: 'sales/email',
      refs: [ref],
      incidentId: null,
      holdMs: null,
    })
    expect((await buttons.byToken('acks'))?.purpose).toEqual({ kind: 'ack', incidentId: 7 })
  })

  it('has the trail that it had, entry by entry, and goes on with it', async () => {
    const { audit } = store()
    const entries = await audit.entries(0, 10)
    expect(entries.map(({ text }) => text)).toEqual(['{"n":1}', '{"n":2}', '{"n":3}'])
    expect(findChainFault(entries)).toBeNull()
  })
})
