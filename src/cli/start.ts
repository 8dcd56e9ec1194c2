import { parseArgs } from 'node:util'

import { startApp } from '../app.ts'
import { loadConfig } from '../config/load.ts'
import { stopSignal } from './stop-signal.ts'

/** `spillway start`: runs until SIGTERM or SIGINT, then stops in order. Resolves to the exit code. */
export async function start(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { config: { type: 'string' } } })
  const path = values.config === undefined ? {} : { path: values.config }
  const config = loadConfig({ env: process.env, cwd: process.cwd(), ...path })
  const signal = stopSignal()
  const app = await startApp(config)
  await signal
  await app.stop()
  return 0
}
