import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseAnchorLines } from '../../../../src/domain/audit-anchor.ts'
import { parseAuditFilter } from '../../../../src/domain/audit-filter.ts'
import type { AuditRecord } from '../../../../src/domain/audit-record.ts'
import { AUDIT_KINDS } from '../../../../src/domain/audit.ts'
import { renderAnchor } from '../../../../src/slack/render/anchor.ts'
import { renderAudit } from '../../../../src/slack/render/audit.ts'
import type { AuditView } from '../../../../src/usecases/audit/search-audit.ts'
import { hostile } from './arbitrary.ts'
import { LOCALE, NOW } from './builders.ts'
import { counterexample } from './counterexample.ts'

const HASH = 'a'.repeat(64)

const aRecord = (over: Partial<AuditRecord> = {}): AuditRecord => ({
  seq: 9,
  at: NOW,
  kind: 'confirmed',
  actor: { teamId: 'T0', userId: 'U0ANA' },
  action: 'pause',
  subject: 'sales/email',
  incidentId: null,
  planId: null,
  planHash: null,
  reason: 'the provider is down',
  facts: { holdMs: 1_800_000 },
  ...over,
})

const aView = (over: Partial<AuditView> = {}): AuditView => ({
  filter: parseAuditFilter([]),
  records: [aRecord()],
  olderThan: null,
  head: { seq: 1234, hash: HASH },
  anchor: { seq: 1230, at: NOW },
  check: { seq: 1200, at: NOW, faults: 0 },
  at: NOW,
  ...over,
})

const shown = (view: AuditView): string =>
  renderAudit(view, LOCALE)
    .blocks.flatMap((block) => JSON.stringify(block))
    .join('\n')

describe('the audit trail in Slack', () => {
  it('is a line an entry, in plain words', () => {
    expect(shown(aView())).toMatch(
      /\d\d:\d\d <@U0ANA> confirmed the pause of `sales\/email` for 30 min: “the provider is down”/,
    )
  })

  it('gives the reason of a plan once, with its latest entry', () => {
    const records = ['outcome', 'step', 'confirmed'].map((kind) => aRecord({ kind, planId: 'p1' }))
    expect(shown(aView({ records })).match(/the provider is down/g)).toHaveLength(1)
    const others = ['p1', 'p2'].map((planId) => aRecord({ planId }))
    expect(shown(aView({ records: others })).match(/the provider is down/g)).toHaveLength(2)
  })

  it.each([
    [
      { actor: null, kind: 'outcome', facts: { state: 'failed' } },
      'Spillway failed at the pause of',
    ],
    [{ action: 'freeze', kind: 'frozen', subject: 'all queues' }, '<@U0ANA> froze `all queues`'],
    [{ kind: 'from_the_future' }, '<@U0ANA> from_the_future the pause of'],
    [{ actor: null, kind: 'exported', action: 'export', facts: { by: 'root' } }, 'root exported'],
  ])('says %j as "%s"', (over, words) => {
    expect(shown(aView({ records: [aRecord(over)] }))).toContain(words)
  })

  it('says how far it goes, who vouches for it and what a check found', () => {
    expect(shown(aView())).toContain('1,234 entries in all · anchored up to 1,230 at')
    expect(shown(aView())).toContain('verified up to 1,200 at')
    const bad = aView({ check: { seq: 9, at: NOW, faults: 2 }, anchor: null })
    expect(shown(bad)).toContain('*2 faults* found at')
    expect(shown(aView({ head: null, records: [] }))).toContain('Nothing was written')
  })

  it('fits into a message whatever stands in the trail', () => {
    const record = fc.record({
      kind: fc.oneof(fc.constantFrom(...AUDIT_KINDS), hostile),
      action: hostile,
      subject: hostile,
      reason: fc.option(hostile),
      actor: fc.option(fc.record({ teamId: hostile, userId: hostile })),
      facts: fc.record({ by: hostile, state: hostile }),
    })
    const view = fc.tuple(fc.array(record, { maxLength: 10 }), hostile).map(([records, queue]) =>
      aView({
        records: records.map(aRecord),
        filter: { ...parseAuditFilter([]), queue },
        olderThan: 5,
      }),
    )
    expect(counterexample(view, (one) => renderAudit(one, LOCALE))).toBeNull()
  })
})

it('posts anchors that read back, whatever the instance is called', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (instance) => {
      const anchor = { instance, seq: 7, hash: HASH, at: NOW.toISOString() }
      fc.pre(encodeURIComponent(instance).length <= 200)
      const { text, blocks } = renderAnchor(anchor)
      const expected = [{ ...anchor, at: NOW }]
      expect(parseAnchorLines(text)).toEqual(expected)
      expect(parseAnchorLines(JSON.stringify(blocks))).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})
