import type { PlannedQueue } from '../../domain/action.ts'
import { queueKey } from '../../domain/queue.ts'
import { hazardsOf } from '../../domain/throttle-hazards.ts'
import { type PlannedThrottle, shareOf, type Throttle } from '../../domain/throttle.ts'
import type { Deps } from '../deps.ts'
import { live } from '../queues/queue-reads.ts'

/** To what queues are to be slowed, and of a pause that ends so, for how long after it; null without an end. */
export interface ThrottleWish {
  readonly to: Throttle
  readonly thenMs: number | null
}

export interface PreparedThrottle {
  readonly throttle: PlannedThrottle
  /** With what is known of workers that may not keep to it. */
  readonly queues: readonly PlannedQueue[]
}

const AT_ONCE = 25

/** What is left of each queue's pace, and who may not keep to the limits. Throws what systems throw. */
export async function prepareThrottle(
  deps: Pick<Deps, 'systems' | 'clock'>,
  wish: ThrottleWish,
  planned: readonly PlannedQueue[],
): Promise<PreparedThrottle> {
  const looked: { readonly queue: PlannedQueue; readonly share: number | null }[] = []
  for (let from = 0; from < planned.length; from += AT_ONCE)
    looked.push(
      ...(await Promise.all(
        planned.slice(from, from + AT_ONCE).map((queue) => look(deps, wish, queue)),
      )),
    )
  const shares = Object.fromEntries(looked.map(({ queue, share }) => [queueKey(queue.ref), share]))
  return { throttle: { ...wish, shares }, queues: looked.map(({ queue }) => queue) }
}

async function look(
  { systems, clock }: Pick<Deps, 'systems' | 'clock'>,
  { to }: ThrottleWish,
  queue: PlannedQueue,
): Promise<{ readonly queue: PlannedQueue; readonly share: number | null }> {
  const { ref, before } = queue
  const system = systems.get(ref.system)
  const [{ hazards }, facts] = await Promise.all([
    system.readThrottle(ref.queue),
    live(clock.now(), () => system.planFacts(ref.queue)),
  ])
  const perMinute = facts.isLive ? (facts.value.rate?.perMinute ?? null) : null
  return {
    queue: { ...queue, warnings: [...queue.warnings, ...hazardsOf(hazards, to)] },
    share: shareOf(to, { perMinute, active: before.counts.active }),
  }
}
