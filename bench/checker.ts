import { Redis } from 'ioredis'
import pg from 'pg'

import { connectionConfig, type DatabaseAddress } from '../src/store/pool.ts'
import { checkEffects } from './checker/effects.ts'
import { checkJobs } from './checker/jobs.ts'
import { readLedgers } from './checker/ledgers.ts'
import { checkState } from './checker/state.ts'

/** What was found; each list names the things, so that whoever reads a red result can look. */
export interface Findings {
  /** Added or accepted, and now nowhere. */
  readonly lost: readonly string[]
  /** Done, carried out or posted more than once. */
  readonly repeated: readonly string[]
  /** A queue was stopped or started without an intent written down before, or a plan ended without an outcome. */
  readonly unaudited: readonly string[]
  /** Begun and never brought to its end. */
  readonly stuck: readonly string[]
}

/**
 * Judges a bot by what it left behind, knowing nothing of its code: Redis, PostgreSQL and the ledgers that
 * workers and senders wrote. Run it when everything is quiet. Options: `database` (JSON, the owner's
 * address), `redis` (a URL), `ledgers` (a folder). Sets the exit code 1 if anything was found.
 */
export async function run(
  options: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const { database, redis: url, ledgers } = options
  if (database === undefined || url === undefined || ledgers === undefined)
    throw new Error('usage: checker --database=<json> --redis=<url> --ledgers=<folder>')
  const redis = new Redis(url)
  const client = new pg.Client(connectionConfig(JSON.parse(database) as DatabaseAddress))
  await client.connect()
  try {
    const ledger = readLedgers(ledgers)
    const evidence = { redis, client, ledger }
    const all = await Promise.all([
      checkJobs(evidence),
      checkEffects(evidence),
      checkState(evidence),
    ])
    const total = (kind: keyof Findings): readonly string[] => all.flatMap((one) => one[kind] ?? [])
    const found: Findings = {
      lost: total('lost'),
      repeated: total('repeated'),
      unaudited: total('unaudited'),
      stuck: total('stuck'),
    }
    const counts = Object.entries(found).map(([kind, list]) => [kind, list.length] as const)
    if (counts.some(([, count]) => count > 0)) process.exitCode = 1
    return {
      bench: 'checker',
      ...Object.fromEntries(counts),
      jobs: ledger.added.length,
      found: Object.values(found).flat().slice(0, 20),
    }
  } finally {
    redis.disconnect()
    await client.end()
  }
}
