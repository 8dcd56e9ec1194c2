import { ReplyError } from 'ioredis'

import type { BullmqSystemConfig } from '../../config/types.ts'
import { OperatorError } from '../../domain/errors.ts'

export const READ_ADVICE =
  'Nothing was changed. Spillway reconnects by itself; check the Redis server, then try again.'

export const unreachable = (system: string, words: string, advice: string): OperatorError =>
  new OperatorError(
    'system_unreachable',
    `System "${system}" cannot be reached: ${words}.`.replace(/\.\.$/, '.'),
    advice,
  )

/** What a failed call to Redis means to the person who asked; faults of the program stay what they are. */
export function translated(error: unknown, config: BullmqSystemConfig, advice: string): unknown {
  if (error instanceof OperatorError || !(error instanceof Error) || isOurs(error)) return error
  if (error instanceof ReplyError) return fromReply(error.message, config, advice, error) ?? error
  const words = isDown(error) ? 'the connection is down' : error.message
  return unreachable(config.name, withoutCredentials(words, config.url), advice)
}

/** What Redis itself said no to, if it concerns more than one key; else null. */
export function fromReply(
  reply: string,
  config: BullmqSystemConfig,
  advice: string,
  cause?: unknown,
): OperatorError | null {
  const words = withoutCredentials(reply, config.url)
  if (
    /\b(?:LOADING|BUSY|MASTERDOWN|READONLY|NOAUTH|WRONGPASS|MISCONF|NOREPLICAS|CLUSTERDOWN|TRYAGAIN)\b/.test(
      words,
    )
  ) {
    return unreachable(config.name, words, advice)
  }
  if (/\bOOM\b/.test(words))
    return new OperatorError(
      'system_full',
      `Redis of system "${config.name}" is full (maxmemory) and takes no writes.`,
      'Free memory or raise maxmemory, then try again.',
      cause,
    )
  if (!/NOPERM|can't run this command|ACL failure in script|unknown command/i.test(words))
    return null
  return new OperatorError(
    'not_supported',
    `The Redis user of system "${config.name}" may not do this: ${words}`,
    'Nothing was changed. Allow the command for that user, or give the system another user in spillway.yml.',
    cause,
  )
}

/** How ioredis says that it has no connection just now. */
const isDown = (error: Error): boolean => /isn't writeable|Connection is closed/.test(error.message)

/** Faults of the program must not hide behind "Redis is away". */
const isOurs = (error: Error): boolean =>
  error instanceof TypeError || error instanceof RangeError || error.name === 'ZodError'

export function withoutCredentials(text: string, url: string): string {
  const { username, password } = URL.canParse(url) ? new URL(url) : { username: '', password: '' }
  return [password, decodeURIComponent(password), url]
    .filter((secret) => secret !== '')
    .reduce(
      (rest, secret) => rest.replaceAll(secret, '***'),
      text.replaceAll(`${username}:***`, '***'),
    )
}
