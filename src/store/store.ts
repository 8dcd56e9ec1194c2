import type { Pool } from 'pg'

import type { Clock } from '../domain/ports/runtime.ts'
import type { Repositories, Store } from '../domain/ports/store.ts'
import { createAlerts } from './alerts.ts'
import { createAnchors } from './anchors.ts'
import { createApprovals } from './approvals.ts'
import { createAudit } from './audit.ts'
import { createButtons } from './buttons.ts'
import { createControl } from './control.ts'
import { createDeliveries } from './deliveries.ts'
import { createHolds, createThrottles } from './holds.ts'
import { createIncidents } from './incidents.ts'
import { createMessages } from './messages.ts'
import { createPayloads } from './payloads.ts'
import { createPlans } from './plans.ts'
import { reachingDatabase } from './pool.ts'
import { createRecoveries } from './recoveries.ts'
import { createReplays } from './replays.ts'
import { createReviews } from './reviews.ts'
import { createRooms } from './rooms.ts'
import { createSlices } from './slices.ts'
import type { Sql } from './sql.ts'
import { createTimeline } from './timeline.ts'
import { createVaultReads } from './vault-reads.ts'
import { createVault } from './vault.ts'
import { createWork } from './work-queue.ts'

interface StoreOptions {
  /** Named in every audit entry. */
  readonly instance: string
  readonly clock: Clock
}

function repositories(sql: Sql, { instance, clock }: StoreOptions): Repositories {
  const work = createWork(sql)
  return {
    deliveries: createDeliveries(sql),
    alerts: createAlerts(sql),
    incidents: createIncidents(sql),
    rooms: createRooms(sql),
    timeline: createTimeline(sql),
    messages: createMessages(sql, work, clock),
    buttons: createButtons(sql),
    plans: createPlans(sql),
    slices: createSlices(sql),
    approvals: createApprovals(sql),
    reviews: createReviews(sql),
    holds: createHolds(sql),
    throttles: createThrottles(sql),
    replays: createReplays(sql),
    recoveries: createRecoveries(sql),
    vault: createVault(sql),
    vaultReads: createVaultReads(sql),
    audit: createAudit(sql, instance),
    anchors: createAnchors(sql),
    payloads: createPayloads(sql),
    control: createControl(sql),
    work,
  }
}

/** What asks the pool, each statement by itself. */
const pooled = (pool: Pool): Sql => ({
  query: (text, values) => reachingDatabase(() => pool.query(text, values ? [...values] : [])),
})

async function inTransaction<T>(
  pool: Pool,
  options: StoreOptions,
  run: (repositories: Repositories) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const sql: Sql = { query: (text, values) => client.query(text, values ? [...values] : []) }
    const result = await run(repositories(sql, options))
    await client.query('commit')
    client.release()
    return result
  } catch (error) {
    // A connection that cannot even roll back is thrown away; the server rolls back when it is gone.
    const broken = await client.query('rollback').then(
      () => false,
      () => true,
    )
    client.release(broken)
    throw error
  }
}

/** What PostgreSQL says when two transactions waited for each other, and gave one of them up. */
const VICTIM_CODES = new Set(['40P01', '40001'])
const ATTEMPTS = 4

const isVictim = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && VICTIM_CODES.has(String(error.code))

/** Transactions hold nothing but database work, so the victim of a deadlock simply runs again. */
async function untilNoVictim<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS - 1; ; left -= 1) {
    try {
      return await attempt()
    } catch (error) {
      if (left === 0 || !isVictim(error)) throw error
    }
  }
}

const systemClock: Clock = { now: () => new Date() }

/** Spillway's state in PostgreSQL, over the application role's pool. */
export function createStore(pool: Pool, instance: string, clock: Clock = systemClock): Store {
  const options = { instance, clock }
  return {
    now: repositories(pooled(pool), options),
    transaction: (run) =>
      reachingDatabase(() => untilNoVictim(() => inTransaction(pool, options, run))),
    ping: async () => {
      await reachingDatabase(() => pool.query('select 1'))
    },
  }
}
