import { Redis, ReplyError } from 'ioredis'

import type { BullmqSystemConfig } from '../../config/types.ts'
import { OperatorError } from '../../domain/errors.ts'
import type { Log } from '../../domain/ports/runtime.ts'

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

const READ_ADVICE =
  'Nothing was changed. Spillway reconnects by itself; check the Redis server, then try again.'

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
      redis.disconnect()
      await Promise.resolve()
    },
  }
}

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

function translated(error: unknown, config: BullmqSystemConfig, advice: string): unknown {
  if (error instanceof OperatorError || !(error instanceof Error)) return error
  const words = isDown(error)
    ? 'the connection is down'
    : withoutCredentials(error.message, config.url)
  if (!(error instanceof ReplyError))
    return isOurs(error) ? error : unreachable(config.name, words, advice)
  if (/^(?:LOADING|BUSY|MASTERDOWN|READONLY|NOAUTH|WRONGPASS)/.test(words)) {
    return unreachable(config.name, words, advice)
  }
  if (/NOPERM|can't run this command|unknown command/i.test(words)) {
    return new OperatorError(
      'not_supported',
      `The Redis user of system "${config.name}" may not do this: ${words}`,
      'Nothing was changed. Allow the command for that user, or give the system another user in spillway.yml.',
      error,
    )
  }
  return error
}

/** How ioredis says that it has no connection just now. */
const isDown = (error: Error): boolean => /isn't writeable|Connection is closed/.test(error.message)

/** Faults of the program must not hide behind "Redis is away". */
const isOurs = (error: Error): boolean =>
  error instanceof TypeError || error instanceof RangeError || error.name === 'ZodError'

const unreachable = (system: string, words: string, advice: string): OperatorError =>
  new OperatorError(
    'system_unreachable',
    `System "${system}" cannot be reached: ${words}.`.replace(/\.\.$/, '.'),
    advice,
  )

function withoutCredentials(text: string, url: string): string {
  const { username, password } = URL.canParse(url) ? new URL(url) : { username: '', password: '' }
  return [password, decodeURIComponent(password), url]
    .filter((secret) => secret !== '')
    .reduce(
      (rest, secret) => rest.replaceAll(secret, '***'),
      text.replaceAll(`${username}:***`, '***'),
    )
}
