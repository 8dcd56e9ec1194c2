import { readFileSync } from 'node:fs'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { UnreadableBody, type AlertBatch } from '../../../src/domain/alert.ts'
import { parseBody, parsers, type AlertSource } from '../../../src/http/alerts/parsers.ts'

const AT = new Date('2026-11-22T07:00:00Z')
const SOURCES = Object.keys(parsers) as AlertSource[]
const fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/alertmanager-payload.json', import.meta.url), 'utf8'),
) as Record<string, unknown>

const parse = (source: AlertSource, value: unknown): AlertBatch =>
  parseBody(source, Buffer.from(JSON.stringify(value)))
const first = (batch: AlertBatch) => batch.alerts[0]

describe('Alertmanager', () => {
  it('reads a firing alert as it was really sent', () => {
    expect(parse('alertmanager', fixture['firing'])).toEqual({
      truncated: 0,
      alerts: [
        {
          fingerprint: '384bf2ee4ba63dad',
          status: 'firing',
          startsAt: new Date('2026-11-22T06:46:54.507Z'),
          endsAt: null,
          labels: { alertname: 'QueueBacklog', queue: 'email', severity: 'critical' },
          annotations: {
            runbook_url: 'https://runbooks.example/q',
            summary: 'email queue deep',
          },
          sourceUrl: 'http://prom.example/graph',
        },
      ],
    })
  })

  it('reads resolved ones with their end, and no link where none was sent', () => {
    const [alert] = parse('alertmanager', fixture['resolved']).alerts
    expect(alert).toMatchObject({
      status: 'resolved',
      endsAt: new Date('2026-11-22T06:47:01Z'),
      sourceUrl: null,
    })
  })

  it('believes each alert about itself, not the group', () => {
    const batch = parse('alertmanager', {
      status: 'firing',
      alerts: [{ status: 'resolved', labels: { queue: 'a' } }, { labels: { queue: 'b' } }],
    })
    expect(batch.alerts.map(({ status }) => status)).toEqual(['resolved', 'firing'])
  })

  it('counts what the sender left out', () => {
    expect(parse('alertmanager', { alerts: [], truncatedAlerts: 40 }).truncated).toBe(40)
  })

  it('fills in what a body template of the operator may leave out', () => {
    const labels = { queue: 'a', alertname: 'x' }
    const batch = parse('alertmanager', { commonLabels: labels, alerts: [{}] })
    expect(first(batch)).toMatchObject({
      status: 'firing',
      startsAt: null,
      labels,
      annotations: {},
    })
  })

  it('gives the same fingerprint to the same labels in any order', () => {
    const [a, b, c] = parse('alertmanager', {
      alerts: [
        { labels: { a: '1', b: '2' } },
        { labels: { b: '2', a: '1' } },
        { labels: { a: '1' } },
      ],
    }).alerts
    expect(a?.fingerprint).toBe(b?.fingerprint)
    expect(a?.fingerprint).not.toBe(c?.fingerprint)
  })

  it('keeps numbers among the labels and drops what is no text', () => {
    const batch = parse('alertmanager', {
      alerts: [{ labels: { n: 5, o: { x: 1 }, l: [1], z: null } }],
    })
    expect(first(batch)?.labels).toEqual({ n: '5' })
  })

  it('shows no link that is not one', () => {
    const batch = parse('alertmanager', { alerts: [{ generatorURL: 'javascript:alert(1)' }] })
    expect(first(batch)?.sourceUrl).toBeNull()
  })
})

describe('our own JSON', () => {
  it('reads the shorthand', () => {
    expect(
      parse('json', {
        queue: 'email',
        system: 'sales',
        severity: 'critical',
        name: 'Deep',
        summary: 's',
      }),
    ).toEqual({
      truncated: 0,
      alerts: [
        {
          fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
          status: 'firing',
          startsAt: null,
          endsAt: null,
          labels: { alertname: 'Deep', queue: 'email', system: 'sales', severity: 'critical' },
          annotations: { summary: 's' },
          sourceUrl: null,
        },
      ],
    })
  })

  it('reads a list with times, fingerprint and link', () => {
    const batch = parse('json', {
      alerts: [
        {
          status: 'resolved',
          labels: { queue: 'email' },
          annotations: { runbook_url: 'https://r' },
          startsAt: '2026-11-22T06:00:00Z',
          endsAt: '2026-11-22T06:30:00Z',
          fingerprint: 'abc',
          url: 'https://grafana.example/d/1',
        },
        { queue: 'b' },
      ],
    })
    expect(batch.alerts).toHaveLength(2)
    expect(first(batch)).toMatchObject({
      fingerprint: 'abc',
      startsAt: new Date('2026-11-22T06:00:00Z'),
      endsAt: new Date('2026-11-22T06:30:00Z'),
      sourceUrl: 'https://grafana.example/d/1',
    })
  })

  it('gives a fire and its resolve the same fingerprint', () => {
    const fire = first(parse('json', { queue: 'a', summary: 'deep', status: 'firing' }))
    const resolve = first(parse('json', { queue: 'a', summary: 'fine again', status: 'resolved' }))
    expect(resolve?.fingerprint).toBe(fire?.fingerprint)
  })
})

describe('what nobody can read', () => {
  it.each<readonly [string, AlertSource, string | Buffer, RegExp]>([
    ['an empty body', 'json', '', /empty/],
    ['no JSON', 'alertmanager', '{"alerts":', /not JSON/],
    ['no UTF-8', 'json', Buffer.from([0x22, 0xff, 0x22]), /not UTF-8/],
    ['another shape', 'alertmanager', '{"hello":1}', /`alerts` does not fit/],
    ['a list', 'json', '[]', /The body does not fit/],
    ['an alert that is none', 'alertmanager', '{"alerts":[1]}', /`alerts\.0` does not fit/],
    ['an alert about nothing', 'json', '{"summary":"x"}', /needs `labels`/],
    ['a wrong status', 'json', '{"queue":"a","status":"down"}', /`status` does not fit/],
  ])('%s is refused with the reason', (_name, source, body, words) => {
    expect(() => parseBody(source, Buffer.from(body))).toThrow(UnreadableBody)
    expect(() => parseBody(source, Buffer.from(body))).toThrow(words)
  })

  it('refuses a source that has no parser', () => {
    expect(() => parseBody('toString', Buffer.from('{}'))).toThrow(UnreadableBody)
  })
})

/** Bodies near to real ones: the keys that parsers look at, with any value. */
const field = fc.constantFrom(
  'alerts',
  'status',
  'labels',
  'annotations',
  'startsAt',
  'endsAt',
  'fingerprint',
  'queue',
  'commonLabels',
  'truncatedAlerts',
  'generatorURL',
  '__proto__',
)
const nearly = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue(),
    fc.constantFrom(
      'firing',
      'resolved',
      '0001-01-01T00:00:00Z',
      '+275760-09-13T00:00:00Z',
      '\uD800',
      'a\0b',
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(field, tie('value'), { maxKeys: 6 }),
  ),
})).value

const isStorable = (text: string): boolean => !text.includes('\0') && !/\p{Surrogate}/u.test(text)

function checkBatch(batch: AlertBatch): void {
  for (const alert of batch.alerts) {
    expect(['firing', 'resolved']).toContain(alert.status)
    expect(alert.fingerprint).not.toBe('')
    for (const at of [alert.startsAt ?? AT, alert.endsAt ?? AT]) {
      expect(at.getUTCFullYear()).toBeGreaterThan(1970)
      expect(at.getUTCFullYear()).toBeLessThan(10_000)
    }
    const kept = [...Object.entries(alert.labels), ...Object.entries(alert.annotations)].flat()
    expect([...kept, alert.fingerprint].every(isStorable)).toBe(true)
  }
}

describe.each(SOURCES)('any body for %s', (source) => {
  const outcome = (body: Buffer): 'read' | 'refused' => {
    try {
      checkBatch(parseBody(source, body))
      return 'read'
    } catch (error) {
      if (!(error instanceof UnreadableBody) || error.message === '') throw error
      return 'refused'
    }
  }

  it('is read or refused, never a crash: bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(outcome(Buffer.from(bytes))).toMatch(/read|refused/)
      }),
    )
  })

  it('is read or refused, never a crash: JSON', () => {
    fc.assert(
      fc.property(nearly, (value) => {
        expect(outcome(Buffer.from(JSON.stringify(value)))).toMatch(/read|refused/)
      }),
      { numRuns: 500 },
    )
  })

  it('is read or refused, never a crash: nested a hundred thousand deep', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(outcome(Buffer.from(deep))).toBe('refused')
    expect(outcome(Buffer.from(`{"alerts":[{"labels":{"queue":"a","b":${deep}}}]}`))).toBe('read')
  })
})
