import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { migrate } from '../../../src/store/migrate.ts'
import { openPool } from '../../../src/store/pool.ts'
import { createStore } from '../../../src/store/store.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { silentLog } from '../../helpers/silent-log.ts'

const MIGRATIONS = join(import.meta.dirname, '../../../src/store/migrations')

let database: TestDatabase
const planId = crypto.randomUUID()
beforeAll(async () => {
  database = await freshDatabase({ isMigrated: false })
  const folder = await mkdtemp(join(tmpdir(), 'spillway-migrations-'))
  for (const name of (await readdir(MIGRATIONS)).filter((each) => each < '006'))
    await copyFile(join(MIGRATIONS, name), join(folder, name))
  await migrate(database.owner, { log: silentLog, folder })
  await rm(folder, { recursive: true })
  await fillAsBefore()
  await migrate(database.owner, { log: silentLog })
})
afterAll(() => database.drop())

/** Rows as the version before this migration left them: a plan that was tried twice, with a first canary. */
async function fillAsBefore(): Promise<void> {
  const owner = openPool(database.owner, { log: silentLog, max: 1 })
  await owner.query(
    `insert into plan (id, number, action, scope, team_id, user_id, tier, state, hash, created_at, expires_at, fence)
     values ($1, nextval('plan_number'), 'replay', 'sales/email', 'T', 'U0ANA', 'T2', 'planned', '', now(),
       now() + interval '1 hour', 2)`,
    [planId],
  )
  await owner.query(
    `insert into plan_queue (plan_id, position, system, queue, queue_tier, before, hold_ids, warnings)
     values ($1, 0, 'sales', 'email', 'low', '{}', '{}', '[]')`,
    [planId],
  )
  await owner.query(
    `insert into plan_slice (plan_id, position, system, queue, job_state, job_ids)
     values ($1, 0, 'sales', 'email', 'failed', '{1}')`,
    [planId],
  )
  await owner.query(
    `insert into message (key, channel, target, content, priority, due_at)
     select kind, 'ops', '{}', json_build_object('kind', kind), 1, now() from unnest('{canary,line}'::text[]) kind`,
  )
  await owner.query(
    `insert into alert (source, fingerprint, starts_at, status, labels, annotations, first_seen_at, last_seen_at)
     values ('alertmanager', 'old', now(), 'firing', '{}', '{}', now(), now())`,
  )
  await owner.end()
}

describe('the migration to replays', () => {
  it('takes the messages of the first canary away, and no others', async () => {
    const left = await database.openAppPool().query('select key from message')
    expect(left.rows).toEqual([{ key: 'line' }])
  })

  it('keeps plans, slices and alerts as they were', async () => {
    const store = createStore(database.openAppPool(), 'test')
    expect(await store.now.plans.byId(planId)).not.toHaveProperty('replay')
    const [slice] = await store.now.slices.page(planId, -1, 9)
    expect(slice).toEqual({
      position: 0,
      ref: { system: 'sales', queue: 'email' },
      state: 'failed',
      ids: ['1'],
      end: null,
      isBegun: false,
    })
    const old = { fingerprint: 'old', startsAt: null, endsAt: null, sourceUrl: null } as const
    const firing = { ...old, status: 'firing', labels: {}, annotations: {} } as const
    const ref = { system: 'sales', queue: 'email' }
    const { alert } = await store.now.alerts.track(firing, 'alertmanager', new Date(), ref)
    expect(alert).toMatchObject({ replay: null, repeats: 1 })
    expect(await store.now.alerts.beganSince(ref, new Date(0))).toEqual(['alert'])
  })
})
