import { OperatorError } from '../../src/domain/errors.ts'
import type { QueueSystem, QueueSystems } from '../../src/domain/ports/queue-system.ts'
import type { QueueOverview } from '../../src/domain/queue.ts'
import { NO_THROTTLE } from '../../src/domain/throttle.ts'
import { overviewOf } from './overviews.ts'

/** A queue's pause flag changed. */
export interface Flip {
  readonly queue: string
  readonly isPaused: boolean
  /** The plan that did it; null for somebody else. */
  readonly planId: string | null
}

export interface ToyQueues {
  add(queue: string, waiting: number): void
  /** The same queues for one plan's execution, so that each change tells whose it is. */
  systemsFor(planId: string | null): QueueSystems
  isPaused(queue: string): boolean
  /** Somebody else sets or clears the flag. */
  setByOthers(queue: string, isPaused: boolean): Promise<void>
  grow(queue: string, jobs: number): void
}

/** Queues in memory, of the system `sales`, that can be paused and resumed. `onFlip` hears of it before it happens. */
export function createToyQueues(onFlip: (flip: Flip) => Promise<void>): ToyQueues {
  const queues = new Map<string, { isPaused: boolean; waiting: number }>()
  const find = (queue: string) => {
    const found = queues.get(queue)
    if (found === undefined) throw new OperatorError('unknown_queue', `no ${queue}`, 'Look again.')
    return found
  }
  const overview = (queue: string): QueueOverview => {
    const { isPaused, waiting } = find(queue)
    return { ...overviewOf(queue, { waiting }), isPaused }
  }
  async function set(queue: string, isPaused: boolean, planId: string | null): Promise<boolean> {
    const found = find(queue)
    if (found.isPaused === isPaused) return false
    await onFlip({ queue, isPaused, planId })
    const isChanged = found.isPaused !== isPaused
    found.isPaused = isPaused
    return isChanged
  }
  const none = { items: [], looked: 0, total: 0, isExact: true }
  const systemFor = (planId: string | null): QueueSystem => ({
    name: 'sales',
    kind: 'toy',
    capabilities: { pause: true, throttle: false, workers: true, failures: true },
    jobReader: null,
    jobs: null,
    knownQueues: () => [...queues.keys()].toSorted(),
    isSearched: () => true,
    discoverNow: async () => [...queues.keys()].toSorted(),
    overview: async (names) => names.map(overview),
    detail: async (queue) => ({ overview: overview(queue), waitingTypes: none, failures: none }),
    exactTypes: async () => none,
    planFacts: async () => ({ types: none, sample: [], rate: null, workers: 0 }),
    pauseState: async (queue) => {
      const seen = overview(queue)
      return { isPaused: seen.isPaused, overview: seen, hazards: [] }
    },
    pause: (queue) => set(queue, true, planId),
    resume: (queue) => set(queue, false, planId),
    repairStranded: async () => 0,
    proveHeld: async (queue) => (find(queue).isPaused ? 'held' : 'not_held'),
    proveRuns: async (queue) => (find(queue).isPaused ? 'paused_again' : 'running'),
    readThrottle: async () => ({ throttle: NO_THROTTLE, hazards: [] }),
    setThrottle: async () => NO_THROTTLE,
    proveThrottle: async () => 'set_not_proven',
    health: async () => ({
      system: 'sales',
      isReachable: true,
      pingMs: 0,
      version: null,
      usedMemoryBytes: null,
      maxMemoryBytes: null,
      maxMemoryPolicy: null,
      problem: null,
    }),
    missingRights: async () => [],
    close: async () => undefined,
  })
  return {
    add: (queue, waiting) => void queues.set(queue, { isPaused: false, waiting }),
    systemsFor(planId) {
      const system = systemFor(planId)
      return { all: () => [system], get: () => system }
    },
    isPaused: (queue) => find(queue).isPaused,
    setByOthers: async (queue, isPaused) => void (await set(queue, isPaused, null)),
    grow(queue, jobs) {
      find(queue).waiting += jobs
    },
  }
}
