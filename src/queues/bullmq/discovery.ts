import { setTimeout as pause } from 'node:timers/promises'

import type { Redis } from 'ioredis'

import type { BullmqSystemConfig } from '../../config/types.ts'
import type { Log } from '../../domain/ports/runtime.ts'
import type { Connection } from './connection.ts'
import { escapeGlob, queueOfKey } from './keys.ts'
import type { Workers } from './workers.ts'

/** Small, because a SCAN step blocks Redis as long as it looks: about 0.3 ms at 500. */
const SCAN_COUNT = 500
/** Between two passes the scan rests as long as this many steps, but no longer than a minute. */
const REST_STEPS = 100
const REST_MAX_MS = 60_000
const AFTER_PROBLEM_MS = 5000
/** One CLIENT LIST, which the samples of the overview share. */
const WORKERS_EVERY_MS = 30_000

export interface Discovery {
  known(): readonly string[]
  /** The scan has ended at least once, or is switched off. */
  isSearched(): boolean
  now(): Promise<readonly string[]>
  stop(): Promise<void>
}

/**
 * Learns queue names from the configuration, from connected workers, looked at every half minute, and from a
 * slow scan that never ends. A name once seen on a worker stays until a whole scan finds nothing of it.
 */
export function startDiscovery(
  config: BullmqSystemConfig,
  connection: Connection,
  workers: Workers,
  log: Log,
): Discovery {
  let onWorkers = new Set<string>()
  let scanned = new Set<string>()
  let isSearched = config.scanPauseMs === null
  const stopped = new AbortController()
  const known = () => [...new Set([...config.queues, ...onWorkers, ...scanned])].toSorted()

  const lookAtWorkers = async () => [...((await workers.recent())?.keys() ?? [])]
  const watchForever = async () => {
    while (!stopped.signal.aborted) {
      try {
        for (const queue of await lookAtWorkers()) onWorkers.add(queue)
      } catch (error) {
        if (!stopped.signal.aborted) log.debug({ system: config.name, error }, 'workers not listed')
      }
      await idle(WORKERS_EVERY_MS, stopped.signal)
    }
  }

  const scanForever = async (pauseMs: number) => {
    while (!stopped.signal.aborted) {
      let waitMs = Math.min(pauseMs * REST_STEPS, REST_MAX_MS)
      try {
        const found = await scanOnce(config.prefix, connection, pauseMs, stopped.signal, (name) =>
          scanned.add(name),
        )
        // Only a whole pass can tell that a queue is gone.
        scanned = found
        isSearched = true
        onWorkers = new Set(await lookAtWorkers())
        log.debug({ system: config.name, queues: found.size }, 'scan finished')
      } catch (error) {
        waitMs = AFTER_PROBLEM_MS
        if (!stopped.signal.aborted) log.debug({ system: config.name, error }, 'scan interrupted')
      }
      await idle(waitMs, stopped.signal)
    }
  }
  const watching = watchForever()
  const scanning = config.scanPauseMs === null ? Promise.resolve() : scanForever(config.scanPauseMs)

  return {
    known,
    isSearched: () => isSearched,
    async now() {
      for (const queue of (await workers.now())?.keys() ?? []) onWorkers.add(queue)
      return known()
    },
    async stop() {
      stopped.abort()
      await Promise.all([scanning, watching])
    },
  }
}

async function scanOnce(
  prefix: string,
  connection: Connection,
  pauseMs: number,
  signal: AbortSignal,
  onFound: (name: string) => unknown,
): Promise<Set<string>> {
  const found = new Set<string>()
  let cursor = '0'
  do {
    const [next, names] = await connection.run((redis) => scanStep(redis, prefix, cursor))
    cursor = next
    for (const name of names) {
      onFound(name)
      found.add(name)
    }
    await idle(pauseMs, signal)
  } while (cursor !== '0' && !signal.aborted)
  signal.throwIfAborted()
  return found
}

async function scanStep(
  redis: Redis,
  prefix: string,
  cursor: string,
): Promise<readonly [string, readonly string[]]> {
  // One pattern for `:id` and `:meta`: Redis looks at every key once, and we at those few.
  const pattern = `${escapeGlob(prefix)}:*:[im][de]*`
  const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT)
  const names = await Promise.all(
    keys.map(async (key) => {
      const name = queueOfKey(prefix, key)
      return name !== null && (await isQueueKey(redis, key)) ? name : null
    }),
  )
  return [next, names.filter((name) => name !== null)]
}

/** A job whose custom id ends in `:id` or `:meta` has such a key, too; but a job has data. */
async function isQueueKey(redis: Redis, key: string): Promise<boolean> {
  const type = await redis.type(key)
  if (key.endsWith(':id')) return type === 'string'
  return type === 'hash' && (await redis.hexists(key, 'data')) === 0
}

/** Resolves early when stopped, and keeps no process alive. */
const idle = (ms: number, signal: AbortSignal): Promise<void> =>
  pause(ms, undefined, { signal, ref: false }).catch(() => {})
