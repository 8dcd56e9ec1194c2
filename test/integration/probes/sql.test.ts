import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

import { freshDatabase, type TestDatabase } from '../../helpers/postgres.ts'
import { ask, connectionsProbe, EMAIL, opened, sqlProbe } from './opened.ts'

let database: TestDatabase
let client: pg.Client
let url: string

beforeAll(async () => {
  database = await freshDatabase({ isMigrated: false })
  client = new pg.Client({ ...database.owner })
  await client.connect()
  await client.query(`create table orders (state text); insert into orders values ('stuck')`)
  const { host, user, database: name } = database.owner
  url = `postgresql:///${name}?host=${host}&user=${user}`
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

const orders = async (): Promise<number> =>
  (await client.query(`select 1 from orders`)).rowCount ?? 0
const connections = async (): Promise<number> =>
  (
    await client.query(
      `select 1 from pg_stat_activity
       where application_name = 'spillway probe' and datname = current_database()`,
    )
  ).rowCount ?? 0

describe('a probe by SQL', () => {
  it('is well when its boolean is true, and unwell when it is false', async () => {
    const query = (most: number) => `select count(*) < ${most} from orders where state = 'stuck'`
    const fine = await ask(sqlProbe(url, query(10)))
    expect(fine).toMatchObject({ name: 'orders', state: 'well' })
    expect(fine.words).toMatch(/^true in \d+ ms$/)
    const bad = await ask(sqlProbe(url, query(1)))
    expect(bad.state).toBe('unwell')
    expect(bad.words).toMatch(/^false in \d+ ms$/)
  })

  it.each([
    ['no row', 'select true where false'],
    ['two rows', 'select true from generate_series(1, 2)'],
    ['two columns', 'select true, true'],
    ['null', 'select null::boolean'],
    ['a number', 'select 1'],
    ['a text', `select 'true'`],
  ])('knows nothing of %s', async (_name, query) => {
    expect(await ask(sqlProbe(url, query))).toMatchObject({
      state: 'unknown',
      words: 'the query does not give one row with one boolean',
    })
  })

  it.each([
    [
      'a write',
      `with gone as (delete from orders returning 1) select count(*) = 1 from gone`,
      'the query would change something, and probes only read',
    ],
    [
      'an end of the transaction with a write after it',
      'commit; delete from orders; select true',
      'the query is not SQL that it understands, or more than one statement',
    ],
    [
      'a transaction of its own',
      'rollback and chain',
      'the query does not give one row with one boolean',
    ],
    [
      'a table that is not there',
      'select true from secrets',
      'the query names a table that is not there',
    ],
    ['a cast that quotes the data', `select 'hunter2'::int = 1`, 'it could not be asked (22P02)'],
  ])('knows nothing by %s, and changes nothing', async (_name, query, words) => {
    expect(await ask(sqlProbe(url, query))).toMatchObject({ state: 'unknown', words })
    expect(await orders()).toBe(1)
  })

  it('asks for no longer than it may, and leaves nothing running', async () => {
    const reading = await ask(sqlProbe(url, 'select pg_sleep(60) is null'), 300)
    expect(reading).toMatchObject({ state: 'unknown' })
    expect(reading.words).toMatch(/^no answer in/)
    await expect.poll(connections, { timeout: 10_000 }).toBe(0)
  })

  it('knows nothing when nobody answers or the login is refused, and shows no password', async () => {
    const nobody = await ask(sqlProbe('postgres://bot:hunter2@127.0.0.1:1/orders', 'select true'))
    expect(nobody).toMatchObject({ state: 'unknown', words: 'nothing listens there' })
    const gone = await ask(sqlProbe(url.replace(/user=\w+/, 'user=nobody'), 'select true'))
    expect(gone).toMatchObject({ state: 'unknown', words: 'it refuses the login' })
    const none = await ask(sqlProbe(url.replace(/\/\w+\?/, '/no_such_database?'), 'select true'))
    expect(none).toMatchObject({ state: 'unknown', words: 'there is no such database' })
  })

  it('answers again after its connection was lost', async () => {
    const probes = opened(
      sqlProbe(url, 'select true'),
      sqlProbe(url, 'select pg_terminate_backend(pg_backend_pid())', { name: 'own end' }),
      sqlProbe(url, 'select 1 = 1', { name: 'next' }),
    )
    expect(await probes.read(EMAIL, 10_000)).toMatchObject([
      { name: 'orders', state: 'well' },
      { name: 'own end', state: 'unknown' },
      { name: 'next', state: 'well' },
    ])
  })

  it('takes one connection for all probes of an address, and none once closed', async () => {
    const probes = opened(
      ...['a', 'b', 'c'].map((name) => sqlProbe(url, 'select true', { name })),
      connectionsProbe(url, 1),
    )
    const readings = await probes.readAll()
    expect(readings.map(({ state }) => state)).toEqual(['well', 'well', 'well', 'well'])
    expect(await connections()).toBe(1)
    await probes.close()
    await expect.poll(connections, { timeout: 10_000 }).toBe(0)
    expect(await probes.read(EMAIL, 1000)).toMatchObject([
      { state: 'unknown' },
      { state: 'unknown' },
      { state: 'unknown' },
      { state: 'unknown' },
    ])
  })

  it('does not keep whoever closes it waiting for a query', async () => {
    const probes = opened(sqlProbe(url, 'select pg_sleep(60) is null'))
    const reading = probes.read(EMAIL, 10_000)
    await expect.poll(connections, { timeout: 10_000 }).toBe(1)
    await probes.close()
    expect(await reading).toMatchObject([{ state: 'unknown' }])
  })
})

describe('a count of connections', () => {
  it('is well up to its share, with numbers', async () => {
    const reading = await ask(connectionsProbe(url, 1))
    expect(reading.state).toBe('well')
    const [, used = '', most = '', share = ''] =
      /^(\d+) of (\d+) connections \(([\d.]+) %\)$/.exec(reading.words) ?? []
    expect(Number(used)).toBeGreaterThanOrEqual(2)
    expect(Number(most)).toBe(
      Number((await client.query('show max_connections')).rows[0].max_connections),
    )
    expect(Number(share)).toBeCloseTo((Number(used) / Number(most)) * 100, 0)
  })

  it('is unwell above it', async () => {
    const reading = await ask(connectionsProbe(url, 0.001))
    expect(reading.state).toBe('unwell')
    expect(reading.words).toMatch(/^\d+ of \d+ connections \([\d.]+ %\), at most 0.1 %$/)
  })

  it('is unwell when there is no connection left', async () => {
    const name = String(database.owner.database)
    await client.query(`alter database ${name} connection limit 0`)
    onTestFinished(async () => {
      await client.query(`alter database ${name} connection limit -1`)
    })
    const reading = await ask(connectionsProbe(url, 1))
    expect(reading).toMatchObject({ state: 'unwell', words: 'it has no connection left' })
  })
})
