import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Redis } from 'ioredis'
import type pg from 'pg'

import type { Findings } from '../checker.ts'
import type { Entry } from './trail.ts'

const NAMES = ['added', 'finished', 'garbled', 'stalled', 'accepted', 'posted', 'sent'] as const
type LedgerName = (typeof NAMES)[number]

/**
 * Lines in the order in which they were written: jobs as `queue id` (`garbled`: not as they were added, `stalled`:
 * taken from a worker by BullMQ itself), deliveries by id, messages by key (`sent`: direct ones).
 */
export type Ledgers = Readonly<Record<LedgerName, readonly string[]>>

export interface Evidence {
  readonly redis: Redis
  readonly client: pg.Client
  readonly ledger: Ledgers
  /** The audit trail, oldest first. */
  readonly entries: readonly Entry[]
  /** Names of queues that two people decide about. */
  readonly critical: readonly string[]
}

export type Partly = Partial<Findings>

/** Appends one line; it is on its way to the disk when this returns, so a killed writer loses none. */
export const note = (dir: string, name: LedgerName, line: string): void =>
  appendFileSync(join(dir, name), `${line}\n`)

/** The same for many lines at once. */
export const noteAll = (dir: string, name: LedgerName, lines: readonly string[]): void =>
  appendFileSync(join(dir, name), lines.map((line) => `${line}\n`).join(''))

export function readLedgers(dir: string): Ledgers {
  const lines = (name: LedgerName): readonly string[] => {
    const path = join(dir, name)
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
  }
  return {
    added: lines('added'),
    finished: lines('finished'),
    garbled: lines('garbled'),
    stalled: lines('stalled'),
    accepted: lines('accepted'),
    posted: lines('posted'),
    sent: lines('sent'),
  }
}

/** What is in a list more than once. */
export function duplicates(all: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return all.filter((one) => seen.has(one) || !seen.add(one))
}

export const queuesOf = ({ added }: Ledgers): readonly string[] => [
  ...new Set(added.map((line) => line.split(' ')[0] ?? '')),
]

/** A line for each row that a statement gives; its column is `name`. */
export async function namesFrom(
  client: pg.Client,
  statement: string,
  values: readonly unknown[] = [],
): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(statement, [...values])
  return rows.map(({ name }) => name)
}
