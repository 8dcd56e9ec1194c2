import { once } from 'node:events'
import { createServer } from 'node:net'

import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { startRedis, type RedisServer } from '../../../src/demo/redis-server.ts'
import { openQueueReader } from '../../../src/queues/bullmq/queue-reader.ts'
import { encode } from '../../../src/queues/bullmq/wire/encode.ts'
import { endpointOf } from '../../../src/queues/bullmq/wire/endpoint.ts'
import { openWire } from '../../../src/queues/bullmq/wire/wire.ts'
import { eventually } from '../../helpers/eventually.ts'
import { createTestLog } from '../../helpers/log.ts'

let server: RedisServer
let raw: Redis
beforeAll(async () => {
  server = await startRedis({ appendOnly: true })
  raw = new Redis(server.url)
  raw.on('error', () => undefined)
})
afterAll(async () => {
  raw.disconnect()
  await server.stop()
})

function openReader(url = server.url) {
  const log = createTestLog()
  const reader = openQueueReader(
    {
      kind: 'bullmq',
      name: 'main',
      url,
      prefix: 'bull',
      queues: [],
      scanPauseMs: null,
      majors: null,
    },
    log,
  )
  return { reader, log }
}

const as = (user: string, password: string, db = 0) =>
  `redis://${user}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/${db}`

const AWAY = { name: 'OperatorError', code: 'system_unreachable' }

const waiting = async (
  reader: ReturnType<typeof openReader>['reader'],
  queues: readonly string[],
) => (await reader.read(queues)).map((facts) => facts?.counts.waiting)

const nameQueues = (count: number) => Array.from({ length: count }, (_, n) => `many:${n}`)

it('gives several overviews at once each its own answers', async () => {
  const names = nameQueues(130)
  const fill = raw.pipeline()
  names.forEach((name, n) => fill.lpush(`bull:${name}:wait`, ...Array(n + 1).fill('x')))
  await fill.exec()
  const { reader } = openReader()
  const [all, backwards, one, none] = await Promise.all([
    waiting(reader, names),
    waiting(reader, names.toReversed()),
    waiting(reader, ['many:41']),
    waiting(reader, []),
  ])
  const counts = names.map((_, n) => n + 1)
  expect(all).toEqual(counts)
  expect(backwards).toEqual(counts.toReversed())
  expect(one).toEqual([42])
  expect(none).toEqual([])
  reader.close()
})

it('reads names and ids of any letters, and does not mix up names with line breaks', async () => {
  await raw.lpush('bull:größe\n1:wait', 'jöb\r\n1')
  await raw.hset('bull:größe\n1:jöb\r\n1', 'timestamp', 1_700_000_000_000)
  await raw.lpush('bull:a:wait', '1', '2')
  await raw.lpush('bull:a:\nbull:b:wait', '1')
  const { reader } = openReader()
  const [facts] = await reader.read(['größe\n1'])
  expect(facts).toMatchObject({ oldestWaitingAt: new Date(1_700_000_000_000) })
  expect(await waiting(reader, ['a', 'b'])).toEqual([2, 0])
  expect(await waiting(reader, ['a:\nbull:b'])).toEqual([1])
  reader.close()
})

it('signs in with a password, as a user, and into another database', async () => {
  await raw.acl('SETUSER', 'looker', 'on', '>p@ss:/wörd', '~*', '+@read', '+select')
  const other = new Redis(server.url, { db: 3 })
  await other.lpush('bull:there:wait', '1')
  other.disconnect()
  const { reader } = openReader(as('looker', 'p@ss:/wörd', 3))
  expect(await waiting(reader, ['there'])).toEqual([1])
  reader.close()
  await raw.config('SET', 'requirepass', 'geheim')
  try {
    const { reader: withPassword } = openReader(`redis://:geheim@127.0.0.1:${server.port}`)
    expect(await waiting(withPassword, ['many:0'])).toEqual([1])
    withPassword.close()
    const { reader: without } = openReader()
    await expect(without.read(['many:0'])).rejects.toMatchObject(AWAY)
    without.close()
  } finally {
    await raw.config('SET', 'requirepass', '')
  }
})

it('gets in with a password that nobody asked for', async () => {
  const { reader } = openReader(`redis://:needless@127.0.0.1:${server.port}`)
  expect(await waiting(reader, ['many:0'])).toEqual([1])
  reader.close()
})

it('shows itself in the list of clients', async () => {
  const { reader } = openReader()
  await reader.read(['many:0'])
  expect(String(await raw.client('LIST'))).toContain(' name=spillway:overview ')
  reader.close()
  await eventually('gone', async () => !String(await raw.client('LIST')).includes('spillway:'))
})

it('leaves out a queue that cannot be read, says so once, and reads the others', async () => {
  await raw.set('bull:broken:wait', 'no list')
  const { reader, log } = openReader()
  const queues = ['many:1', 'broken', 'many:2']
  expect(await waiting(reader, queues)).toEqual([2, undefined, 3])
  expect(await waiting(reader, queues)).toEqual([2, undefined, 3])
  expect(log.lines.map(({ level, facts }) => [level, facts['queue']])).toEqual([['warn', 'broken']])
  await expect(reader.read(['broken'])).rejects.toMatchObject({
    code: 'not_supported',
    message: expect.stringMatching(/"broken".*WRONGTYPE/) as unknown,
  })
  reader.close()
})

it('leaves out a queue whose next job is no job', async () => {
  await raw.lpush('bull:odd:wait', '1')
  await raw.set('bull:odd:1', 'no hash')
  const { reader } = openReader()
  expect(await waiting(reader, ['odd', 'many:2'])).toEqual([undefined, 3])
  reader.close()
})

it('reads what its user may see; that it may see nothing is said', async () => {
  await raw.acl('SETUSER', 'partial', 'on', '>p', '~bull:many:*', '+@read')
  const { reader } = openReader(as('partial', 'p'))
  expect(await waiting(reader, ['many:3', 'a'])).toEqual([4, undefined])
  await expect(reader.read(['a', 'odd'])).rejects.toMatchObject({
    code: 'not_supported',
    message: expect.stringMatching(/The Redis user of system "main" may not/) as unknown,
  })
  reader.close()
})

it('never says the password, whatever goes wrong', async () => {
  const { reader, log } = openReader(as('looker', 'wrong-hunter2'))
  const problem: unknown = await reader.read(['a']).catch((error: unknown) => error)
  expect(problem).toMatchObject({ ...AWAY, message: expect.stringMatching(/WRONGPASS/) as unknown })
  const { cause } = problem as Error
  const said = JSON.stringify([String(problem), problem, String(cause), log.lines])
  expect(said).not.toContain('hunter2')
  reader.close()
})

it('fails what was asked when Redis dies, at once while it is away, and reads when it is back', async () => {
  const { reader } = openReader()
  await reader.read(['many:0'])
  process.kill(server.pid, 'SIGSTOP')
  const underWay = [reader.read(['many:1']), reader.read(nameQueues(130))]
  const failed = Promise.all(underWay.map((each) => expect(each).rejects.toMatchObject(AWAY)))
  await server.kill()
  await failed
  await expect(reader.read(['many:1'])).rejects.toMatchObject(AWAY)
  await server.restart()
  expect(await waiting(reader, ['many:1'])).toEqual([2])
  reader.close()
})

it('gives up on a Redis that is stalled, and takes no late answer for another one', async () => {
  await raw.mset({ first: 'one', second: 'two' })
  const wire = openWire(endpointOf(server.url))
  expect(await wire.ask(encode('GET', 'first'), 1)).toEqual(['one'])
  process.kill(server.pid, 'SIGSTOP')
  try {
    const asked = [wire.ask(encode('GET', 'first'), 1), wire.ask(encode('GET', 'first'), 1)]
    await Promise.all(asked.map((each) => expect(each).rejects.toThrow('Command timed out')))
  } finally {
    process.kill(server.pid, 'SIGCONT')
  }
  const later = await Promise.all([
    wire.ask(encode('GET', 'second') + encode('NONSENSE'), 2),
    wire.ask(encode('GET', 'first'), 1),
  ])
  expect(later).toMatchObject([['two', { problem: expect.any(String) as unknown }], ['one']])
  wire.close()
  await expect(wire.ask(encode('PING'), 1)).rejects.toThrow('the connection is down')
})

it.each([
  ['speaks another language', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['says more than was asked', '+OK\r\n+OK\r\n+OK\r\n'],
])('turns away from a server that %s', async (_, words) => {
  const stranger = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.write(words))
  }).listen(0, '127.0.0.1')
  await once(stranger, 'listening')
  const place = stranger.address()
  const port = typeof place === 'object' && place !== null ? place.port : 0
  const { reader } = openReader(`redis://127.0.0.1:${port}`)
  await expect(reader.read(['a'])).rejects.toMatchObject({
    ...AWAY,
    message: expect.stringMatching(/no Redis/) as unknown,
  })
  reader.close()
  stranger.close()
  await once(stranger, 'close')
})
