import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import type { KnownAnchor } from '../../../src/domain/audit-anchor.ts'
import { createVerifier } from '../../../src/domain/audit-verify.ts'
import {
  AUDIT_GENESIS,
  type AuditEntry,
  auditHash,
  canonicalJson,
} from '../../../src/domain/audit.ts'

const AT = new Date('2026-11-20T09:00:00Z')

/** Hashes entries as the database does: in the order given, numbered from 1. */
function hashed(texts: readonly string[]): readonly AuditEntry[] {
  const entries: AuditEntry[] = []
  for (const [index, text] of texts.entries()) {
    const previousHash = entries.at(-1)?.hash ?? AUDIT_GENESIS
    const open = { seq: index + 1, version: 1, instance: 'test', text, previousHash }
    entries.push({ ...open, hash: auditHash(open) })
  }
  return entries
}

const textOf = (n: number): string => canonicalJson({ at: AT.toISOString(), kind: 'denied', n })

function verify(entries: readonly AuditEntry[], anchors: readonly KnownAnchor[] = []) {
  const verifier = createVerifier({ instance: 'test', anchors })
  for (const entry of entries) verifier.add(entry)
  return verifier.conclude().report
}

const anchorAt = (entries: readonly AuditEntry[], seq: number): KnownAnchor => {
  const entry = entries[seq - 1]
  if (entry === undefined) throw new Error(`there is no entry ${seq}`)
  return { instance: 'test', seq, hash: entry.hash, at: AT, source: 'slack' }
}

const chain = fc.integer({ min: 3, max: 40 }).map((length) => Array.from({ length }, (_, n) => n))

type Tamper = (entries: readonly AuditEntry[], at: number, other: number) => readonly AuditEntry[]

const renumbered = (entries: readonly AuditEntry[]): readonly AuditEntry[] =>
  entries.map((entry, index) => ({ ...entry, seq: index + 1 }))
const texts = (entries: readonly AuditEntry[]): readonly string[] => entries.map(({ text }) => text)
const edited = (text: string): string => text.replace('denied', 'approved')
const swapped = <T>(all: readonly T[], a: number, b: number): readonly T[] =>
  all.map((one, index) => all[index === a ? b : index === b ? a : index] ?? one)

/** Everything that can be done to a trail, by hand or with every hash computed anew. */
const TAMPERS: Readonly<Record<string, Tamper>> = {
  edit: (all, at) =>
    all.map((entry, i) => (i === at ? { ...entry, text: edited(entry.text) } : entry)),
  editAndHash: (all, at) =>
    all.map((entry, i) => {
      const changed = { ...entry, text: edited(entry.text) }
      return i === at ? { ...changed, hash: auditHash(changed) } : entry
    }),
  delete: (all, at) => all.toSpliced(at, 1),
  deleteAndNumber: (all, at) => renumbered(all.toSpliced(at, 1)),
  insert: (all, at) => {
    const [entry] = all
    return entry === undefined ? [] : renumbered(all.toSpliced(at, 0, { ...entry, text: '{}' }))
  },
  swapRows: (all, at, other) => swapped(all, at, other),
  swapNumbers: (all, at, other) => renumbered(swapped(all, at, other)),
  cut: (all, at) => all.slice(0, at),
  rewrite: (all, at) => hashed(texts(all).map((text, i) => (i === at ? edited(text) : text))),
  rewriteWithout: (all, at) => hashed(texts(all).toSpliced(at, 1)),
  rewriteWith: (all, at) => hashed(texts(all).toSpliced(at, 0, '{}')),
  rewriteInOtherOrder: (all, at, other) => hashed(swapped(texts(all), at, other)),
  rename: (all, at) =>
    all.map((entry, i) => {
      const changed = { ...entry, instance: 'other' }
      return i === at ? { ...changed, hash: auditHash(changed) } : entry
    }),
}

describe('verification', () => {
  it('finds nothing in a trail that nobody touched', () => {
    fc.assert(
      fc.property(chain, fc.nat(), (numbers, pick) => {
        const entries = hashed(numbers.map(textOf))
        const seq = 1 + (pick % entries.length)
        const report = verify(entries, [anchorAt(entries, seq)])
        expect(report).toMatchObject({ faults: [], entries: entries.length })
        expect(report.unvouched).toEqual(
          seq === entries.length ? null : { from: seq + 1, to: entries.length },
        )
      }),
    )
  })

  for (const [name, tamper] of Object.entries(TAMPERS))
    it(`finds every change that an anchor covers: ${name}`, () => {
      fc.assert(
        fc.property(chain, fc.nat(), fc.nat(), (numbers, a, b) => {
          const entries = hashed(numbers.map(textOf))
          const last = entries.length - 1
          const at = a % last
          const other = (at + 1 + (b % last)) % entries.length
          const changed = tamper(entries, at, other)
          const report = verify(changed, [anchorAt(entries, entries.length)])
          expect(report.faults).not.toEqual([])
        }),
        { numRuns: 40 },
      )
    })

  it('finds what no anchor covers, too, unless every hash was computed anew', () => {
    const byHand = Object.entries(TAMPERS).filter(([name]) => !/^(rewrite|cut)/.test(name))
    fc.assert(
      fc.property(chain, fc.nat(), fc.constantFrom(...byHand), (numbers, a, [, tamper]) => {
        const entries = hashed(numbers.map(textOf))
        const at = a % (entries.length - 1)
        expect(verify(tamper(entries, at, at + 1)).faults).not.toEqual([])
      }),
    )
  })

  it('names the span in which history was rewritten by the anchors around it', () => {
    const entries = hashed(Array.from({ length: 30 }, (_, n) => textOf(n)))
    const anchors = [10, 20, 30].map((seq) => anchorAt(entries, seq))
    const changed = hashed(texts(entries).map((text, n) => (n === 14 ? edited(text) : text)))
    const [fault] = verify(changed, anchors).faults
    expect(fault).toMatchObject({ kind: 'rewritten', seq: 20 })
    expect(fault?.words).toContain('between entries 11 and 20; 1 more anchors differ, too')
  })

  it('takes the anchors of another installation for none of its own', () => {
    const entries = hashed([textOf(1)])
    const foreign = { ...anchorAt(entries, 1), instance: 'other', seq: 9 }
    expect(verify(entries, [foreign])).toMatchObject({ faults: [], anchors: { known: 0 } })
  })

  it('notes a clock that was put back, and holds it against nobody', () => {
    const at = (time: string): string => canonicalJson({ at: time, kind: 'denied' })
    const report = verify(hashed([at('2026-11-20T09:00:00Z'), at('2026-11-20T08:50:00Z')]))
    expect(report.faults).toEqual([])
    expect(report.notes).toEqual([
      'entry 2 is dated 10 min before one that precedes it: a clock was put back',
    ])
  })

  it('lists a hundred faults and counts the rest', () => {
    const entries = hashed(Array.from({ length: 500 }, (_, n) => textOf(n)))
    const report = verify(entries.map((entry) => ({ ...entry, text: '{}' })))
    expect(report.faults).toHaveLength(100)
    expect(report.moreFaults).toBe(400)
  })
})
