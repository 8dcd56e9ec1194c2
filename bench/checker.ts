import { Redis } from 'ioredis'
import pg from 'pg'

import { connectionConfig, type DatabaseAddress } from '../src/store/pool.ts'
import { checkApprovals } from './checker/approvals.ts'
import { checkEffects } from './checker/effects.ts'
import { checkJobs } from './checker/jobs.ts'
import { readLedgers, type Evidence } from './checker/ledgers.ts'
import { checkMessages } from './checker/messages.ts'
import { checkPlans } from './checker/plans.ts'
import { checkState } from './checker/state.ts'
import { checkTrail, readTrail } from './checker/trail.ts'
import { checkVault } from './checker/vault.ts'

/** What was found; each list names the things, so that whoever reads a red result can look. */
export interface Findings {
  /** Added or accepted, and now nowhere. */
  readonly lost: readonly string[]
  /** Done, carried out or posted more than once, and not by a worker of its own accord. */
  readonly repeated: readonly string[]
  /** Done without an entry that says so: a queue stopped or started, a plan ended; or a trail that was changed. */
  readonly unaudited: readonly string[]
  /** Done on one person's word where two are needed, or while actions were frozen. */
  readonly unapproved: readonly string[]
  /** Begun and never brought to its end, or with accounts that do not add up. */
  readonly stuck: readonly string[]
}

/** Of each kind; the number tells how many there are. */
const SHOWN = 20
const KINDS = ['lost', 'repeated', 'unaudited', 'unapproved', 'stuck'] as const

/**
 * Judges a bot by what it left behind, knowing nothing of its code: Redis, PostgreSQL and the ledgers that
 * workers and senders wrote. Run it when everything is quiet. Options: `database` (JSON, the owner's
 * address), `redis` (a URL), `ledgers` (a folder), `critical` (queues that two people decide about, by
 * comma). Sets the exit code 1 if anything was found.
 */
export async function run(
  options: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const { database, redis: url, ledgers, critical = '' } = options
  if (database === undefined || url === undefined || ledgers === undefined)
    throw new Error(
      'usage: checker --database=<json> --redis=<url> --ledgers=<folder> [--critical=a,b]',
    )
  const redis = new Redis(url)
  const client = new pg.Client(connectionConfig(JSON.parse(database) as DatabaseAddress))
  await client.connect()
  try {
    const ledger = readLedgers(ledgers)
    const links = await readTrail(client)
    const entries = links.map(({ seq, text }) => ({ seq, ...JSON.parse(text) }))
    const evidence: Evidence = { redis, client, ledger, entries, critical: critical.split(',') }
    const jobs = await checkJobs(evidence)
    const messages = await checkMessages(evidence)
    const all = [
      jobs,
      checkTrail(links),
      await checkEffects(evidence),
      await checkPlans(evidence),
      await checkApprovals(evidence),
      await checkState(evidence),
      await checkVault(evidence),
      messages,
    ]
    const lists = KINDS.map((kind) => [kind, all.flatMap((one) => one[kind] ?? [])] as const)
    if (lists.some(([, list]) => list.length > 0)) process.exitCode = 1
    return {
      bench: 'checker',
      ...Object.fromEntries(lists.map(([kind, list]) => [kind, list.length])),
      jobs: ledger.added.length,
      rerun: jobs.rerun,
      in_vault: jobs.held,
      resent: messages.resent,
      found: lists.flatMap(([kind, list]) =>
        list.slice(0, SHOWN).map((what) => `${kind}: ${what}`),
      ),
    }
  } finally {
    redis.disconnect()
    await client.end()
  }
}
