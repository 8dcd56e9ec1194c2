import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { parseAuditFilter } from '../../../src/domain/audit-filter.ts'
import { EVERYTHING } from '../../../src/domain/audit-filter.ts'
import { splitWords } from '../../../src/domain/command-words.ts'
import { randomIds } from '../../../src/runtime.ts'
import { renderAudit } from '../../../src/slack/render/audit.ts'
import { auditOf } from '../../../src/usecases/audit/audit-of.ts'
import { exportTrail } from '../../../src/usecases/audit/export-trail.ts'
import { attachPayload, erasePayload } from '../../../src/usecases/audit/payloads.ts'
import { searchAudit } from '../../../src/usecases/audit/search-audit.ts'
import { createTestClock } from '../../helpers/clock.ts'
import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { aTrail, anEntry, type Trail } from '../../helpers/trail.ts'

let database: TestDatabase
let trail: Trail
const clock = createTestClock(new Date(Date.UTC(2026, 10, 20, 10)))
beforeAll(async () => {
  database = await freshDatabase()
  trail = aTrail(database)
  await trail.write(60)
})
afterAll(() => database.drop())

describe('asking for entries', () => {
  const search = (text: string) =>
    searchAudit({ store: trail.store, clock }, parseAuditFilter(splitWords(text)))

  it('shows the newest first, ten at a time', async () => {
    const first = await search('')
    expect(first.records.map(({ seq }) => seq)).toEqual([60, 59, 58, 57, 56, 55, 54, 53, 52, 51])
    const next = await search(`before ${first.olderThan}`)
    expect(next.records[0]?.seq).toBe(50)
  })

  it.each([
    ['email', (n: number) => n % 3 === 0],
    ['sales/email', (n: number) => n % 3 === 0],
    ['payment:*', (n: number) => n % 3 !== 0],
    ['#7', (n: number) => n % 5 === 0],
    ['@U0ANA', (n: number) => n % 3 === 0],
    ['plan:00000002', (n: number) => n % 4 === 2],
    ['kind:denied', (n: number) => anEntry(n).kind === 'denied'],
    ['since 10m', (n: number) => n >= 50],
    ['until 58m #7', (n: number) => n < 2 && n % 5 === 0],
    ['nothing', () => false],
    ['100%', () => false],
  ])('finds by `%s`', async (text, fits) => {
    const { records } = await search(text)
    const expected = Array.from({ length: 60 }, (_, n) => n)
      .filter(fits)
      .toReversed()
      .slice(0, 10)
    expect(records.map(({ seq }) => seq - 1)).toEqual(expected)
  })

  it('is said in plain words, with how to see older ones and what vouches for it', async () => {
    const locale = { timeZone: 'UTC', commands: { queue: '/queue', incident: '/incident' } }
    const { blocks } = renderAudit(await search('email since 50m'), locale)
    const shown = JSON.stringify(blocks)
    expect(shown).toContain('<@U0ANA> ')
    expect(shown).toContain('of `sales/email` for ')
    expect(shown).toMatch(/Older ones: `\/queue audit \\"email\\" since 3000s before \d+`/)
    expect(shown).toContain('60 entries in all · not anchored yet')
    expect(shown).not.toContain('facts')
  })
})

describe('payloads', () => {
  it('lie beside the trail and can be erased without breaking it', async () => {
    const content = '{"email":"ana@example.com"}'
    const ref = await trail.store.transaction(async (store) => {
      const attached = await attachPayload({ ids: randomIds, clock }, store, content)
      const facts = { preview: { payload: { ...attached } } }
      await store.audit.append(
        auditOf(clock.now(), 'planned', { action: 'pause', subject: 'sales/email', facts }),
      )
      return attached
    })
    expect(await trail.verify()).toMatchObject({ faults: [], payloads: { stored: 1, erased: 0 } })

    await erasePayload({ store: trail.store, clock }, { id: ref.id, reason: 'asked to', by: 'ana' })
    expect(await trail.verify()).toMatchObject({ faults: [], payloads: { stored: 0, erased: 1 } })
    const pool = database.openAppPool({ max: 1 })
    const { rows } = await pool.query('select salt, content from audit_payload')
    expect(rows).toEqual([{ salt: null, content: null }])
    const again = erasePayload(
      { store: trail.store, clock },
      { id: ref.id, reason: 'x', by: 'ana' },
    )
    await expect(again).rejects.toThrow('was erased before')
  })

  it('are missed when they were changed or taken away by others', async () => {
    await trail.store.transaction(async (store) => {
      const ref = await attachPayload({ ids: randomIds, clock }, store, 'a sample')
      const facts = { payload: { ...ref } }
      await store.audit.append(
        auditOf(clock.now(), 'planned', { action: 'pause', subject: 'x', facts }),
      )
    })
    const off = 'alter table audit_payload disable trigger user'
    const on = 'alter table audit_payload enable trigger user'
    const words = async (deed: string): Promise<readonly string[]> =>
      (await trail.verifyAfter([off, deed, on])).faults.map(({ words: said }) => said)
    expect(
      await words(`update audit_payload set content = 'other' where content is not null`),
    ).toEqual([expect.stringContaining('is not the one that the trail names')])
    expect(await words('delete from audit_payload where content is not null')).toEqual([
      expect.stringContaining('is gone without having been erased'),
    ])
  })

  it('cannot be changed by the application', async () => {
    const pool = database.openAppPool({ max: 1 })
    const change = pool.query(`update audit_payload set content = 'x' where content is not null`)
    await expect(change).rejects.toThrow('can be erased, not changed')
    await expect(pool.query('delete from audit_payload')).rejects.toThrow('permission denied')
  })
})

describe('exports', () => {
  const exported = async (format: 'json' | 'csv' | 'md', filter = EVERYTHING): Promise<string> => {
    let text = ''
    await exportTrail(trail.store, {
      format,
      filter,
      write: async (part) => {
        text += part
      },
    })
    return text
  }

  it('gather Markdown by incident and plan', async () => {
    const text = await exported('md', { ...EVERYTHING, queue: 'email' })
    const titles = [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)
    expect(titles).toContain('Incident 7')
    expect(new Set(titles).size).toBe(titles.length)
    expect(text.match(/^\| \d/gm)?.length).toBe(21)
  })

  it('have a line of CSV for each entry', async () => {
    const text = await exported('csv', { ...EVERYTHING, person: 'U0BEN' })
    expect(text.split('\r\n')).toHaveLength(22)
  })
})

it('writes an entry whose text no index can read', async () => {
  const reason = 'half \ud83d and \u0000'
  await trail.store.now.audit.append(
    auditOf(clock.now(), 'denied', { action: 'x', subject: 'y', reason }),
  )
  expect((await trail.verify()).faults).toEqual([])
})
