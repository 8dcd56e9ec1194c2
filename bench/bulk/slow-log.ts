import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import type { Redis } from 'ioredis'

/** One command that kept Redis busy for at least a millisecond. */
export interface SlowCall {
  readonly ms: number
  /** The command, or the script by its name where it is known. */
  readonly call: string
}

/** What Redis itself says about the longest commands between `start` and `read`. */
export interface SlowLog {
  start(): Promise<void>
  /** Longest first. */
  read(): Promise<readonly SlowCall[]>
}

const SLOWER_THAN_US = 1_000

/** `names` tells a script's name from its SHA-1. */
export function openSlowLog(redis: Redis, names: ReadonlyMap<string, string> = new Map()): SlowLog {
  return {
    async start() {
      const settings = ['slowlog-log-slower-than', SLOWER_THAN_US, 'slowlog-max-len', 100_000]
      await redis.config('SET', ...(settings as [string, number]))
      await redis.slowlog('RESET')
    },
    async read() {
      const entries = (await redis.slowlog('GET', '-1')) as readonly (readonly unknown[])[]
      return entries
        .map(([, , us, words]) => ({ ms: Number(us) / 1000, call: nameOf(words, names) }))
        .toSorted((a, b) => b.ms - a.ms)
    },
  }
}

function nameOf(words: unknown, names: ReadonlyMap<string, string>): string {
  const [command = '', sha = ''] = Array.isArray(words) ? words.map(String) : []
  return /^evalsha$/i.test(command) ? (names.get(sha) ?? `script ${sha.slice(0, 8)}`) : command
}

export const longestMs = (calls: readonly SlowCall[]): number =>
  Math.round((calls[0]?.ms ?? 0) * 10) / 10

/**
 * The slow log counts the wall clock, so what others take from Redis on a busy machine, too. Where we may, Redis goes
 * before everybody else, as it would on a machine of its own; elsewhere the numbers hold the machine's noise.
 */
export const letGoFirst = async (pid: number): Promise<void> =>
  promisify(execFile)('chrt', ['--fifo', '--pid', '1', String(pid)]).then(
    () => undefined,
    () => undefined,
  )
