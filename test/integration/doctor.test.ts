import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Queue } from 'bullmq'
import nock from 'nock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { doctor } from '../../src/cli/doctor.ts'
import type { Finding } from '../../src/cli/doctor/finding.ts'
import { createSlackProbe } from '../../src/cli/doctor/slack-probe.ts'
import type { RedisServer } from '../../src/demo/redis-server.ts'
import { freshDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { freshRedis } from '../helpers/redis.ts'
import { silentLog } from '../helpers/silent-log.ts'
import { startFakeSlack, type FakeSlack } from '../slack/fake-slack/server.ts'
import { BOT_USER } from '../slack/fake-slack/state.ts'

let redis: RedisServer
let database: TestDatabase
let slack: FakeSlack
const directory = mkdtempSync(join(tmpdir(), 'spillway-doctor-'))

beforeAll(async () => {
  redis = await freshRedis()
  database = await freshDatabase()
  slack = await startFakeSlack({
    users: [{ id: 'U00000001', name: 'anna' }],
    groups: { S00000001: ['U00000001'] },
    channels: [{ id: 'C00000001', name: 'queue-ops', members: [BOT_USER] }],
  })
  const queue = new Queue('email', { connection: { url: redis.url } })
  await queue.add('send', {})
  await queue.close()
})
afterAll(async () => {
  await slack.close()
  await database.drop()
})

function configFile(changes: (text: string) => string = (text) => text): string {
  const { host, user, database: name } = database.owner
  const text = `
ops_channel: queue-ops
systems:
  sales: {kind: bullmq, url: "${redis.url}"}
slack: {mode: http, bot_token: xoxb-fake-token, signing_secret: ${'a'.repeat(32)}, api_url: "${slack.url}"}
database: {url: "postgresql:///${name}?host=${host}&user=${user}"}
probes:
  - {name: own db, kind: connections, url: "postgresql:///${name}?host=${host}&user=${user}", most: 100%}
  - {name: order, kind: action, url: "http://127.0.0.1:1/orders"}
alerts: {json: {bearer: [json-token-of-16-characters]}}
roles:
  operator: {users: [U00000001], groups: [S00000001], queues: ["*"], actions: [pause, resume, freeze]}
`
  const path = join(directory, `${crypto.randomUUID()}.yml`)
  writeFileSync(path, changes(text))
  return path
}

async function run(path: string, ...more: string[]) {
  let text = ''
  const code = await doctor({
    args: ['--config', path, ...more],
    env: {},
    cwd: directory,
    clock: { now: () => new Date() },
    log: silentLog,
    isTerminal: false,
    write: (part) => void (text += part),
  })
  return { code, text }
}

describe('spillway doctor', () => {
  it('looks at the real Redis, PostgreSQL and Slack, and exits 0 when nothing fails', async () => {
    const { code, text } = await run(configFile(), '--json')
    const { isWell, findings } = JSON.parse(text) as { isWell: boolean; findings: Finding[] }
    expect(findings.filter(({ level }) => level === 'fail')).toEqual([])
    expect({ code, isWell }).toEqual({ code: 0, isWell: true })
    const all = findings.map(({ what }) => what).join('\n')
    expect(all).toMatch(/PostgreSQL 18.* answers/)
    expect(all).toContain('every migration is applied')
    expect(all).toContain('the application cannot change the audit trail')
    expect(all).toMatch(/sales has 1 queues, last written by bullmq:6/)
    expect(all).toMatch(/the token has all \d+ scopes/)
    expect(all).toContain('the bot is in the ops channel #queue-ops')
    expect(all).toContain('pause is allowed to operator')
    expect(all).toMatch(/own db: \d+ of \d+ connections/)
    expect(all).toContain('order: a POST with side effects; it runs only when a person says so')
  })

  it('says for people what fails and what to do, without a secret, and exits 1', async () => {
    const path = configFile((text) => text.replace(redis.url, 'redis://bot:hunter2@127.0.0.1:1'))
    const { code, text } = await run(path)
    expect(code).toBe(1)
    expect(text).toMatch(
      /fail {2}sales does not answer.*\n {8}→ Check the address in systems\.sales\.url/,
    )
    expect(text).toMatch(/1 to put right first/)
    expect(text).not.toContain('hunter2')
  })

  it('stops at a configuration that cannot be read', async () => {
    const { code, text } = await run(configFile(() => 'ops_chanel: x'))
    expect(code).toBe(1)
    expect(text).toContain('Did you mean `ops_channel`?')
  })

  it('tells an unmigrated database from one that is away', async () => {
    const empty = await freshDatabase({ isMigrated: false })
    const { database: name } = empty.owner
    const swap = (to: string) => (text: string) => text.replace(String(database.owner.database), to)
    expect((await run(configFile(swap(String(name))))).text).toContain(
      'migrations are not applied: 001_',
    )
    await empty.drop()
    const { code, text } = await run(configFile(swap('no_such_database')))
    expect(code).toBe(1)
    expect(text).toContain('no_such_database')
  })
})

describe('Socket Mode', () => {
  const probe = () =>
    createSlackProbe(
      {
        mode: 'socket',
        botToken: 'xoxb-a',
        appToken: 'xapp-1-a',
        signingSecret: null,
        host: '127.0.0.1',
        port: 0,
        apiUrl: 'https://slack.example/api/',
      },
      silentLog,
    )
  const answering = (body: object) =>
    nock('https://slack.example', { reqheaders: { authorization: 'Bearer xapp-1-a' } })
      .post('/api/apps.connections.open')
      .reply(200, body)

  it('is asked for with the app token', async () => {
    answering({ ok: true, url: 'wss://slack.example/x' })
    await expect(probe().openSocket()).resolves.toBeUndefined()
  })

  it('passes on the reason of a refusal', async () => {
    answering({ ok: false, error: 'not_allowed_token_type' })
    await expect(probe().openSocket()).rejects.toThrow('not_allowed_token_type')
  })
})
