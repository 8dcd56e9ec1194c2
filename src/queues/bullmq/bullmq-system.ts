import type { BullmqSystemConfig } from '../../config/types.ts'
import type { QueueSystem } from '../../domain/ports/queue-system.ts'
import type { Clock, Log } from '../../domain/ports/runtime.ts'
import { readNewestFailures } from './clusters.ts'
import { openConnection } from './connection.ts'
import { startDiscovery } from './discovery.ts'
import { readHealth } from './health.ts'
import { createJobReader } from './job-reader.ts'
import { createJobOperator } from './jobs/operator.ts'
import { queueKeys } from './keys.ts'
import { toOverview } from './overview.ts'
import { pausing } from './pause.ts'
import { readPlanFacts } from './plan-facts.ts'
import { openQueueReader } from './queue-reader.ts'
import { readMissingRights } from './rights.ts'
import { throttling } from './throttle.ts'
import { countTypes, readPlaces, sampleTypes } from './types.ts'
import { watchWorkers } from './workers.ts'

export interface BullmqDeps {
  readonly clock: Clock
  readonly log: Log
}

/**
 * BullMQ on Redis, through its keys: no BullMQ object is made, for those write to the queue's metadata.
 * Starts although Redis is away. The caller closes it.
 */
export function openBullmqSystem(
  config: BullmqSystemConfig,
  { clock, log }: BullmqDeps,
): QueueSystem {
  const reads = openConnection(config, 'read', log)
  const changes = openConnection(config, 'act', log)
  const bulk = openConnection(config, 'jobs', log)
  const queueReader = openQueueReader(config, log)
  const workers = watchWorkers(reads, config.prefix, clock)
  const discovery = startDiscovery(config, reads, workers, log)
  const deps = { config, reads, changes, queueReader, workers, clock }
  const keysOf = (queue: string) => queueKeys(config.prefix, queue)

  const overview: QueueSystem['overview'] = async (queues) => {
    const [facts, seen] = await Promise.all([queueReader.read(queues), workers.recent()])
    return facts.flatMap((fact, index) => {
      const queue = queues[index]
      if (queue === undefined || fact === null) return []
      return [toOverview(config.name, queue, fact, seen)]
    })
  }

  return {
    name: config.name,
    kind: 'bullmq',
    capabilities: { pause: true, throttle: true, workers: true, failures: true },
    jobReader: createJobReader({ connection: reads, prefix: config.prefix, clock }),
    jobs: createJobOperator({ config, connection: bulk, queueReader, workers, clock }),
    knownQueues: () => discovery.known(),
    isSearched: () => discovery.isSearched(),
    discoverNow: () => discovery.now(),
    overview,
    async detail(queue) {
      const keys = keysOf(queue)
      const [overviews, waitingTypes, failures] = await Promise.all([
        overview([queue]),
        reads.run(async (redis) => sampleTypes(redis, keys, await readPlaces(redis, keys))),
        readNewestFailures(reads, keys),
      ])
      const [own] = overviews
      if (own === undefined) throw new Error('the overview left its only queue out')
      return { overview: own, waitingTypes, failures }
    },
    exactTypes: (queue, onProgress, signal) => countTypes(reads, keysOf(queue), onProgress, signal),
    async planFacts(queue) {
      const [facts, seen] = await Promise.all([
        reads.run((redis) => readPlanFacts(redis, keysOf(queue), clock.now())),
        workers.lately(),
      ])
      return { ...facts, workers: seen === null ? null : (seen.get(queue)?.all ?? 0) }
    },
    ...pausing(deps),
    ...throttling(deps),
    health: () => readHealth(config.name, reads),
    missingRights: () => readMissingRights({ connection: changes, prefix: config.prefix, workers }),
    async close() {
      await discovery.stop()
      queueReader.close()
      await Promise.all([reads.close(), changes.close(), bulk.close()])
    },
  }
}
