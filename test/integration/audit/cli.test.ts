import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { audit } from '../../../src/cli/audit.ts'
import { anchorKey, anchorLine } from '../../../src/domain/audit-anchor.ts'
import { createClients } from '../../../src/slack/clients.ts'
import { createOutboxCalls } from '../../../src/slack/outbox-calls.ts'
import { renderAnchor } from '../../../src/slack/render/anchor.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { silentLog } from '../../helpers/silent-log.ts'
import { aTrail, REHASH, type Trail } from '../../helpers/trail.ts'
import { startFakeSlack, type FakeSlack } from '../../slack/fake-slack/server.ts'

const AUDIT = 'C0AUDIT1'
let database: TestDatabase
let slack: FakeSlack
let trail: Trail
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spillway-audit-'))
  database = await freshDatabase()
  slack = await startFakeSlack({
    channels: [{ id: AUDIT, name: 'audit', members: ['U0SPILLWAY'] }],
  })
  trail = aTrail(database)
  await trail.write(50)
  const { host, user, database: name } = database.owner
  const config = {
    instance: 'test',
    ops_channel: 'queue-ops',
    systems: { sales: { kind: 'bullmq', url: 'redis://127.0.0.1:1' } },
    slack: { bot_token: slack.token, app_token: 'xapp-1-x', api_url: slack.url },
    database: {
      url: `postgres://${user}@localhost/${name}?host=${encodeURIComponent(host ?? '')}`,
    },
    audit: { channel: AUDIT, file: 'heads.jsonl' },
  }
  await writeFile(join(dir, 'spillway.yml'), JSON.stringify(config))
})
afterAll(async () => {
  await slack.close()
  await database.drop()
  await rm(dir, { recursive: true })
})

/** Runs `spillway audit …`; its exit code and what it says. */
async function run(
  ...args: readonly string[]
): Promise<{ readonly exit: number; readonly said: string }> {
  let said = ''
  const write = (text: string): void => {
    said += text
  }
  const exit = await audit({
    args,
    env: {},
    cwd: dir,
    clock: createTestClock(),
    log: silentLog,
    user: 'auditor',
    write,
    pour: (text) => Promise.resolve(write(text)),
  })
  return { exit, said }
}

/** Posts the head as Spillway does, and notes it as it does. */
async function anchorInSlack(): Promise<string> {
  const anchor = await trail.anchor()
  const client = createClients({
    config: { botToken: slack.token, apiUrl: slack.url },
    log: silentLog,
  }).background
  const posted = await createOutboxCalls(client).post(
    AUDIT,
    renderAnchor({ ...anchor, at: anchor.at.toISOString() }),
    { key: anchorKey(anchor), version: 1, hash: 'rendered' },
  )
  await trail.store.now.anchors.add(anchor, ['slack'])
  await trail.store.now.anchors.placed(anchor, 'slack', `${AUDIT}/${posted.ts}`, anchor.at)
  return posted.ts
}

const message = (ts: string) => {
  const found = slack.state.channels.get(AUDIT)?.messages.find((one) => one.ts === ts)
  if (found === undefined) throw new Error('the anchor is not in the channel')
  return found
}

describe('spillway audit', () => {
  it('verifies against what Slack has, and names the entries after it', async () => {
    await anchorInSlack()
    await trail.write(2, 50)
    const { exit, said } = await run('verify')
    expect(said).toContain('The audit trail verifies.')
    expect(said).toContain(
      'For entries 51 to 52, after the last anchor, only the database vouches.',
    )
    expect(exit).toBe(0)
  })

  it('tells an export by a person in the trail, and verifies the file without a database', async () => {
    const file = join(dir, 'trail.jsonl')
    await run('export', '--out', file)
    expect(await trail.entries().then((all) => all.at(-1)?.text)).toContain('"by":"auditor"')
    expect(await run('verify', '--export', file)).toMatchObject({ exit: 0 })
    const command = ['--import', 'tsx', 'src/main.ts', 'audit', 'verify', '--export', file]
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('reason 9 ', 'reason 0 '))
    const process_ = promisify(execFile)(process.execPath, command, {
      cwd: resolve(import.meta.dirname, '../../..'),
    })
    await expect(process_).rejects.toMatchObject({
      code: 4,
      stdout: expect.stringContaining('entry 10, edited: its content does not match its hash'),
    })
  })

  it('misses the end of an export that was cut off', async () => {
    const file = join(dir, 'cut.jsonl')
    await run('export', '--out', file)
    const lines = (await readFile(file, 'utf8')).split('\n')
    await writeFile(file, lines.slice(0, 20).join('\n'))
    const { exit, said } = await run('verify', '--export', file)
    expect({ exit, isNamed: said.includes('incomplete: the export has no last line') }).toEqual({
      exit: 4,
      isNamed: true,
    })
  })

  it('checks a selection entry by entry, and says that it is one', async () => {
    const file = join(dir, 'part.jsonl')
    const { said } = await run('export', '--out', file, '--queue', 'email', '--kind', 'denied')
    expect(said).toContain('It is a selection')
    const verified = await run('verify', '--export', file)
    expect(verified.said).toContain('This is a selection')
    expect(verified.exit).toBe(0)
  })

  it('finds history rewritten by whoever owns the database, by an anchor in Slack or in a list', async () => {
    const anchor = await trail.anchor()
    const list = join(dir, 'anchors.txt')
    await writeFile(list, `ana  14:02\n> ${anchorLine(anchor)}\n`)
    await trail.tamper(
      `update audit_entry set text = replace(text, 'n 9 ', 'n 0 ') where seq = 10`,
      REHASH,
    )
    const bySlack = await run('verify', '--json')
    expect(JSON.parse(bySlack.said)).toMatchObject({
      verdict: 'tampered',
      faults: expect.arrayContaining([expect.objectContaining({ kind: 'rewritten', seq: 50 })]),
    })
    const byList = await run('verify', '--no-slack', '--anchors', list)
    expect(byList.exit).toBe(4)
    expect(byList.said).toContain('rewritten: is another one than the anchor')
    // Back as it was.
    await trail.tamper(
      `update audit_entry set text = replace(text, 'n 0 ', 'n 9 ') where seq = 10`,
      REHASH,
    )
    expect((await run('verify')).exit).toBe(0)
  })

  it('names an anchor that was edited in Slack, and one that was deleted there', async () => {
    const ts = await anchorInSlack()
    const { text } = message(ts)
    message(ts).text = text.replace(/[0-9a-f]{64}/, 'f'.repeat(64))
    const edited = await run('verify')
    expect(edited.exit).toBe(4)
    expect(edited.said).toContain('no longer says what it was posted for')

    const channel = slack.state.channels.get(AUDIT)
    channel?.messages.splice(channel.messages.indexOf(message(ts)), 1)
    const deleted = await run('verify')
    expect(deleted.said).toContain('anchor missing: its anchor, put at')
    expect(deleted.exit).toBe(4)
    channel?.messages.push({
      ts,
      user: 'U0SPILLWAY',
      text,
      blocks: [],
      metadata: null,
      threadTs: null,
      edits: 0,
    })
    expect((await run('verify')).exit).toBe(0)
  })

  it('takes nobody else’s message for an anchor', async () => {
    const forged = { ...(await trail.anchor()), hash: 'e'.repeat(64) }
    const ts = slack.state.ts()
    const text = anchorLine(forged)
    const forgery = {
      ts,
      user: 'U0EVIL',
      text,
      blocks: [],
      metadata: null,
      threadTs: null,
      edits: 0,
    }
    slack.state.channels.get(AUDIT)?.messages.push(forgery)
    expect((await run('verify')).exit).toBe(0)
  })

  it('says 5 when Slack or the database cannot be asked', async () => {
    const yml = await readFile(join(dir, 'spillway.yml'), 'utf8')
    const away = join(dir, 'away.yml')
    await writeFile(away, yml.replace(slack.url, 'http://127.0.0.1:9/'))
    const noSlack = await run('verify', '--config', away)
    expect(noSlack.said).toContain('not everything could be checked')
    expect(noSlack.exit).toBe(5)
    expect((await run('verify', '--config', away, '--no-slack')).exit).toBe(0)
    await writeFile(away, yml.replace('postgres://', 'postgres://nobody:x@127.0.0.1:9/x?y='))
    expect((await run('verify', '--config', away)).exit).toBe(5)
  })

  it('owns up to what a restore lost, and then verifies with the loss named', async () => {
    const anchor = await trail.anchor()
    const before = anchor.seq - 3
    await trail.tamper(`delete from audit_entry where seq > ${before}`)
    const lost = await run('verify')
    expect(lost.said).toContain('tail cut')
    expect(lost.exit).toBe(4)

    await expect(run('reseal')).rejects.toThrow('A reason is needed')
    await run('reseal', '--reason', 'restored the backup of 9 o’clock')
    const { exit, said } = await run('verify')
    expect(said).toContain('Known losses')
    expect(exit).toBe(0)
    await expect(run('reseal', '--reason', 'again')).rejects.toThrow('no loss to own up to')
  })

  it('suggests the word that was meant', () => {
    expect(() => audit({ args: ['verfy'] } as never)).toThrow('There is no `audit verfy`')
  })
})
