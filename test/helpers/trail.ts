import pg from 'pg'

import type { Anchor } from '../../src/domain/audit-anchor.ts'
import { EVERYTHING } from '../../src/domain/audit-filter.ts'
import type { AuditReport } from '../../src/domain/audit-report.ts'
import { AUDIT_KINDS, type AuditEntry } from '../../src/domain/audit.ts'
import type { Repositories, Store } from '../../src/domain/ports/store.ts'
import { createAnchors } from '../../src/store/anchors.ts'
import { createAudit } from '../../src/store/audit.ts'
import { createPayloads } from '../../src/store/payloads.ts'
import { connectionConfig } from '../../src/store/pool.ts'
import type { Sql } from '../../src/store/sql.ts'
import { createStore } from '../../src/store/store.ts'
import { auditOf } from '../../src/usecases/audit/audit-of.ts'
import { verifyTrail, type Reading } from '../../src/usecases/audit/verify-trail.ts'
import type { TestDatabase } from './postgres.ts'

const INSTANCE = 'test'
const START = Date.UTC(2026, 10, 20, 9)
const PEOPLE = ['U0ANA', 'U0BEN', null] as const

/** The nth entry of every test's trail: two queues, three doers, one a minute. */
export const anEntry = (n: number) => {
  const userId = PEOPLE[n % PEOPLE.length] ?? null
  return auditOf(new Date(START + n * 60_000), AUDIT_KINDS[n % 19] ?? 'denied', {
    actor: userId === null ? null : { teamId: 'T0', userId },
    action: n % 2 === 0 ? 'pause' : 'resume',
    subject: n % 3 === 0 ? 'sales/email' : 'sales/payment:card',
    incidentId: n % 5 === 0 ? 7 : null,
    planId: `0000000${n % 4}-0000-4000-8000-000000000000`,
    reason: `reason ${n} – ä "quoted" | <b>`,
    facts: { n, holdMs: n * 60_000 },
  })
}

/** A trail in a database of its own, with what an owner of that database could do to it. */
export function aTrail(database: TestDatabase) {
  const store = createStore(database.openAppPool(), INSTANCE)
  return {
    store,
    async write(count: number, from = 0): Promise<void> {
      for (let n = from; n < from + count; n += 1) await store.now.audit.append(anEntry(n))
    },
    async entries(): Promise<readonly AuditEntry[]> {
      const all: AuditEntry[] = []
      await store.transaction(({ audit }) =>
        audit.scan(EVERYTHING, (page) => void all.push(...page)),
      )
      return all
    },
    async anchor(): Promise<Anchor> {
      const head = await store.now.audit.head()
      if (head === null) throw new Error('there is nothing to anchor')
      return { instance: INSTANCE, ...head, at: new Date(START) }
    },
    verify: (readings: readonly Reading[] = []): Promise<AuditReport> =>
      verifyTrail(store, { instance: INSTANCE, readings }),
    /** What verification says of the trail once the owner has done this to it; afterwards it is as before. */
    async verifyAfter(
      deeds: readonly string[],
      readings: readonly Reading[] = [],
    ): Promise<AuditReport> {
      const client = new pg.Client(connectionConfig(database.owner))
      await client.connect()
      try {
        await client.query('begin')
        for (const deed of asOwner(deeds)) await client.query(deed)
        return await verifyTrail(onlyOn(client), { instance: INSTANCE, readings })
      } finally {
        await client.query('rollback')
        await client.end()
      }
    },
    /** The same for good. */
    tamper: (...deeds: readonly string[]): Promise<void> => tamperWith(database, deeds),
  }
}

/** Does to a trail what its owner could do. */
export async function tamperWith(
  database: Pick<TestDatabase, 'owner'>,
  deeds: readonly string[],
): Promise<void> {
  const client = new pg.Client(connectionConfig(database.owner))
  await client.connect()
  try {
    for (const deed of asOwner(deeds)) await client.query(deed)
  } finally {
    await client.end()
  }
}

/** No trigger stops the owner of a table. */
const asOwner = (deeds: readonly string[]): readonly string[] => [
  'alter table audit_entry disable trigger user',
  ...deeds,
  'alter table audit_entry enable trigger user',
]

/** A store whose every transaction is the one that this connection is in. */
function onlyOn(client: pg.Client): Pick<Store, 'transaction'> {
  const sql: Sql = { query: (text, values) => client.query(text, values ? [...values] : []) }
  const parts: Pick<Repositories, 'audit' | 'anchors' | 'payloads'> = {
    audit: createAudit(sql, INSTANCE),
    anchors: createAnchors(sql),
    payloads: createPayloads(sql),
  }
  return { transaction: (run) => run(parts as Repositories) }
}

export type Trail = ReturnType<typeof aTrail>

/** Computes every hash anew, as somebody would who knows how the chain is made. */
export const REHASH = `
  do $$ declare
    entry record; last text := repeat('0', 64); fresh text;
  begin
    for entry in select * from audit_entry order by seq loop
      fresh := encode(sha256(convert_to(last || E'\\n' || entry.seq || E'\\n' || entry.version || E'\\n'
        || entry.instance || E'\\n' || entry.text, 'UTF8')), 'hex');
      update audit_entry set previous_hash = last, hash = fresh where seq = entry.seq;
      last := fresh;
    end loop;
  end $$`
