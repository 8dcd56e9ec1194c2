import type { SystemConfig } from '../config/types.ts'
import { OperatorError } from '../domain/errors.ts'
import type { QueueSystems } from '../domain/ports/queue-system.ts'
import { openBullmqSystem, type BullmqDeps } from './bullmq/bullmq-system.ts'

export interface OpenQueueSystems extends QueueSystems {
  close(): Promise<void>
}

/** Opens every configured system, also those that are away just now. */
export function openQueueSystems(
  configs: readonly SystemConfig[],
  deps: BullmqDeps,
): OpenQueueSystems {
  const systems = new Map(configs.map((config) => [config.name, openBullmqSystem(config, deps)]))
  return {
    all: () => [...systems.values()],
    get(name) {
      const system = systems.get(name)
      if (system !== undefined) return system
      throw new OperatorError(
        'unknown_queue',
        `There is no system "${name}".`,
        `Configured systems: ${[...systems.keys()].join(', ') || 'none'}.`,
      )
    },
    async close() {
      await Promise.all([...systems.values()].map((system) => system.close()))
    },
  }
}
