import { z } from 'zod'

import type { QueueSystem } from '../../domain/ports/queue-system.ts'
import { throttleHazards } from '../../domain/throttle-hazards.ts'
import type { Throttle, ThrottleChange, ThrottleState } from '../../domain/throttle.ts'
import { queueKeys } from './keys.ts'
import { CHANGE_ADVICE, type PauseDeps } from './pause.ts'
import { loadScript, runScript } from './scripts.ts'
import { concurrencyText, LIMIT_FIELDS, rateText, readLimits } from './throttle-fields.ts'
import { watchThrottle } from './throttle-watch.ts'

const THROTTLE = loadScript('throttle')

const Reply = z.array(z.string().nullable()).length(LIMIT_FIELDS.length)

/** The limits in the queue's metadata, and what is known of its workers. */
async function readThrottle(deps: PauseDeps, queue: string): Promise<ThrottleState> {
  const { meta } = queueKeys(deps.config.prefix, queue)
  const [[version = null, ...limits], workers] = await Promise.all([
    deps.reads.run((redis) => redis.hmget(meta, 'version', ...LIMIT_FIELDS)),
    deps.workers.lately(),
  ])
  return {
    throttle: readLimits(limits),
    hazards: throttleHazards({
      libraryVersion: version,
      majors: deps.config.majors,
      v4Workers: workers === null ? null : (workers.get(queue)?.v4 ?? 0),
    }),
  }
}

const UNTOUCHED = ['-', '', '']

/** Of a step: where to, and up to two values from which; the second one may be missing. */
function stepArgs<T>(
  step: { readonly from: readonly T[]; readonly to: T } | undefined,
  text: (value: T) => string,
): readonly string[] {
  if (step === undefined) return UNTOUCHED
  const [first = step.to, second = first] = step.from
  return [step.to, first, second].map(text)
}

/** Makes a change in one atomic step, and resolves to what the limits are then. */
async function setThrottle(
  { config, changes }: PauseDeps,
  queue: string,
  { rate, concurrency }: ThrottleChange,
): Promise<Throttle> {
  const { base, meta } = queueKeys(config.prefix, queue)
  const args = [...stepArgs(rate, rateText), ...stepArgs(concurrency, concurrencyText)]
  const reply = await changes.run(
    (redis) => runScript(redis, THROTTLE, [meta, `${base}limiter`], args),
    CHANGE_ADVICE,
  )
  return readLimits(Reply.parse(reply))
}

/** The part of a system that slows its queues. */
export const throttling = (
  deps: PauseDeps,
): Pick<QueueSystem, 'readThrottle' | 'setThrottle' | 'proveThrottle'> => ({
  readThrottle: (queue) => readThrottle(deps, queue),
  setThrottle: (queue, change) => setThrottle(deps, queue, change),
  proveThrottle: (queue, throttle, forMs) =>
    watchThrottle(deps.reads, queueKeys(deps.config.prefix, queue), throttle, {
      forMs,
      hasWorkers: async () => ((await deps.workers.lately())?.get(queue)?.all ?? 0) > 0,
    }),
})
