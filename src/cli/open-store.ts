import type { Config } from '../config/types.ts'
import { OperatorError } from '../domain/errors.ts'
import type { Clock, Log } from '../domain/ports/runtime.ts'
import type { Store } from '../domain/ports/store.ts'
import { joinDatabase } from '../store/database.ts'
import { APP_ROLE, openPool } from '../store/pool.ts'
import { createStore } from '../store/store.ts'

/** No such table, no such role. */
const NOT_MIGRATED = new Set(['42P01', '22023'])

/** Runs on the configured database, with the application's rights; closes it afterwards. */
export async function withStore<T>(
  { config, clock, log }: { readonly config: Config; readonly clock: Clock; readonly log: Log },
  run: (store: Store) => Promise<T>,
): Promise<T> {
  const database = await joinDatabase(config.database, log)
  const pool = openPool(database.app, { log, role: APP_ROLE, max: 4 })
  try {
    return await run(createStore(pool, config.settings.instance, clock))
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && NOT_MIGRATED.has(String(error.code))))
      throw error
    throw new OperatorError(
      'not_supported',
      'The database is not of this version of Spillway.',
      'Nothing was changed. Run `spillway migrate`, then try again.',
      error,
    )
  } finally {
    await pool.end()
    await database.stop()
  }
}
