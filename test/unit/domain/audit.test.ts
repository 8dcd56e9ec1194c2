import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  AUDIT_GENESIS,
  auditHash,
  canonicalJson,
  findChainFault,
  type AuditEntry,
  type Json,
} from '../../../src/domain/audit.ts'

const chainOf = (texts: readonly string[]): AuditEntry[] => {
  const entries: AuditEntry[] = []
  for (const [index, text] of texts.entries()) {
    const previousHash = entries.at(-1)?.hash ?? AUDIT_GENESIS
    const open = { seq: index + 1, version: 1, instance: 'test', text, previousHash }
    entries.push({ ...open, hash: auditHash(open) })
  }
  return entries
}

describe('canonical JSON', () => {
  it('is one text for one value, whatever the order of its keys', () => {
    expect(canonicalJson({ b: 1, a: [true, null, 'é"\n'] })).toBe(
      '{"a":[true,null,"é\\"\\n"],"b":1}',
    )
  })

  it('reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const json = JSON.parse(JSON.stringify(value)) as Json
        expect(JSON.parse(canonicalJson(json))).toEqual(json)
      }),
    )
  })
})

describe('the audit chain', () => {
  const texts = fc.array(fc.string(), { minLength: 2, maxLength: 12 })

  it('is whole when nobody touched it', () => {
    fc.assert(
      fc.property(texts, (all) => {
        expect(findChainFault(chainOf(all))).toBeNull()
      }),
    )
  })

  it('shows an edited entry', () => {
    fc.assert(
      fc.property(texts, fc.nat(), (all, pick) => {
        const chain = chainOf(all)
        const at = pick % chain.length
        const edited = chain.map((entry, i) =>
          i === at ? { ...entry, text: `${entry.text}!` } : entry,
        )
        expect(findChainFault(edited)).toEqual({
          seq: at + 1,
          words: 'its content does not match its hash',
        })
      }),
    )
  })

  it('shows an entry that was taken out, or two that changed places', () => {
    const chain = chainOf(['a', 'b', 'c', 'd'])
    expect(findChainFault(chain.toSpliced(1, 1))?.words).toBe('entry 2 is missing')
    const [a, b, c, d] = chain
    if (!a || !b || !c || !d) throw new Error('chain too short')
    expect(findChainFault([a, c, b, d])?.words).toBe('entry 2 is missing')
  })

  it('shows an entry that was edited and hashed anew', () => {
    const [first, second] = chainOf(['a', 'b'])
    if (!first || !second) throw new Error('chain too short')
    const forged = { ...first, text: 'x' }
    expect(findChainFault([{ ...forged, hash: auditHash(forged) }, second])).toEqual({
      seq: 2,
      words: 'does not follow from the entry before it',
    })
  })
})
