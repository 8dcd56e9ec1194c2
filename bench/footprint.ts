import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

import { Redis } from 'ioredis'

import { rounded } from './lib/figures.ts'
import { openStage, SYSTEM, type Stage } from './lib/stage.ts'
import { until } from './lib/until.ts'
import { seed } from './overview/seed.ts'

const QUEUES = 313
const JOBS = 10_000
const NAMES = Array.from({ length: QUEUES }, (_, n) => `team-${n % 7}:queue-${n}`)
const KNOWN_WITHIN_MS = 60_000

/**
 * The bot alone, idle: how long it takes to get ready on a database that is there already, and how much
 * memory its process holds after a while (`VmRSS`, without PostgreSQL). Linux only. Options: `idle`
 * (seconds, 60), `quick` (1 s, the queues configured instead of discovered), `profile` (a folder).
 */
export async function run(
  options: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const isQuick = options['quick'] !== undefined
  const idleS = Number(options['idle'] ?? (isQuick ? 1 : 60))
  const profileDir = options['profile'] ?? null
  const stage = await openStage({ mode: 'socket', queues: isQuick ? NAMES : [], profileDir })
  try {
    await fill(stage, isQuick)
    const first = await stage.start()
    await first.stop()
    const bot = await stage.start()
    await until(`${QUEUES} queues are known`, KNOWN_WITHIN_MS, () => areKnown(stage))
    await sleep(idleS * 1000)
    const memory = await memoryOf(bot.pid)
    await bot.stop()
    return {
      bench: 'footprint',
      start_ms: Math.round(bot.startMs),
      rss_mb: memory.rss,
      peak_rss_mb: memory.peak,
      first_start_ms: Math.round(first.startMs),
      idle_s: idleS,
      queues: QUEUES,
    }
  } finally {
    await stage.close()
  }
}

/** Empty queues are enough where nothing is to be discovered; each has at least its metadata. */
async function fill({ redis }: Stage, isQuick: boolean): Promise<void> {
  const raw = new Redis(redis.url, { protocol: 2 })
  if (isQuick)
    await Promise.all(
      NAMES.map((name) => raw.hset(`bull:${name}:meta`, 'version', 'bullmq:5.79.4')),
    )
  else await seed(raw, QUEUES, JOBS)
  raw.disconnect()
}

/** By the bot's own account: every queue has its numbers in the metrics. */
async function areKnown({ url }: Stage): Promise<boolean> {
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return metrics.split(`spillway_queue_paused{system="${SYSTEM}"`).length - 1 === QUEUES
}

async function memoryOf(pid: number): Promise<{ readonly rss: number; readonly peak: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string): number =>
    rounded(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024)
  return { rss: megabytes('VmRSS'), peak: megabytes('VmHWM') }
}
