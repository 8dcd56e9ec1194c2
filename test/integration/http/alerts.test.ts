import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { connect } from 'node:net'

import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { createAlertRoutes } from '../../../src/http/alerts/routes.ts'
import { createMetrics } from '../../../src/http/metrics.ts'
import { createHttpServer, type HttpServer } from '../../../src/http/server.ts'
import { migrate } from '../../../src/store/migrate.ts'
import { openPool, APP_ROLE } from '../../../src/store/pool.ts'
import { createStore } from '../../../src/store/store.ts'
import { announceOversized } from '../../../src/usecases/alerts/announce-oversized.ts'
import { receiveDelivery } from '../../../src/usecases/alerts/receive-delivery.ts'
import { eventually } from '../../helpers/eventually.ts'
import { inspectedLog } from '../../helpers/inspected-log.ts'
import { privateServer, type PrivateServer } from '../../helpers/postgres.ts'
import { silentLog } from '../../helpers/silent-log.ts'

const OLD = 'old-alertmanager-token'
const NEW = 'new-alertmanager-token'
const MIB = 1024 * 1024
const clock = { now: () => new Date('2026-11-22T08:00:00Z') }
const ids = { uuid: randomUUID, token: randomUUID, short: () => 'abc' }

let postgres: PrivateServer
let pool: pg.Pool
let http: HttpServer
let url: string
let port: number
const metrics = createMetrics()
const { log, entries } = inspectedLog()

beforeAll(async () => {
  postgres = await privateServer()
  const { owner } = postgres.database()
  await migrate(owner, { log: silentLog })
  pool = openPool(owner, { role: APP_ROLE, log: silentLog })
  const deps = { store: createStore(pool, 'test'), clock, ids, log }
  http = createHttpServer({
    host: '127.0.0.1',
    port: 0,
    ids,
    log,
    timeouts: { headersMs: 400, requestMs: 2000 },
    routes: createAlertRoutes({
      sources: [
        { kind: 'alertmanager', bearerTokens: [OLD, NEW] },
        { kind: 'json', bearerTokens: [] },
      ],
      receive: (body) => receiveDelivery(deps, body),
      onOutcome: (source, outcome) => metrics.deliveries.inc({ source, outcome }),
      onTooLarge: async (source, bytes) => void (await announceOversized(deps, { source, bytes })),
    }),
  })
  ;({ url, port } = await http.start())
})
afterAll(async () => {
  await http.stop(100)
  await pool.end()
  await postgres.remove()
})
beforeEach(() => {
  entries.length = 0
  metrics.deliveries.reset()
})

const JSON_TYPE = 'application/json'
const post = (
  body: string | Buffer,
  headers: Record<string, string> = {},
  path = '/alerts/alertmanager',
) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    body: body as never,
    headers: { authorization: `Bearer ${NEW}`, 'content-type': JSON_TYPE, ...headers },
  })
const outcomes = async () =>
  Object.fromEntries(
    (await metrics.deliveries.get()).values.map(({ labels, value }) => [labels.outcome, value]),
  )

describe('a delivery that is taken', () => {
  it('is stored byte for byte, with its work, before the answer', async () => {
    const body = Buffer.from([0x7b, 0x00, 0xff, 0x7d])
    const answer = await post(body)
    expect(answer.status).toBe(202)
    const { id } = (await answer.json()) as { id: string }
    const { rows } = await pool.query('select * from delivery where id = $1', [id])
    expect(rows[0]).toMatchObject({ source: 'alertmanager', state: 'received', body })
    expect(rows[0]).toMatchObject({ correlation_id: answer.headers.get('x-correlation-id') })
    const jobs = await pool.query(
      `select 1 from graphile_worker.jobs where key like '%' || $1 || '%'`,
      [id],
    )
    expect(jobs.rowCount).toBe(1)
    expect(await outcomes()).toEqual({ accepted: 1 })
  })

  it('may come with either of two tokens and a charset', async () => {
    const headers = {
      authorization: `bearer ${OLD}`,
      'content-type': 'Application/JSON; charset=utf-8',
    }
    expect((await post('{}', headers)).status).toBe(202)
  })

  it('gets a correlation id of ours, whatever it brings', async () => {
    const answer = await post('{"a":1}', { 'x-correlation-id': 'forged' })
    expect(answer.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('a delivery that is refused', () => {
  it.each([
    ['no token', ''],
    ['another token', 'Bearer wrong-token-wrong-token'],
    ['a token that only begins right', `Bearer ${NEW.slice(0, -1)}`],
    ['another scheme', `Basic ${Buffer.from(`u:${NEW}`).toString('base64')}`],
  ])(
    '401 with %s: counted, logged, the token kept out of the log',
    async (_name, authorization) => {
      const answer = await post('{}', { authorization })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('www-authenticate')).toBe('Bearer')
      expect(await outcomes()).toEqual({ unauthorized: 1 })
      expect(entries.map(({ facts }) => facts['event'])).toContain('alerts.unauthorized')
      expect(JSON.stringify(entries)).not.toMatch(/wrong-token|new-alertmanager/)
    },
  )

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp'])(
    '415 for %s',
    async (type) => {
      expect((await post('{}', { 'content-type': type })).status).toBe(415)
      expect(await outcomes()).toEqual({ unsupported_type: 1 })
    },
  )

  it('404 where a source has no credentials, or where nothing is', async () => {
    expect((await post('{}', {}, '/alerts/json')).status).toBe(404)
    expect((await post('{}', {}, '/alerts/alertmanager/')).status).toBe(404)
  })

  it('405 for another method, naming the right one', async () => {
    const answer = await fetch(`${url}/alerts/alertmanager`)
    expect(answer.status).toBe(405)
    expect(answer.headers.get('allow')).toBe('POST')
  })
})

describe('a body over 16 MiB', () => {
  const twenty = Buffer.alloc(20 * MIB, 0x20)
  const options = {
    host: '127.0.0.1',
    path: '/alerts/alertmanager',
    method: 'POST',
    headers: { authorization: `Bearer ${NEW}`, 'content-type': JSON_TYPE },
  }
  const notices = async () =>
    (await pool.query(`select content from message where key like 'oversized:%'`)).rows as {
      content: { words: string }
    }[]

  it('gets its 413, is counted and announced once', async () => {
    const answers = [await post(twenty), await post(twenty)]
    expect(answers.map(({ status }) => status)).toEqual([413, 413])
    expect(await outcomes()).toEqual({ too_large: 2 })
    const [notice, ...more] = await eventually('the notice', async () => {
      const found = await notices()
      return found.length > 0 && found
    })
    expect(notice?.content.words).toContain('20 MiB')
    expect(more).toEqual([])
  })

  it('gets its 413 also when it does not say how long it is', async () => {
    const status = await new Promise((resolve, reject) => {
      const sending = request({ ...options, port }, (answer) => resolve(answer.statusCode))
      sending.on('error', reject)
      sending.end(twenty)
    })
    expect(status).toBe(413)
  })

  it('is not sent at all by a sender that asks first', async () => {
    const headers = { ...options.headers, 'content-length': twenty.length, expect: '100-continue' }
    const status = await new Promise((resolve, reject) => {
      const sending = request({ ...options, port, headers }, (answer) => resolve(answer.statusCode))
      sending.on('continue', () => reject(new Error('was asked to send it')))
      sending.on('error', reject)
      sending.flushHeaders()
    })
    expect(status).toBe(413)
  })

  it('still takes one of 16 MiB, asked for first', async () => {
    const body = Buffer.alloc(16 * MIB, 0x20)
    const headers = { ...options.headers, 'content-length': body.length, expect: '100-continue' }
    const status = await new Promise((resolve, reject) => {
      const sending = request({ ...options, port, headers }, (answer) => resolve(answer.statusCode))
      sending.on('continue', () => sending.end(body))
      sending.on('error', reject)
      sending.flushHeaders()
    })
    expect(status).toBe(202)
  })
})

describe('a sender that dawdles', () => {
  const talk = (bytes: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let heard = ''
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
      socket.on('data', (chunk) => (heard += chunk.toString()))
      socket.on('close', () => resolve(heard))
      socket.on('error', reject)
    })

  it('is cut off with 408 in the middle of its headers', async () => {
    expect(await talk('POST /alerts/alertmanager HTTP/1.1\r\nhost: x\r\n')).toContain('408')
  })

  it('is cut off with 408 in the middle of its body', async () => {
    const head = `POST /alerts/alertmanager HTTP/1.1\r\nhost: x\r\ncontent-type: ${JSON_TYPE}\r\nauthorization: Bearer ${NEW}\r\ncontent-length: 100\r\n\r\n`
    expect(await talk(`${head}{`)).toContain('408')
    expect(await outcomes()).toEqual({})
  })

  it('holds up nobody else', async () => {
    const slow = talk('POST /alerts/alertmanager HTTP/1.1\r\n')
    expect((await post('{"b":1}')).status).toBe(202)
    await slow
  })
})

describe('while PostgreSQL is away', () => {
  it('answers 503 with Retry-After, keeps nothing, and takes it again when it is back', async () => {
    await postgres.stop()
    const refused = await post('{"c":1}')
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('10')
    expect(((await refused.json()) as { error: string }).error).toContain('send it again')
    expect(await outcomes()).toEqual({ unavailable: 1 })
    await postgres.start()
    await eventually('stored again', async () => (await post('{"c":1}')).status === 202)
    const { rows } = await pool.query('select 1 from delivery where body = $1', [
      Buffer.from('{"c":1}'),
    ])
    expect(rows).toHaveLength(1)
  })
})
