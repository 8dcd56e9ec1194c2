import { startApp } from '../app.ts'
import { runDemo } from '../demo/run.ts'
import { createLog } from '../log.ts'
import { openDatabase } from '../store/database.ts'
import { APP_ROLE, openPool } from '../store/pool.ts'

/** `spillway demo`: everything on this machine, nothing of yours touched. Resolves to the exit code. */
export const demo = (args: readonly string[]): Promise<number> =>
  runDemo(args, async (config) => {
    const log = createLog({ level: config.logLevel, instance: config.settings.instance })
    const database = await openDatabase(config.database, log)
    const app = await startApp(config, { log, database })
    const reading = openPool(database.app, { log, role: APP_ROLE, max: 2 })
    return {
      query: async (text, values) => (await reading.query(text, [...(values ?? [])])).rows,
      async stop() {
        await app.stop()
        await reading.end()
        await database.stop()
      },
    }
  })
