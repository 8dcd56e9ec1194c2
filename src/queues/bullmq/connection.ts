import { Redis } from 'ioredis'

import type { BullmqSystemConfig } from '../../config/types.ts'
import type { Log } from '../../domain/ports/runtime.ts'
import { READ_ADVICE, translated, unreachable, withoutCredentials } from './problems.ts'

/** Commands that answer later than this count as unanswered. */
const COMMAND_TIMEOUT_MS = 2000
const RECONNECT_MAX_MS = 1000

/** A connection that mends itself; whoever uses it while it is down is told so at once. */
export interface Connection {
  /**
   * Calls `use` with a connected client. Throws `OperatorError('system_unreachable')` when Redis cannot be
   * reached or does not answer in two seconds, and `OperatorError('not_supported')` when its user may not
   * do this. `advice` says what is still true then.
   */
  run<T>(use: (redis: Redis) => Promise<T>, advice?: string): Promise<T>
  close(): Promise<void>
}

/** Starts to connect in the background: a Redis that is away is no reason not to start. */
export function openConnection(config: BullmqSystemConfig, role: string, log: Log): Connection {
  const redis = new Redis(config.url, {
    connectionName: `spillway:${role}`,
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    // A change whose answer was lost is not repeated behind our back.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: null,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: COMMAND_TIMEOUT_MS,
    // A peer that vanished without a word: only a new connection can tell.
    socketTimeout: 3 * COMMAND_TIMEOUT_MS,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), RECONNECT_MAX_MS),
  })
  let lastProblem: string | null = null
  redis.on('error', (error: Error) => {
    const problem = withoutCredentials(error.message || error.name, config.url)
    if (problem !== lastProblem)
      log.warn({ system: config.name, role, problem }, 'redis unreachable')
    lastProblem = problem
  })
  redis.on('ready', () => {
    log.info({ system: config.name, role }, 'redis connected')
    lastProblem = null
  })
  redis.connect().catch(() => {})

  return {
    async run(use, advice = READ_ADVICE) {
      if (!(await becomesReady(redis))) {
        throw unreachable(config.name, lastProblem ?? 'no connection', advice)
      }
      try {
        return await use(redis)
      } catch (error) {
        throw translated(error, config, advice)
      }
    },
    async close() {
      // A TLS handshake that is cut short may fail more than once, and ioredis listens once: that would end the process.
      openStream(redis)?.on('error', () => {})
      redis.disconnect()
      await Promise.resolve()
    },
  }
}

/** Undefined before the first attempt to connect, whatever the types of ioredis say. */
const openStream = (redis: { readonly stream?: Redis['stream'] }): Redis['stream'] | undefined =>
  redis.stream

/** Waits for a first attempt to connect that is under way, but not for a Redis that was found to be away. */
function becomesReady(redis: Redis): Promise<boolean> {
  if (redis.status === 'ready') return Promise.resolve(true)
  if (redis.status !== 'connecting' && redis.status !== 'connect') return Promise.resolve(false)
  return new Promise((resolve) => {
    const settle = () => {
      clearTimeout(timer)
      redis.off('ready', settle).off('close', settle).off('end', settle)
      resolve(redis.status === 'ready')
    }
    const timer = setTimeout(settle, COMMAND_TIMEOUT_MS)
    redis.once('ready', settle).once('close', settle).once('end', settle)
  })
}
