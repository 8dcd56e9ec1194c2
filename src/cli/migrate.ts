import { parseArgs } from 'node:util'

import { loadConfig } from '../config/load.ts'
import { createLog } from '../log.ts'
import { openDatabase } from '../store/database.ts'
import { migrate } from '../store/migrate.ts'

/** `spillway migrate`: applies what is missing and says what. Resolves to the exit code. */
export async function migrateDatabase(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { config: { type: 'string' } } })
  const path = values.config === undefined ? {} : { path: values.config }
  const config = loadConfig({ env: process.env, cwd: process.cwd(), ...path })
  const log = createLog({ level: 'error' })
  const database = await openDatabase(config.database, log)
  try {
    const applied = await migrate(database.owner, { log })
    const words = applied.length === 0 ? 'nothing to do' : `applied ${applied.join(', ')}`
    process.stdout.write(`The database is at this version: ${words}.\n`)
    return 0
  } finally {
    await database.stop()
  }
}
