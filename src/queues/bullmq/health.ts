import { performance } from 'node:perf_hooks'

import type { Redis } from 'ioredis'

import { OperatorError } from '../../domain/errors.ts'
import type { SystemHealth } from '../../domain/queue.ts'
import type { Connection } from './connection.ts'

/** Does Redis answer, how fast, how full is it. Never throws: that it is away is the answer. */
export async function readHealth(system: string, connection: Connection): Promise<SystemHealth> {
  try {
    return await connection.run((redis) => ask(system, redis))
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return { ...UNKNOWN, system, isReachable: false, problem: error.message }
  }
}

const UNKNOWN = {
  pingMs: null,
  version: null,
  usedMemoryBytes: null,
  maxMemoryBytes: null,
  maxMemoryPolicy: null,
} as const

async function ask(system: string, redis: Redis): Promise<SystemHealth> {
  const startedAt = performance.now()
  await redis.ping()
  const pingMs = Math.round((performance.now() - startedAt) * 100) / 100
  const info = parseInfo(await infoOrNothing(redis))
  const bytes = (name: string) => (info.has(name) ? Number(info.get(name)) : null)
  const policy = info.get('maxmemory_policy') ?? null
  return {
    system,
    isReachable: true,
    pingMs,
    version: info.get('redis_version') ?? null,
    usedMemoryBytes: bytes('used_memory'),
    maxMemoryBytes: bytes('maxmemory') === 0 ? null : bytes('maxmemory'),
    maxMemoryPolicy: policy,
    problem:
      policy === null || policy === 'noeviction'
        ? null
        : `maxmemory-policy is ${policy}: Redis may evict jobs when it is full, and what tells which of them are in the vault. It must be noeviction.`,
  }
}

/** Some hosts forbid INFO; that Redis answers is known all the same. */
const infoOrNothing = (redis: Redis): Promise<string> =>
  redis.info().catch((error: unknown) => {
    if (error instanceof Error && error.message.startsWith('NOPERM')) return ''
    throw error
  })

const parseInfo = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split('\r\n').flatMap((line) => {
      const colon = line.indexOf(':')
      return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1)] as const]
    }),
  )
