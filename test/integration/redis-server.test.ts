import { Redis } from 'ioredis'
import { expect, it } from 'vitest'

import { startRedis } from '../../src/demo/redis-server.ts'
import { freshRedis } from '../helpers/redis.ts'

const withClient = async <T>(port: number, use: (client: Redis) => Promise<T>): Promise<T> => {
  const client = new Redis({ port, host: '127.0.0.1' })
  try {
    return await use(client)
  } finally {
    client.disconnect()
  }
}

it('answers on the loopback interface only', async () => {
  const server = await freshRedis()
  const bound = await withClient(server.port, (client) => client.config('GET', 'bind'))
  expect(bound).toEqual(['bind', '127.0.0.1'])
})

it('keeps what was written over a crash when told to', async () => {
  const server = await freshRedis({ appendOnly: true })
  await withClient(server.port, async (client) => {
    await client.config('SET', 'appendfsync', 'always')
    await client.set('kept', 'yes')
  })
  const before = server.pid
  await server.kill()
  await server.restart()
  expect(server.pid).not.toBe(before)
  expect(await withClient(server.port, (client) => client.get('kept'))).toBe('yes')
})

it('gives servers that start at once a port each', async () => {
  const servers = await Promise.all([startRedis(), startRedis(), startRedis()])
  expect(new Set(servers.map(({ port }) => port)).size).toBe(3)
  await Promise.all(servers.map((server) => server.stop()))
})

it('says why a server did not start', async () => {
  const taken = await freshRedis()
  await expect(startRedis({ port: taken.port })).rejects.toThrow(/ended.*in use/i)
})
