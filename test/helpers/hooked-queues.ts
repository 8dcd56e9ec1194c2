import { OperatorError } from '../../src/domain/errors.ts'
import type { QueueSystem, QueueSystems } from '../../src/domain/ports/queue-system.ts'
import { NO_THROTTLE, type Throttle } from '../../src/domain/throttle.ts'
import { moved } from './moved.ts'
import { overviewOf } from './overviews.ts'

/** What a test does at an instant: before a queue is looked at, paused, resumed, throttled or watched. */
type Hook = (
  moment: 'look' | 'pause' | 'resume' | 'throttle' | 'watch',
  key: string,
) => Promise<void>

export interface HookedQueues {
  readonly systems: QueueSystems
  readonly paused: Set<string>
  /** Limits by queue, as found in its system; anybody may set them. */
  readonly throttled: Map<string, Throttle>
  /** Jobs per minute of late, by queue; of others nobody knows. */
  readonly paces: Map<string, number>
  /** Systems that do not answer. */
  readonly away: Set<string>
  onMoment(hook: Hook): void
}

/** Queues in memory of any system; each exists as soon as it is named. */
export function createHookedQueues(): HookedQueues {
  const paused = new Set<string>()
  const throttled = new Map<string, Throttle>()
  const paces = new Map<string, number>()
  const away = new Set<string>()
  let hook: Hook = async () => undefined
  const none = { items: [], looked: 0, total: 0, isExact: true }

  const systemOf = (system: string): QueueSystem => {
    const at = async (moment: Parameters<Hook>[0], queue: string): Promise<string> => {
      const key = `${system}/${queue}`
      await hook(moment, key)
      if (away.has(system))
        throw new OperatorError('system_unreachable', `System "${system}" is away.`, 'Wait.')
      return key
    }
    const overview = (queue: string) => ({
      ...overviewOf(queue, { waiting: 5 }),
      ref: { system, queue },
      isPaused: paused.has(`${system}/${queue}`),
      throttle: throttled.get(`${system}/${queue}`) ?? NO_THROTTLE,
    })
    const set = async (moment: 'pause' | 'resume', queue: string): Promise<boolean> => {
      const key = await at(moment, queue)
      if (paused.has(key) === (moment === 'pause')) return false
      if (moment === 'pause') paused.add(key)
      else paused.delete(key)
      return true
    }
    return {
      name: system,
      kind: 'hooked',
      capabilities: { pause: true, throttle: true, workers: true, failures: true },
      jobReader: null,
      jobs: null,
      knownQueues: () => [],
      isSearched: () => true,
      discoverNow: async () => [],
      overview: async (queues) => queues.map(overview),
      detail: async (queue) => ({ overview: overview(queue), waitingTypes: none, failures: none }),
      exactTypes: async () => none,
      planFacts: async (queue) => {
        const perMinute = paces.get(`${system}/${queue}`)
        const rate = perMinute === undefined ? null : { perMinute, over: 9, sinceMs: 60_000 }
        return { types: none, sample: [], rate, workers: 1 }
      },
      pauseState: async (queue) => {
        await at('look', queue)
        const seen = overview(queue)
        return { isPaused: seen.isPaused, overview: seen, hazards: [] }
      },
      pause: (queue) => set('pause', queue),
      resume: (queue) => set('resume', queue),
      repairStranded: async () => 0,
      proveHeld: async (queue) => (paused.has(await at('watch', queue)) ? 'held' : 'not_held'),
      proveRuns: async (queue) =>
        paused.has(await at('watch', queue)) ? 'paused_again' : 'running',
      readThrottle: async (queue) => ({
        throttle: throttled.get(await at('look', queue)) ?? NO_THROTTLE,
        hazards: [],
      }),
      setThrottle: async (queue, change) => {
        const key = await at('throttle', queue)
        throttled.set(key, moved(throttled.get(key) ?? NO_THROTTLE, change))
        return throttled.get(key) ?? NO_THROTTLE
      },
      proveThrottle: async (queue) => {
        await at('watch', queue)
        return 'held'
      },
      health: () => Promise.reject(new Error('nobody asks')),
      missingRights: async () => [],
      close: async () => undefined,
    }
  }
  return {
    systems: { all: () => ['sales', 'other'].map(systemOf), get: systemOf },
    paused,
    throttled,
    paces,
    away,
    onMoment: (next) => {
      hook = next
    },
  }
}
