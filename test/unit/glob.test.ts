import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { matchesGlob } from '../../src/domain/glob.ts'

const asRegExp = (glob: string) =>
  new RegExp(
    `^${[...glob].map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c.replace(/[\\^$.|+()[\]{}]/g, '\\$&'))).join('')}$`,
    's',
  )

describe('queue globs', () => {
  it('let * cross colons and slashes', () => {
    expect(matchesGlob('sales/outreach:*', 'sales/outreach:whatsapp:send')).toBe(true)
    expect(matchesGlob('*:send', 'sales/outreach:whatsapp:send')).toBe(true)
    expect(matchesGlob('sales/email', 'sales/email:send')).toBe(false)
  })

  it('agree with the regular expression that means the same', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', ':', '*', '?'), maxLength: 8 })
    const names = fc.string({ unit: fc.constantFrom('a', 'b', ':'), maxLength: 10 })
    fc.assert(
      fc.property(letters, names, (glob, name) => {
        expect(matchesGlob(glob, name)).toBe(asRegExp(glob).test(name))
      }),
    )
  })

  it('answers at once on a glob made to be slow', () => {
    expect(matchesGlob(`${'*a'.repeat(50)}b`, 'a'.repeat(2000))).toBe(false)
  })
})
