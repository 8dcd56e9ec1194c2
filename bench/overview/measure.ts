import { performance } from 'node:perf_hooks'

import type { Redis } from 'ioredis'

export async function milliseconds(way: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await way()
  return performance.now() - startedAt
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) * 100) / 100
}

/**
 * How long the longest command of a round kept Redis busy, in milliseconds, by its own slow log: the worst
 * and the median of `rounds` rounds.
 */
export async function blocks(
  raw: Redis,
  way: () => Promise<unknown>,
  rounds: number,
): Promise<{ readonly max: number; readonly median: number }> {
  await raw.config('SET', 'slowlog-log-slower-than', '5', 'slowlog-max-len', '100000')
  const longest: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    await raw.slowlog('RESET')
    await way()
    const entries = (await raw.slowlog('GET', '-1')) as readonly (readonly unknown[])[]
    longest.push(Math.max(0, ...entries.map((entry) => Number(entry[2]) / 1000)))
  }
  await raw.config('SET', 'slowlog-log-slower-than', '10000')
  return { max: Math.max(...longest), median: median(longest) }
}
