import { describe, expect, it } from 'vitest'

import { filterAt, parseAuditFilter } from '../../../src/domain/audit-filter.ts'
import { splitWords } from '../../../src/domain/command-words.ts'

const parse = (text: string) => parseAuditFilter(splitWords(text))

describe('audit filters', () => {
  it('takes conditions in any order', () => {
    expect(parse('since 7d <@U0123ABC|ana> kind:denied sales/payment:* #7')).toMatchObject({
      queue: 'sales/payment:*',
      incidentId: 7,
      person: 'U0123ABC',
      kind: 'denied',
      since: { kind: 'ago', ms: 7 * 86_400_000 },
    })
    expect(parse('plan:42ab before 120 until 2026-11-20')).toMatchObject({
      plan: '42ab',
      beforeSeq: 120,
      until: { kind: 'at', at: new Date('2026-11-20T00:00:00Z') },
    })
  })

  it('takes names that hold colons, and quoted ones as they stand', () => {
    expect(parse('payment:card').queue).toBe('payment:card')
    expect(parse('"kind:denied"')).toMatchObject({ queue: 'kind:denied', kind: null })
  })

  it('counts times from the moment of asking', () => {
    const now = new Date('2026-11-20T12:00:00Z')
    expect(filterAt(parse('since 2h'), now).since).toEqual(new Date('2026-11-20T10:00:00Z'))
  })

  it.each([
    ['kind:denid', 'Did you mean `denied`?'],
    ['knd:denied', 'Did you mean'],
    ['email sinc 7d', 'Did you mean `since`?'],
    ['since tomorrow', 'is not a time'],
    ['@ana', 'Who is `@ana`?'],
    ['incident:x', 'is not the number of an incident'],
    ['kind:denied kind:approved', 'is given twice'],
  ])('refuses `%s` with what was probably meant', (text, words) => {
    const said = (): unknown => {
      try {
        return parse(text)
      } catch (error) {
        const { message, advice } = error as Error & { advice: string }
        return `${message} ${advice}`
      }
    }
    expect(said()).toContain(words)
  })
})
