import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { Anchor } from '../../../src/domain/audit-anchor.ts'
import type { AuditReport } from '../../../src/domain/audit-report.ts'
import { listReading } from '../../../src/usecases/audit/verify-trail.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { aTrail, REHASH, type Trail } from '../../helpers/trail.ts'

const LENGTH = 50

let database: TestDatabase
let trail: Trail
let anchor: Anchor
beforeAll(async () => {
  database = await freshDatabase()
  trail = aTrail(database)
  await trail.write(LENGTH)
  anchor = await trail.anchor()
})
afterAll(() => database.drop())

const named = ({ faults }: AuditReport): readonly string[] =>
  faults.map(({ kind, seq }) => (seq === null ? kind : `${kind} ${seq}`))

/** What an owner of the database can do, and what it is called. */
const DEEDS: readonly {
  readonly what: string
  readonly statements: readonly string[]
  readonly found: readonly string[]
}[] = [
  {
    what: 'an entry is edited',
    statements: [
      `update audit_entry set text = replace(text, 'reason 9', 'no reason') where seq = 10`,
    ],
    found: ['edited 10'],
  },
  {
    what: 'an entry is edited and hashed anew by itself',
    statements: [
      `update audit_entry set text = replace(text, 'reason 9', 'no reason') where seq = 10`,
      `update audit_entry set hash = encode(sha256(convert_to(previous_hash || E'\\n' || seq || E'\\n'
         || version || E'\\n' || instance || E'\\n' || text, 'UTF8')), 'hex') where seq = 10`,
    ],
    found: ['replaced 10'],
  },
  {
    what: 'entries are deleted',
    statements: ['delete from audit_entry where seq between 20 and 22'],
    found: ['deleted 20'],
  },
  {
    what: 'the first entry is deleted',
    statements: ['delete from audit_entry where seq = 1'],
    found: ['deleted 1'],
  },
  {
    what: 'an entry is deleted and those after it are numbered anew',
    statements: [
      'delete from audit_entry where seq = 20',
      'update audit_entry set seq = seq + 1000 where seq > 20',
      'update audit_entry set seq = seq - 1001 where seq > 1000',
    ],
    found: ['deleted 20', 'tail_cut 50'],
  },
  {
    what: 'an entry is put in and those after it are numbered anew',
    statements: [
      'update audit_entry set seq = seq + 1000 where seq >= 30',
      'update audit_entry set seq = seq - 999 where seq > 1000',
      `insert into audit_entry (seq, version, instance, text, previous_hash, hash)
       select 30, 1, 'test', '{"at":"2026-11-20T09:29:30.000Z"}', repeat('a', 64), repeat('b', 64)`,
    ],
    found: ['inserted 30', 'rewritten 50'],
  },
  {
    what: 'an entry is put in beside another',
    statements: [
      'alter table audit_entry drop constraint audit_entry_pkey',
      `insert into audit_entry (seq, version, instance, text, previous_hash, hash)
       values (30, 1, 'test', '{}', repeat('a', 64), repeat('b', 64))`,
    ],
    found: ['inserted 30', 'unguarded'],
  },
  {
    what: 'two entries change places',
    statements: [
      'update audit_entry set seq = 1011 - seq where seq in (5, 6)',
      'update audit_entry set seq = seq - 1000 where seq > 1000',
    ],
    found: ['reordered 5'],
  },
  {
    what: 'two entries exchange their contents',
    statements: [
      `update audit_entry e set text = o.text from audit_entry o
       where (e.seq, o.seq) in ((5, 16), (16, 5))`,
    ],
    found: ['reordered 5'],
  },
  {
    what: 'the trail forks',
    statements: [
      'alter table audit_entry drop constraint audit_entry_pkey',
      'alter table audit_entry drop constraint audit_entry_previous_hash_key',
      `insert into audit_entry (seq, version, instance, text, previous_hash, hash)
       select seq, version, instance, '{}', previous_hash, encode(sha256(convert_to(previous_hash
         || E'\\n' || seq || E'\\n' || version || E'\\n' || instance || E'\\n' || '{}', 'UTF8')), 'hex')
       from audit_entry where seq = 40`,
    ],
    found: ['forked 40', 'unguarded', 'unguarded'],
  },
  {
    what: 'the tail is cut off',
    statements: ['delete from audit_entry where seq > 41'],
    found: ['tail_cut 42'],
  },
  {
    what: 'everything is deleted',
    statements: ['truncate audit_entry'],
    found: ['tail_cut 1'],
  },
  {
    what: 'history is rewritten and hashed anew throughout',
    statements: [
      `update audit_entry set text = replace(text, 'reason 9', 'no reason') where seq = 10`,
      REHASH,
    ],
    found: ['rewritten 50'],
  },
  {
    what: 'an entry is taken out and everything is hashed anew',
    statements: [
      'delete from audit_entry where seq = 20',
      'update audit_entry set seq = seq + 1000 where seq > 20',
      'update audit_entry set seq = seq - 1001 where seq > 1000',
      REHASH,
    ],
    found: ['tail_cut 50'],
  },
  {
    what: "another installation's entry is put in",
    statements: [`update audit_entry set instance = 'other' where seq = 50`, REHASH],
    found: ['rewritten 50', 'wrong_instance 50'],
  },
  {
    what: 'an entry claims another version',
    statements: ['update audit_entry set version = 9 where seq = 50', REHASH],
    found: ['rewritten 50', 'wrong_version 50'],
  },
  {
    what: 'a text is another of the same value',
    statements: [
      `update audit_entry set text = replace(text, '","', '", "') where seq = 50`,
      REHASH,
    ],
    found: ['not_canonical 50', 'rewritten 50'],
  },
]

describe('a database owner who changes history is found out', () => {
  for (const { what, statements, found } of DEEDS)
    it(`when ${what}`, async () => {
      const report = await trail.verifyAfter(statements, [listReading([anchor])])
      expect([...named(report)].toSorted()).toEqual([...found].toSorted())
    })
})

describe('a trail that nobody touched', () => {
  it('verifies, and says for what the database alone vouches', async () => {
    await trail.write(7, LENGTH)
    const report = await trail.verify([listReading([anchor])])
    expect(report).toMatchObject({
      faults: [],
      entries: 57,
      head: { seq: 57 },
      anchors: { known: 1, matched: 1 },
      unvouched: { from: 51, to: 57 },
    })
  })
})

describe('what guards the trail', () => {
  const guards: Readonly<Record<string, string>> = {
    'drop trigger audit_rows_stay on audit_entry':
      'the trigger audit_rows_stay of audit_entry is gone',
    'alter table audit_anchor disable trigger anchor_rows_stay':
      'the trigger anchor_rows_stay of audit_anchor is switched off',
    'create or replace function keep_payload() returns trigger language plpgsql as $$ begin return new; end $$':
      'the trigger payload_rows_stay of audit_payload no longer refuses changes',
    'alter table audit_entry drop constraint audit_entry_hash_key':
      'audit_entry.hash is no longer unique',
    'grant update (text), delete on audit_entry to spillway_app':
      'spillway_app may delete and update audit_entry',
    'grant insert on audit_entry to spillway_app': 'spillway_app may insert into audit_entry',
    'grant update on audit_anchor to spillway_app': 'spillway_app may update audit_anchor',
  }
  for (const [deed, words] of Object.entries(guards))
    it(`is missed: ${words}`, async () => {
      const { faults } = await trail.verifyAfter([deed])
      expect(faults).toEqual([{ kind: 'unguarded', seq: null, words }])
    })
})
