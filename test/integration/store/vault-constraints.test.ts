import type { Pool, PoolClient } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'

import type { VaultJobState } from '../../../src/domain/vault.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { rawPlans, type RawPlans } from '../../helpers/raw-plans.ts'

/** What PostgreSQL calls its refusals. */
const CHECK = { code: '23514' }
const FOREIGN_KEY = { code: '23503' }
const UNIQUE = { code: '23505' }
const RIGHTS = { code: '42501' }

/** Where a job of the vault can go, and how it comes to each state. */
const ROADS: Readonly<Record<VaultJobState, readonly VaultJobState[]>> = {
  copied: [],
  held: ['held'],
  releasing: ['held', 'releasing'],
  released: ['held', 'releasing', 'released'],
  discarded: ['held', 'discarded'],
  expired: ['held', 'expired'],
  forgotten: ['forgotten'],
}
const STATES = Object.keys(ROADS) as VaultJobState[]
const NEXT: Readonly<Record<VaultJobState, readonly VaultJobState[]>> = {
  copied: ['held', 'forgotten'],
  held: ['releasing', 'discarded', 'expired'],
  releasing: ['released', 'held'],
  released: [],
  discarded: [],
  expired: [],
  forgotten: [],
}

let database: TestDatabase
let pool: Pool
let client: PoolClient
let rows: RawPlans
let setId: string
let planId: string

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
  planId = await rows.planIn('executing')
  setId = crypto.randomUUID()
  await rows.run(
    `insert into vault_set (id, number, plan_id, system, queue, queue_tier, team_id, user_id, label, made_at)
     values ($1, nextval('vault_number'), $2, 'sales', 'email', 'low', 'T0', 'U0ANA', '', now())`,
    [setId, planId],
  )
  onTestFinished(async () => {
    await client.query('rollback')
    client.release()
  })
})

/** A job with its content, as a copy; gives its row. */
async function aJob({ keptBytes = 5, state = 'copied', set = setId } = {}): Promise<number> {
  const id = crypto.randomUUID()
  await rows.run(
    `with job as (
       insert into vault_job (set_id, job_id, type, from_state, attempts, priority, payload_hash, digest, size_bytes,
         kept_bytes, state)
       values ($1, $2, 'send', 'failed', 1, 0, '', '', 5, $3, $4) returning id
     ) insert into vault_content select id, 'bytes' from job where $3 > 0`,
    [set, id, keptBytes, state],
  )
  const found = await client.query<{ id: string }>('select id from vault_job where job_id = $1', [
    id,
  ])
  return Number(found.rows[0]?.id)
}

const move = (id: number, to: VaultJobState, by = planId): Promise<void> =>
  rows.run(
    `update vault_job set state = $2::text,
       out_plan_id = case when $2 in ('releasing', 'released', 'discarded') then $3::uuid end,
       kept_bytes = case when $2 in ('discarded', 'expired', 'forgotten') then 0 else kept_bytes end
     where id = $1`,
    [id, to, by],
  )

async function jobIn(state: VaultJobState): Promise<number> {
  const id = await aJob(state === 'forgotten' ? { keptBytes: 0 } : {})
  for (const step of ROADS[state]) await move(id, step)
  return id
}

const outcomeOf = (attempt: Promise<void>): Promise<unknown> =>
  attempt.then(
    () => 'done',
    (error: { readonly code?: string }) => error.code,
  )

describe('a job of the vault', () => {
  it.each(STATES)('goes from %s only where it may', async (from) => {
    const id = await jobIn(from)
    const others = STATES.filter((state) => state !== from)
    const outcomes: unknown[] = []
    for (const to of others) {
      await client.query('savepoint before_move')
      outcomes.push([to, await outcomeOf(move(id, to))])
      await client.query('rollback to before_move')
    }
    expect(outcomes).toEqual(others.map((to) => [to, NEXT[from].includes(to) ? 'done' : '23514']))
  })

  it.each(STATES.filter((state) => state !== 'copied'))('does not begin as %s', async (state) => {
    await expect(aJob({ state })).rejects.toMatchObject(CHECK)
  })

  it('is not called held without content, nor emptied while it is', async () => {
    await expect(move(await jobIn('forgotten'), 'held')).rejects.toMatchObject(CHECK)
    await expect(move(await aJob({ keptBytes: 0 }), 'held')).rejects.toMatchObject(CHECK)
    for (const state of ['held', 'releasing'] as const)
      await expect(
        rows.run('update vault_job set kept_bytes = 0 where id = $1', [await jobIn(state)]),
      ).rejects.toMatchObject(CHECK)
  })

  it.each(STATES.filter((state) => state !== 'copied'))('stays when it is %s', async (state) => {
    const id = await jobIn(state)
    await expect(rows.run('delete from vault_job where id = $1', [id])).rejects.toMatchObject(CHECK)
  })

  it('is released by one plan', async () => {
    const rival = await rows.planIn('executing')
    for (const state of ['releasing', 'released', 'discarded'] as const)
      await expect(
        rows.run('update vault_job set out_plan_id = $2 where id = $1', [
          await jobIn(state),
          rival,
        ]),
      ).rejects.toMatchObject(CHECK)
    const id = await jobIn('releasing')
    await expect(move(id, 'released', rival)).rejects.toMatchObject(CHECK)
    await move(id, 'held')
    await move(id, 'releasing', rival)
  })

  it('is in a set once, and in one that there is', async () => {
    const id = await aJob()
    await expect(
      rows.run(
        `insert into vault_job (set_id, job_id, type, from_state, attempts, priority, payload_hash, digest,
           size_bytes, kept_bytes)
         select set_id, job_id, type, from_state, attempts, priority, payload_hash, digest, size_bytes, 0
         from vault_job where id = $1`,
        [id],
      ),
    ).rejects.toMatchObject(UNIQUE)
    await expect(aJob({ set: crypto.randomUUID() })).rejects.toMatchObject(FOREIGN_KEY)
  })

  it.each(['job_id = $2', 'payload_hash = $2', 'digest = $2', 'set_id = $2::uuid'])(
    'is not made another: %s',
    async (change) => {
      const values = [await jobIn('held'), crypto.randomUUID()]
      await expect(
        rows.run(`update vault_job set ${change} where id = $1`, values),
      ).rejects.toMatchObject(RIGHTS)
    },
  )
})

describe('content', () => {
  const remove = (id: number) => rows.run('delete from vault_content where vault_job_id = $1', [id])

  it.each(['copied', 'held', 'releasing', 'released'] as const)(
    'stays while its job is %s',
    async (state) => {
      await expect(remove(await jobIn(state))).rejects.toMatchObject(CHECK)
    },
  )

  it('goes once its job says that it has none, or with a copy that is dropped', async () => {
    for (const state of ['discarded', 'expired'] as const) await remove(await jobIn(state))
    const copy = await aJob()
    await rows.run('delete from vault_job where id = $1', [copy])
    const left = await client.query('select from vault_content')
    expect(left.rowCount).toBe(0)
  })

  it('is never changed, never emptied, and never without a job', async () => {
    const id = await jobIn('held')
    for (const deed of [`update vault_content set content = ''`, 'truncate vault_content'])
      await expect(rows.run(deed)).rejects.toMatchObject(RIGHTS)
    await expect(
      rows.run(`insert into vault_content values ($1, 'x')`, [id]),
    ).rejects.toMatchObject(UNIQUE)
    await expect(
      rows.run(`insert into vault_content values ($1, 'x')`, [id + 1000]),
    ).rejects.toMatchObject(FOREIGN_KEY)
  })
})

describe("a set's numbers", () => {
  it('follow every change, whoever makes it', async () => {
    for (const state of STATES) await jobIn(state)
    await rows.run(`delete from vault_job where state = 'copied'`)
    await aJob()
    const found = await client.query('select * from vault_set')
    const one = Object.fromEntries(STATES.map((state) => [state, 1]))
    // Copied, held, releasing and released have content.
    expect(found.rows).toMatchObject([{ ...one, kept_bytes: '20' }])
  })

  it.each([
    'update vault_set set held = 0',
    'update vault_set set kept_bytes = 0',
    `update vault_set set kept_until = now()`,
    'delete from vault_set',
    'truncate vault_job',
    'alter table vault_job disable trigger all',
    'drop trigger vault_job_stays on vault_job',
  ])("are not the application's to change: %s", async (statement) => {
    await jobIn('held')
    await expect(rows.run(statement)).rejects.toMatchObject(RIGHTS)
  })
})

describe('a slice', () => {
  async function aSlice({ plan = '', ids = ['1'], position = 0 } = {}): Promise<string> {
    const id = plan === '' ? await rows.aPlan({ queue: `slices-${crypto.randomUUID()}` }) : plan
    await rows.run(
      `insert into plan_slice (plan_id, position, system, queue, job_state, job_ids)
       select plan_id, $2, system, queue, 'failed', $3 from plan_queue where plan_id = $1`,
      [id, position, ids],
    )
    return id
  }
  const change = (id: string, text: string): Promise<void> =>
    rows.run(`update plan_slice set ${text} where plan_id = $1`, [id])

  it('has one to a thousand ids', async () => {
    const ids = Array.from({ length: 1001 }, (_, index) => `${index}`)
    await expect(aSlice({ ids })).rejects.toMatchObject(CHECK)
    await expect(aSlice({ ids: [] })).rejects.toMatchObject(CHECK)
    await aSlice({ ids: ids.slice(1) })
  })

  it('is not added to a plan that somebody confirmed', async () => {
    const id = await aSlice()
    await aSlice({ plan: id, position: 1 })
    await rows.move(id, 'confirmed')
    await expect(aSlice({ plan: id, position: 2 })).rejects.toMatchObject(CHECK)
  })

  it('that was begun is never called untouched, nor begun again', async () => {
    const id = await aSlice()
    await change(id, 'begun_at = now()')
    await expect(change(id, `state = 'returned', ended_at = now()`)).rejects.toMatchObject(CHECK)
    for (const at of ['null', `now() + interval '1 second'`])
      await expect(change(id, `begun_at = ${at}`)).rejects.toMatchObject(CHECK)
  })

  it('that is over stays as it is', async () => {
    for (const end of ['done', 'returned']) {
      const id = await aSlice()
      await expect(change(id, `state = '${end}'`)).rejects.toMatchObject(CHECK)
      await change(id, `state = '${end}', ended_at = now()`)
      for (const deed of [`state = 'open', ended_at = null`, `skipped = '{"gone": ["1"]}'`])
        await expect(change(id, deed)).rejects.toMatchObject(CHECK)
    }
  })

  it('cannot skip more than it has', async () => {
    const id = await aSlice()
    await expect(change(id, 'skipped_count = 2')).rejects.toMatchObject(CHECK)
  })

  it.each([
    `update plan_slice set job_ids = '{2}'`,
    `update plan_slice set job_state = 'waiting'`,
    'delete from plan_slice',
    'truncate plan_slice',
  ])("is not the application's to change: %s", async (statement) => {
    await aSlice()
    await expect(rows.run(statement)).rejects.toMatchObject(RIGHTS)
  })
})
