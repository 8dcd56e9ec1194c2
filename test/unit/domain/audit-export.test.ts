import { describe, expect, it } from 'vitest'

import { anchorJson, anchorLine, parseAnchors } from '../../../src/domain/audit-anchor.ts'
import { createMarkdown, csvEntry, csvHead } from '../../../src/domain/audit-export.ts'
import { recordOf } from '../../../src/domain/audit-record.ts'
import { type AuditBody, type AuditEntry, auditText } from '../../../src/domain/audit.ts'
import { auditOf } from '../../../src/usecases/audit/audit-of.ts'

const AT = new Date('2026-11-20T14:02:00Z')
const ANA = { teamId: 'T0', userId: 'U0ANA' }

const entryOf = (body: AuditBody, seq = 1): AuditEntry => ({
  seq,
  version: 1,
  instance: 'test',
  text: auditText(body),
  previousHash: 'p',
  hash: 'h',
})

const confirmed = (over: Partial<AuditBody> = {}): AuditBody =>
  auditOf(AT, 'confirmed', {
    actor: ANA,
    action: 'pause',
    subject: 'sales/email',
    facts: { holdMs: 1_800_000 },
    ...over,
  })

describe('CSV', () => {
  it('quotes as RFC 4180 says and ends lines with CR LF', () => {
    const line = csvEntry(entryOf(confirmed({ reason: 'a "big", one\nsecond line' })))
    expect(line).toContain(',"a ""big"", one\nsecond line",')
    expect(line.endsWith('\r\n')).toBe(true)
    expect(csvHead().split(',').length).toBe(13)
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('defuses the formula %j', (reason) => {
    expect(csvEntry(entryOf(confirmed({ reason })))).toMatch(/,"?'[=+\-@\t\r]/)
  })
})

describe('Markdown', () => {
  it('makes one table for each incident and plan, in words', () => {
    const line = createMarkdown()
    const outcome = auditOf(AT, 'outcome', {
      action: 'pause',
      subject: 'sales/email',
      incidentId: 7,
      facts: {
        state: 'done',
        before: { counts: { waiting: 10 }, isPaused: false },
        after: { counts: { waiting: 12 }, isPaused: true },
      },
    })
    const text = [confirmed({ incidentId: 7, reason: 'pipe | and *stars*' }), outcome, confirmed()]
      .map((body, index) => recordOf(entryOf(body, index + 1)))
      .flatMap((record) => (record === null ? [] : [line(record)]))
      .join('')
    expect(text.match(/^## /gm)).toHaveLength(2)
    expect(text).toContain('| U0ANA | confirmed the pause of sales/email for 30 min |')
    expect(text).toContain(String.raw`pipe \| and \*stars\*`)
    expect(text).toContain('waiting 10 → 12, running → paused | done |')
  })
})

describe('anchors as text', () => {
  const anchor = { instance: 'a b/ü', seq: 12, hash: 'a'.repeat(64), at: AT }

  it('read back from a line, a JSON line, or a channel pasted as it was', () => {
    const pasted = `spillway APP  14:02\n:link: Audit trail\n> \`${anchorLine(anchor)}\` (edited)\n`
    for (const text of [anchorLine(anchor), anchorJson(anchor), pasted])
      expect(parseAnchors(`before\n${text}\nafter`)).toEqual([anchor])
  })

  it('make nothing of what is cut or garbled', () => {
    expect(parseAnchors(anchorLine(anchor).slice(0, 60))).toEqual([])
    expect(parseAnchors('{"anchor":{"seq":1}}\n{"anchor":')).toEqual([])
  })
})
