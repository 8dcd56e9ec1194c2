import type { Pool } from 'pg'

import type { Repositories, Store } from '../domain/ports/store.ts'
import { createAlerts } from './alerts.ts'
import { createAudit } from './audit.ts'
import { createButtons } from './buttons.ts'
import { createControl } from './control.ts'
import { createDeliveries } from './deliveries.ts'
import { createHolds } from './holds.ts'
import { createIncidents } from './incidents.ts'
import { createMessages } from './messages.ts'
import { createPlans } from './plans.ts'
import { reachingDatabase } from './pool.ts'
import { createRooms } from './rooms.ts'
import type { Sql } from './sql.ts'
import { createTimeline } from './timeline.ts'
import { createWork } from './work-queue.ts'

function repositories(sql: Sql, instance: string): Repositories {
  const work = createWork(sql)
  return {
    deliveries: createDeliveries(sql),
    alerts: createAlerts(sql),
    incidents: createIncidents(sql),
    rooms: createRooms(sql),
    timeline: createTimeline(sql),
    messages: createMessages(sql, work),
    buttons: createButtons(sql),
    plans: createPlans(sql),
    holds: createHolds(sql),
    audit: createAudit(sql, instance),
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
  instance: string,
  run: (repositories: Repositories) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const sql: Sql = { query: (text, values) => client.query(text, values ? [...values] : []) }
    const result = await run(repositories(sql, instance))
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

/** Spillway's state in PostgreSQL, over the application role's pool. */
export function createStore(pool: Pool, instance: string): Store {
  return {
    now: repositories(pooled(pool), instance),
    transaction: (run) => reachingDatabase(() => inTransaction(pool, instance, run)),
    ping: async () => {
      await reachingDatabase(() => pool.query('select 1'))
    },
  }
}
