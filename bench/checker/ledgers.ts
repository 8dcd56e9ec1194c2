import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Redis } from 'ioredis'
import type pg from 'pg'

import type { Findings } from '../checker.ts'

const NAMES = ['added', 'finished', 'accepted', 'posted'] as const
type LedgerName = (typeof NAMES)[number]

/** Lines in the order in which they were written: jobs as `queue id`, deliveries by id, messages by key. */
export type Ledgers = Readonly<Record<LedgerName, readonly string[]>>

export interface Evidence {
  readonly redis: Redis
  readonly client: pg.Client
  readonly ledger: Ledgers
}

export type Partly = Partial<Findings>

/** Appends one line; it is on its way to the disk when this returns, so a killed writer loses none. */
export const note = (dir: string, name: LedgerName, line: string): void =>
  appendFileSync(join(dir, name), `${line}\n`)

export function readLedgers(dir: string): Ledgers {
  const lines = (name: LedgerName): readonly string[] => {
    const path = join(dir, name)
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
  }
  return {
    added: lines('added'),
    finished: lines('finished'),
    accepted: lines('accepted'),
    posted: lines('posted'),
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
