import { Redis } from 'ioredis'

import { startRedis, type RedisServer } from '../src/demo/redis-server.ts'
import { openBullmqSystem } from '../src/queues/bullmq/bullmq-system.ts'
import { openBareSocket } from './overview/floor.ts'
import { blocks, median, milliseconds } from './overview/measure.ts'
import { openBullBoard, openLiveQueues, runbook } from './overview/others.ts'
import { seed } from './overview/seed.ts'

const SILENT = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
}

/**
 * An overview of all queues: ours, the runbook's script, live BullMQ objects, bull-board's API, and the
 * floor: the same facts asked for in pre-encoded commands over a bare socket, the answers only counted.
 * Options: `queues` (313), `jobs` (1,000,000), `rounds` (15; at least 11 to count).
 */
export async function run(
  options: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const server = await startRedis()
  try {
    const raw = new Redis({ host: '127.0.0.1', port: server.port, protocol: 2 })
    const queues = await seed(
      raw,
      Number(options['queues'] ?? 313),
      Number(options['jobs'] ?? 1_000_000),
    )
    const figures = await measure(server, raw, queues, Number(options['rounds'] ?? 15))
    raw.disconnect()
    return figures
  } finally {
    await server.stop()
  }
}

async function measure(server: RedisServer, raw: Redis, queues: readonly string[], rounds: number) {
  const ours = openOurs(server)
  const floor = await openBareSocket(raw, server.port, queues)
  const live = openLiveQueues(server.port, queues)
  const board = await openBullBoard(live.queues)
  const ways = {
    ours: () => ours.overview(queues),
    floor: () => floor.ask(),
    bullmq: () => live.counts(),
    bullboard: () => board.list(),
  }
  // In turn, so that a noisy minute hits every way alike.
  const times: Record<keyof typeof ways, number[]> = {
    ours: [],
    floor: [],
    bullmq: [],
    bullboard: [],
  }
  for (let round = -5; round < rounds; round += 1) {
    for (const way of ['ours', 'floor', 'bullmq', 'bullboard'] as const) {
      const ms = await milliseconds(ways[way])
      if (round >= 0) times[way].push(ms)
    }
  }
  const block = await blocks(raw, () => ours.overview(queues), rounds)
  const script = []
  for (let round = -1; round < rounds; round += 1) {
    const timed = await runbook(raw, server.port, queues)
    if (round >= 0) script.push(timed)
  }
  await Promise.all([ours.close(), live.close(), board.close()])
  floor.close()
  return {
    bench: 'overview',
    ours_ms: median(times.ours),
    runbook_ms: median(script.map(({ countsMs }) => countsMs)),
    bullmq_ms: median(times.bullmq),
    bullboard_ms: median(times.bullboard),
    floor_ms: median(times.floor),
    max_block_ms: block.max,
    // The slow log counts what the machine takes from Redis meanwhile, too: on a busy one look at this.
    median_block_ms: block.median,
    runbook_discovery_ms: median(script.map(({ discoveryMs }) => discoveryMs)),
    queues: queues.length,
    jobs: await raw.dbsize(),
    rounds,
  }
}

const openOurs = (server: RedisServer) =>
  openBullmqSystem(
    {
      kind: 'bullmq',
      name: 'bench',
      url: server.url,
      prefix: 'bull',
      queues: [],
      scanPauseMs: null,
      majors: null,
    },
    { clock: { now: () => new Date() }, log: SILENT },
  )
