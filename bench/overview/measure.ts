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

/** How long single commands of `rounds` runs kept Redis busy, in milliseconds, by its own slow log. */
export async function blocks(
  raw: Redis,
  way: () => Promise<unknown>,
  rounds: number,
): Promise<{ readonly max: number; readonly median: number }> {
  await raw.config('SET', 'slowlog-log-slower-than', '50', 'slowlog-max-len', '100000')
  await raw.slowlog('RESET')
  for (let round = 0; round < rounds; round += 1) await way()
  const entries = (await raw.slowlog('GET', '-1')) as readonly (readonly unknown[])[]
  await raw.config('SET', 'slowlog-log-slower-than', '10000')
  const times = entries.map((entry) => Number(entry[2]) / 1000)
  return { max: Math.max(0, ...times), median: median(times) }
}
