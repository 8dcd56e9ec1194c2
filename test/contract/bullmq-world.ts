import { Redis } from 'ioredis'

import type { BullmqSystemConfig } from '../../src/config/types.ts'
import { startRedis, type RedisServer } from '../../src/demo/redis-server.ts'
import { openBullmqSystem } from '../../src/queues/bullmq/bullmq-system.ts'
import { silentLog } from '../helpers/silent-log.ts'
import {
  FLAVOURS,
  openForeignQueue,
  openForeignWorker,
  type Flavour,
  type ForeignQueue,
  type JobSpec,
} from './bullmq-flavours.ts'
import type { ContractJob, ContractWorld } from './queue-system-contract.ts'

const OPTIONS: Record<ContractJob['kind'], JobSpec['opts']> = {
  plain: {},
  delayed: { delay: 100 },
  prioritized: { priority: 3 },
  first: { lifo: true },
}

/** A BullMQ world with its own Redis, and raw access to it. */
export interface BullmqWorld extends ContractWorld {
  readonly server: RedisServer
  readonly raw: Redis
  foreign(flavour: Flavour, queue: string): ForeignQueue
}

export const openSystem = (
  server: Pick<RedisServer, 'url'>,
  change: Partial<BullmqSystemConfig> = {},
) =>
  openBullmqSystem(
    {
      kind: 'bullmq',
      name: 'main',
      url: server.url,
      prefix: 'bull',
      queues: [],
      scanPauseMs: 5,
      majors: null,
      ...change,
    },
    { clock: { now: () => new Date() }, log: silentLog },
  )

export async function openBullmqWorld(): Promise<BullmqWorld> {
  const server = await startRedis({ appendOnly: true })
  const raw = new Redis({ host: '127.0.0.1', port: server.port, maxRetriesPerRequest: null })
  raw.on('error', () => undefined)
  const system = openSystem(server)
  const opened = new Map<string, ForeignQueue>()
  const foreign = (flavour: Flavour, queue: string): ForeignQueue => {
    const key = `${flavour} ${queue}`
    const known = opened.get(key) ?? openForeignQueue(flavour, queue, server.port)
    opened.set(key, known)
    return known
  }
  return {
    system,
    server,
    raw,
    foreign,
    flavours: FLAVOURS,
    add: (flavour, queue, jobs) =>
      foreign(asFlavour(flavour), queue).addBulk(
        jobs.map(({ name, data, kind }) => ({ name, data, opts: { ...OPTIONS[kind] } })),
      ),
    work: async (flavour, queue, process) =>
      openForeignWorker(asFlavour(flavour), queue, server.port, process),
    // BullMQ 6 adds to the wait list under any pause, and workers of 4 look at nothing else.
    isLeaky: (producer, worker) => producer === 'v6' && worker === 'v4',
    contents: () => contentsOf(raw),
    crashServer: () => server.kill(),
    restartServer: () => server.restart(),
    async close() {
      await system.close()
      await Promise.all([...opened.values()].map((queue) => queue.close()))
      raw.disconnect()
      await server.stop()
    },
  }
}

function asFlavour(text: string): Flavour {
  const flavour = FLAVOURS.find((each) => each === text)
  if (flavour === undefined) throw new Error(`no such flavour: ${text}`)
  return flavour
}

/** Every key with its bytes as DUMP gives them. */
async function contentsOf(raw: Redis): Promise<ReadonlyMap<string, string>> {
  const keys = (await raw.keys('*')).toSorted()
  const dumps = await Promise.all(keys.map((key) => raw.dumpBuffer(key)))
  return new Map(keys.map((key, index) => [key, dumps[index]?.toString('base64') ?? '']))
}
