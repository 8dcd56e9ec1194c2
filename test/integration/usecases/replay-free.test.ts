import { Redis } from 'ioredis'
import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import type { QueueSystem } from '../../../src/domain/ports/queue-system.ts'
import type { RampWish } from '../../../src/domain/replay.ts'
import { openSystem } from '../../contract/bullmq-world.ts'
import { Died, mortal } from '../../helpers/mortal.ts'
import { asAdmin, freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { faultStage } from '../../helpers/replay-faults.ts'

let database: TestDatabase
let pool: Pool
let server: RedisServer
let redis: Redis
let system: QueueSystem

beforeAll(async () => {
  database = await freshDatabase()
  pool = database.openAppPool({ max: 8 })
  server = await startRedis()
  redis = new Redis(server.url)
  system = openSystem(server)
})
afterAll(async () => {
  await system.close()
  redis.disconnect()
  await Promise.all([server.stop(), database.drop()])
})

const FREE: RampWish = {
  steps: [{ jobs: 1 }, { share: 1 }],
  inFlight: null,
  perMinute: null,
  watchMs: 0,
  promotes: 'itself',
}
const JOBS = 8
const LANES = 4
const STRIDE = 9

/** As if there were a thousand times as many jobs: each is a slice of its own. Nobody else may change a confirmed plan. */
const intoSlices = (planId: string): Promise<void> =>
  asAdmin(
    { ...inject('postgres').admin, database: database.owner.database },
    `set session_replication_role = replica;
     create temp table whole as select * from spillway.plan_slice where plan_id = '${planId}' and wave = 1;
     delete from spillway.plan_slice where plan_id = '${planId}' and wave = 1;
     insert into spillway.plan_slice (plan_id, position, system, queue, job_state, job_ids, wave, in_vault)
       select plan_id, position - 1 + place, system, queue, job_state, array[id], wave, in_vault
       from whole, unnest(job_ids) with ordinality as job (id, place)`,
  )

/** Killed before one of its calls, brought to its end by another one; true while that came before the end. */
async function killedBefore(calls: number): Promise<boolean> {
  const at = await faultStage({ pool, redis, server, system }, `free-${calls}`, {
    good: JOBS,
    bad: 0,
  })
  const planId = await at.order('queue', FREE)
  await intoSlices(planId)
  const isKilled = await at.drive(planId, mortal(calls)).then(
    () => false,
    (error: unknown) => {
      if (error instanceof Died) return true
      throw error
    },
  )
  at.leaseOver()
  await at.drive(planId, null)
  const { plan, replay, places, ran, ledger } = await at.left(planId)
  await at.close()
  const each = (what: unknown) => Object.fromEntries(at.ids.map((id) => [id, what]))
  const states = [plan.state, replay.state]
  expect({ calls, states, places, ledger, ran: Object.fromEntries(ran) }).toEqual({
    calls,
    states: ['done', 'done'],
    places: each(['completed']),
    ledger: each('completed'),
    ran: each(1),
  })
  return isKilled
}

it('puts slices in line while the ones before them are closed: killed at many instants, none is lost or run twice', async () => {
  let [next, isOver] = [20, false]
  const lane = async (): Promise<void> => {
    while (!isOver) {
      const calls = next
      next += STRIDE
      if (!(await killedBefore(calls))) isOver = true
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  expect(next).toBeGreaterThan(100)
}, 120_000)
