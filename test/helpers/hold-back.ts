import pg from 'pg'
import { onTestFinished } from 'vitest'

import { connectionConfig } from '../../src/store/pool.ts'
import { eventually } from './eventually.ts'
import type { World } from './world.ts'

const LOCK = 4242

/**
 * Stops the bot between two of its statements: whatever updates a row of `table` in a way that fits `when`
 * waits inside its transaction until it is let go.
 */
export async function holdBack(
  world: World,
  table: string,
  when: string,
): Promise<{ readonly reached: () => Promise<unknown>; readonly letGo: () => Promise<void> }> {
  const client = new pg.Client(connectionConfig(world.database.owner))
  // The server may be stopped by the test.
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.end().catch(() => undefined))
  await client.query(`
    create or replace function await_test() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock_shared(${LOCK}); return new; end $$;
    create or replace trigger await_test before update on ${table} for each row when (${when})
      execute function await_test();
    select pg_advisory_lock(${LOCK})`)
  const isWaiting = async (): Promise<boolean> => {
    const { rowCount } = await client.query(
      `select from pg_locks where locktype = 'advisory' and objid = ${LOCK} and not granted`,
    )
    return (rowCount ?? 0) > 0
  }
  return {
    reached: () => eventually(`an update of ${table} where ${when}`, isWaiting),
    letGo: async () => {
      await client.query(`select pg_advisory_unlock(${LOCK})`)
    },
  }
}
