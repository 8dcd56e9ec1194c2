import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { anchorKey, parseAnchorLines } from '../../../src/domain/audit-anchor.ts'
import type { AnchorSink } from '../../../src/domain/ports/anchor-place.ts'
import { createClients } from '../../../src/slack/clients.ts'
import { createDelivery } from '../../../src/slack/delivery.ts'
import { renderAnchor } from '../../../src/slack/render/anchor.ts'
import { createSecondWorkspace } from '../../../src/slack/second-workspace.ts'
import { createAnchorFile, readAnchorFile } from '../../../src/store/anchor-file.ts'
import { anchorAudit } from '../../../src/usecases/audit/anchor-audit.ts'
import { checkTrail } from '../../../src/usecases/audit/check-trail.ts'
import { requestAnchor } from '../../../src/usecases/audit/request-anchor.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { aSettings } from '../../helpers/config-of.ts'
import { createTestLog } from '../../helpers/log.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { aTrail, REHASH, type Trail } from '../../helpers/trail.ts'
import { startFakeSlack, type FakeSlack } from '../../slack/fake-slack/server.ts'

const CHANNEL = 'C0AUDIT1'
let database: TestDatabase
let slack: FakeSlack
let trail: Trail
let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spillway-anchors-'))
  database = await freshDatabase()
  slack = await startFakeSlack({ channels: [{ id: CHANNEL, name: 'audit' }] })
  trail = aTrail(database)
})
afterEach(async () => {
  await slack.close()
  await database.drop()
  await rm(dir, { recursive: true })
})

function aWorld() {
  const clock = createTestClock()
  const log = createTestLog()
  const { store } = trail
  const deps = { store, clock, log, settings: aSettings() }
  const client = createClients({
    config: { botToken: slack.token, apiUrl: slack.url },
    log,
  }).background
  const delivery = createDelivery({
    messages: store.now.messages,
    client,
    compose: (content) => {
      if (content.kind !== 'anchor') throw new Error(`a ${content.kind} where anchors go`)
      return Promise.resolve(renderAnchor(content.anchor))
    },
    resolveChannel: () => Promise.resolve(CHANNEL),
    correlationOf: () => Promise.resolve(null),
    clock,
    log,
  })
  return {
    ...deps,
    client,
    anchor: (...sinks: readonly AnchorSink[]) => anchorAudit(deps, sinks),
    deliver: () => delivery.deliverChannel('audit'),
    check: () => checkTrail(deps, () => Promise.resolve([])),
  }
}

const texts = (): readonly string[] =>
  slack.state.channels.get(CHANNEL)?.messages.map(({ text }) => text) ?? []

describe('anchoring', () => {
  it('posts the head where people and machines can read it, and notes where', async () => {
    const world = aWorld()
    await trail.write(3)
    await world.anchor()
    await world.deliver()
    const head = await world.store.now.audit.head()
    expect(parseAnchorLines(texts().join('\n'))).toMatchObject([{ instance: 'test', ...head }])
    const [call] = slack.callsOf('chat.postMessage')
    expect(JSON.parse(String(call?.args['metadata']))).toMatchObject({
      event_payload: { key: `anchor:${head?.seq}:${head?.hash}` },
    })
    await world.anchor()
    expect(await world.store.now.anchors.all()).toMatchObject([
      { place: 'slack', seq: 3, reference: expect.stringMatching(/^C0AUDIT1\/\d+\.\d+$/) },
    ])
  })

  it('comes to rest: an idle system is anchored once', async () => {
    const world = aWorld()
    await world.anchor()
    expect(await world.store.now.anchors.all()).toEqual([])
    await trail.write(1)
    for (let round = 0; round < 5; round += 1) {
      world.clock.advance(5 * 60_000)
      await world.anchor()
      await world.deliver()
    }
    expect(texts()).toHaveLength(1)
    expect(await world.store.now.audit.head()).toMatchObject({ seq: 1 })
  })

  it('keeps anchors for Slack while it is away, and shows why they are not there', async () => {
    const world = aWorld()
    await trail.write(2)
    await slack.close()
    await world.anchor()
    await world.deliver()
    await world.anchor()
    const [anchor] = await world.store.now.anchors.all()
    expect(anchor).toMatchObject({ reference: null, problem: expect.any(String) })
    const report = await trail.verify()
    expect(report.notes.join(' ')).toContain('not in their place (slack) yet')
    expect(report.faults).toEqual([])
  })

  it('adds a line to a file for each, tries again what the disk refused', async () => {
    const world = aWorld()
    const path = join(dir, 'heads.jsonl')
    await trail.write(1)
    await world.anchor(createAnchorFile(dir))
    expect(await world.store.now.anchors.pending('file', 9)).toHaveLength(1)
    await trail.write(1, 1)
    await world.anchor(createAnchorFile(path))
    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(2)
    expect(await world.store.now.anchors.pending('file', 9)).toEqual([])
    const reading = await readAnchorFile(path)
    const report = await trail.verify([reading])
    expect(report).toMatchObject({ faults: [], unvouched: null })
  })

  it('gives them to a second workspace', async () => {
    const world = aWorld()
    const second = createSecondWorkspace(world.client, () => Promise.resolve(CHANNEL))
    await trail.write(2)
    await world.anchor(second)
    expect(texts()).toHaveLength(1)
    const placed = (await world.store.now.anchors.all()).find(({ place }) => place === 'second')
    expect(placed?.reference).toMatch(/^C0AUDIT1\//)
  })

  it('is asked for by a transaction, and waits as one job however often', async () => {
    const world = aWorld()
    await world.store.transaction(requestAnchor)
    await world.store.transaction(requestAnchor)
    const pool = database.openAppPool({ max: 1 })
    const { rows } = await pool.query(
      `select key from graphile_worker.jobs where task_identifier = 'anchor_audit'`,
    )
    expect(rows).toEqual([{ key: 'anchor_audit:head' }])
  })

  it('never lets another history take the place of an anchor, and has the trail verified', async () => {
    const world = aWorld()
    await trail.write(5)
    await world.anchor()
    await trail.tamper('delete from audit_entry where seq > 4', REHASH)
    await trail.write(1, 9)
    await world.anchor()
    await world.deliver()
    expect(new Set(texts()).size).toBe(2)
    const keys = (await world.store.now.anchors.all()).map(anchorKey)
    expect(new Set(keys).size).toBe(2)
    const pool = database.openAppPool({ max: 1 })
    const { rowCount } = await pool.query(
      `select from graphile_worker.jobs where task_identifier = 'verify_audit'`,
    )
    expect(rowCount).toBe(1)
  })

  it('keeps what the application noted from being changed by it', async () => {
    const world = aWorld()
    await trail.write(1)
    await world.anchor()
    const pool = database.openAppPool({ max: 1 })
    for (const statement of [
      'delete from audit_anchor',
      'truncate audit_anchor',
      'update audit_anchor set seq = 2',
      `update audit_anchor set hash = 'x'`,
    ])
      await expect(pool.query(statement)).rejects.toThrow('permission denied')
    await pool.query(`update audit_anchor set reference = 'C/1'`)
    await expect(pool.query(`update audit_anchor set reference = 'C/2'`)).rejects.toThrow(
      'anchors stay',
    )
  })
})

describe('verifying by the clock', () => {
  const notices = async (): Promise<readonly string[]> => {
    const pool = database.openAppPool({ max: 1 })
    const { rows } = await pool.query<{ content: { words: string } }>(
      `select content from message where content ->> 'kind' = 'ops_notice' order by id`,
    )
    return rows.map(({ content }) => content.words)
  }

  it('goes on where it ended, and says nothing while all is well', async () => {
    const world = aWorld()
    await world.check()
    await trail.write(5)
    await world.check()
    await trail.write(2, 5)
    await world.check()
    const checked = world.log.lines.filter(({ facts }) => facts['event'] === 'audit.checked')
    expect(checked.map(({ facts }) => facts['entries'])).toEqual([0, 5, 2])
    expect(await world.store.now.audit.lastCheck()).toMatchObject({ seq: 7, faults: [] })
    expect(await notices()).toEqual([])
  })

  it('tells of a rewritten past, once', async () => {
    const world = aWorld()
    await trail.write(5)
    await world.check()
    await trail.tamper(
      `update audit_entry set text = replace(text, 'reason 1', 'no') where seq = 2`,
      REHASH,
    )
    await trail.write(1, 5)
    await world.check()
    await world.check()
    const said = await notices()
    expect(said).toHaveLength(1)
    expect(said[0]).toContain('The audit trail does not verify, 1 fault: entry 5: is another one')
    expect((await world.store.now.audit.lastCheck())?.faults).toHaveLength(1)
  })
})
