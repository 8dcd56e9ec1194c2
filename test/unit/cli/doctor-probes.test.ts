import { describe, expect, it } from 'vitest'

import { checkProbes } from '../../../src/cli/doctor/check-probes.ts'
import { parse } from '../../helpers/config.ts'
import { FILE, ports } from '../../helpers/doctor.ts'

const reading = (name: string, state: 'well' | 'unwell' | 'unknown', words: string) => ({
  name,
  state,
  words,
  about: 'health' as const,
  at: new Date(0),
})
const configured = (...probes: readonly string[]) =>
  parse(`${FILE}probes:\n${probes.map((probe) => `  - ${probe}\n`).join('')}`)

describe('doctor on probes', () => {
  it('says what each says, and how bad that is', async () => {
    const readings = [
      reading('api', 'well', '200 in 2 ms'),
      reading('mail', 'unwell', '503 in 2 ms, expected 200'),
      reading('db', 'unknown', 'no answer in 5 s'),
    ]
    const found = await checkProbes(ports({ probes: { readAll: () => Promise.resolve(readings) } }))
    expect(found.map(({ level, area, what }) => [level, area, what])).toEqual([
      ['ok', 'probes', 'api: 200 in 2 ms'],
      ['warn', 'probes', 'mail: 503 in 2 ms, expected 200'],
      ['fail', 'probes', 'db: no answer in 5 s'],
    ])
    expect(found[1]?.next).toContain('Replays on its queues do not go on')
    expect(found[2]?.next).toContain('the login of the probe db')
  })

  it('names actions, and runs none', async () => {
    const config = configured('{name: order, kind: action, url: "https://api.example/orders"}')
    expect(await checkProbes(ports({ config }))).toMatchObject([
      {
        level: 'ok',
        what: 'order: a POST with side effects; it runs only when a person says so, not now',
      },
    ])
  })

  it('warns of credentials that anybody on the way can read', async () => {
    const config = configured(
      '{name: a, kind: http, url: "http://api.example/health", bearer: token-1}',
      '{name: b, kind: http, url: "http://bot:hunter2@api.example/health"}',
      '{name: near, kind: http, url: "http://127.0.0.1:9000/health", bearer: token-1}',
      '{name: sealed, kind: http, url: "https://api.example/health", bearer: token-1}',
      '{name: open, kind: http, url: "http://api.example/health"}',
    )
    expect(await checkProbes(ports({ config }))).toMatchObject([
      { level: 'warn', what: 'a: its credentials travel unencrypted' },
      { level: 'warn', what: 'b: its credentials travel unencrypted' },
    ])
  })
})
