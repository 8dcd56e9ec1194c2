import { join } from 'node:path'

import type { DatabaseConfig } from '../config/types.ts'
import { OperatorError } from '../domain/errors.ts'
import type { Log } from '../domain/ports/runtime.ts'
import { runningEmbedded, startEmbedded } from './embedded/launcher.ts'
import { addressOf, type DatabaseAddress } from './pool.ts'

export interface Database {
  /** For migrations. */
  readonly owner: DatabaseAddress
  /** For everything else; open pools on it with `APP_ROLE`. */
  readonly app: DatabaseAddress
  readonly isEmbedded: boolean
  /** Call it when every pool is closed. Stops the embedded server; leaves any other alone. */
  readonly stop: () => Promise<void>
}

/**
 * The configured PostgreSQL, or the embedded one, started, when none is configured. It connects to
 * nothing: a configured server that is away shows at the first query. Throws what `startEmbedded` throws.
 */
export async function openDatabase(config: DatabaseConfig, log: Log): Promise<Database> {
  if (config.url !== null) {
    const owner = addressOf(config.url)
    const app = config.appUrl === null ? owner : addressOf(config.appUrl)
    return { owner, app, isEmbedded: false, stop: () => Promise.resolve() }
  }
  const { owner, stop } = await startEmbedded({ dataDir: join(config.dataDir, 'postgres'), log })
  return { owner, app: owner, isEmbedded: true, stop }
}

/** The same beside a Spillway that runs already: its embedded server is joined, not started. */
export async function joinDatabase(config: DatabaseConfig, log: Log): Promise<Database> {
  try {
    return await openDatabase(config, log)
  } catch (error) {
    if (!(error instanceof OperatorError) || error.code !== 'busy') throw error
    const owner = await runningEmbedded(join(config.dataDir, 'postgres'))
    return { owner, app: owner, isEmbedded: true, stop: () => Promise.resolve() }
  }
}
