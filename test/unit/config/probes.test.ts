import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { describeConfig } from '../../../src/config/describe.ts'
import { ENV, messageOf, parse, SHORT } from '../../helpers/config.ts'

const probes = (...lines: readonly string[]): string =>
  `${SHORT}probes:\n${lines.map((line) => `  - ${line}\n`).join('')}`
const API = '{name: api, kind: http, url: "https://api.example/health"}'

describe('probes', () => {
  it('are none where nothing is said', () => {
    expect(parse(SHORT).probes).toEqual([])
  })

  it('keeps the example in docs/probes.md true', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/probes.md'), 'utf8')
    const [, example = ''] = /```yaml\n(.*?)```/s.exec(text) ?? []
    const database = 'postgres://probe:pg-secret@db.example/orders'
    const env = { ...ENV, API_PROBE_TOKEN: 'api-token', ORDERS_DATABASE_URL: database }
    const config = parse(`${SHORT}${example}`, env)
    const reading = { about: 'health', queues: ['*'], withinMs: 5000 }
    expect(config.probes).toEqual([
      {
        ...reading,
        kind: 'http',
        name: 'api',
        url: 'https://api.example.com/health',
        expect: [200],
        bearer: 'api-token',
        queues: ['sales/*'],
      },
      {
        ...reading,
        kind: 'http',
        name: 'provider',
        url: 'https://status.example.org/ping',
        expect: [200],
        bearer: null,
        queues: ['sales/email*', 'sales/outreach:*'],
        about: 'external',
      },
      { ...reading, kind: 'connections', name: 'orders db', url: database, most: 0.8 },
      {
        ...reading,
        kind: 'sql',
        name: 'stuck orders',
        url: database,
        query: "select count(*) < 10 from orders where state = 'stuck'",
      },
      {
        kind: 'action',
        name: 'test order',
        url: 'https://api.example.com/orders',
        method: 'POST',
        body: '{"probe": true}',
        expect: [200, 201, 202],
        bearer: null,
        queues: ['*'],
        about: 'end_to_end',
        withinMs: 10_000,
      },
    ])
    const shown = describeConfig(config)
    expect(shown).toContain('postgres://db.example/orders')
    for (const secret of ['pg-secret', 'api-token', '{"probe"']) expect(shown).not.toContain(secret)
  })

  it('takes a single status and a single queue, also out of the environment', () => {
    const text = probes(
      '{name: api, kind: http, url: "https://a.example/", expect: "${STATUS}", queues: "sales/*"}',
    )
    expect(parse(text, { ...ENV, STATUS: '204' }).probes).toMatchObject([
      { expect: [204], queues: ['sales/*'] },
    ])
  })

  it.each([
    [
      'a kind that there is not',
      probes('{name: api, kind: tcp, url: "tcp://x"}'),
      'probes[0].kind (line 6): must be one of http, sql, connections, action.',
    ],
    [
      'a key of another kind',
      probes('{name: api, kind: http, url: "https://a.example", query: x}'),
      'probes[0].query (line 6): is not a known key.',
    ],
    [
      'an address of another scheme',
      probes('{name: api, kind: http, url: "ftp://user:hunter2@a.example"}'),
      'probes[0].url (line 6): must be an address that begins with http:// or https://',
    ],
    [
      'a database that is none',
      probes('{name: db, kind: sql, url: "https://db.example", query: select true}'),
      'probes[0].url (line 6): must be an address that begins with postgres://',
    ],
    [
      'a query that is not there',
      probes('{name: db, kind: sql, url: "postgres://db.example/a"}'),
      'probes[0].query (line 6): is missing.',
    ],
    [
      'two of one name',
      probes(API, API.replace('api', 'API')),
      'probes[1].name (line 7): is the name of another probe already.',
    ],
    [
      'a name that would not fit on a button',
      probes(API.replace('api', '"a\\nb"')),
      'probes[0].name (line 6): must be a short name',
    ],
    [
      'two ways to log in',
      probes('{name: api, kind: http, url: "https://bot:hunter2@a.example", bearer: abc}'),
      'probes[0].bearer (line 6): cannot be sent beside the credentials in url',
    ],
    [
      'a token that no header can hold',
      probes('{name: api, kind: http, url: "https://a.example", bearer: "hunter2\\nx: y"}'),
      'probes[0].bearer (line 6): must hold only visible ASCII characters',
    ],
    [
      'a status that is none',
      probes('{name: api, kind: http, url: "https://a.example", expect: [2000]}'),
      'probes[0].expect[0] (line 6): must be at most 599.',
    ],
    [
      'no time to answer',
      probes('{name: api, kind: http, url: "https://a.example", within: 10ms}'),
      'probes[0].within (line 6): must be from 100ms to 1m.',
    ],
    [
      'a share beyond all',
      probes('{name: db, kind: connections, url: "postgres://db.example/a", most: 120%}'),
      'probes[0].most (line 6): must be at most 1.',
    ],
    [
      'queues of no system',
      probes('{name: api, kind: http, url: "https://a.example", queues: ["email*"]}'),
      'probes[0].queues[0] (line 6): `email*` names no system',
    ],
    [
      'an action by another method',
      probes('{name: order, kind: action, url: "https://a.example", method: DELETE}'),
      'probes[0].method (line 6): must be one of POST, PUT.',
    ],
  ])('refuses %s', (_name, text, words) => {
    const message = messageOf(() => parse(text))
    expect(message).toContain(words)
    expect(message).not.toContain('hunter2')
  })
})
