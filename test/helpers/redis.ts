import { afterAll } from 'vitest'

import { startRedis, type RedisOptions, type RedisServer } from '../../src/demo/redis-server.ts'

/** A Redis of this test file's own, empty, stopped after its last test. Call it at the top of a file or `describe`. */
export async function freshRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options)
  afterAll(() => server.stop())
  return server
}
