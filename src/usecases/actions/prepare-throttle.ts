import type { PlannedQueue, ThrottleHold } from '../../domain/action.ts'
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
  /** What it leaves of the pace of now, of an only queue: 0 to 1; null where nobody could say. */
  readonly leaves: number | null
}

const AT_ONCE = 25

type ThrottleDeps = Pick<Deps, 'systems' | 'clock' | 'store'>

/**
 * What is left of each queue's pace, as it was before the throttles that last, and who may not keep to the
 * limits. Throws what systems throw.
 */
export async function prepareThrottle(
  deps: ThrottleDeps,
  wish: ThrottleWish,
  planned: readonly PlannedQueue[],
): Promise<PreparedThrottle> {
  const looked: Looked[] = []
  for (let from = 0; from < planned.length; from += AT_ONCE)
    looked.push(
      ...(await Promise.all(
        planned.slice(from, from + AT_ONCE).map((queue) => look(deps, wish, queue)),
      )),
    )
  const shares = Object.fromEntries(looked.map(({ queue, share }) => [queueKey(queue.ref), share]))
  return {
    throttle: { ...wish, shares },
    queues: looked.map(({ queue }) => queue),
    leaves: looked.length === 1 ? (looked[0]?.leaves ?? null) : null,
  }
}

interface Looked extends Pick<PreparedThrottle, 'leaves'> {
  readonly queue: PlannedQueue
  readonly share: number | null
}

async function look(
  { systems, clock, store }: ThrottleDeps,
  { to }: ThrottleWish,
  queue: PlannedQueue,
): Promise<Looked> {
  const { ref, before } = queue
  const system = systems.get(ref.system)
  const [{ hazards }, facts, lasting] = await Promise.all([
    system.readThrottle(ref.queue),
    live(clock.now(), () => system.planFacts(ref.queue)),
    store.now.throttles.active(ref),
  ])
  const perMinute = facts.isLive ? (facts.value.rate?.perMinute ?? null) : null
  const left = leftBy(lasting)
  const pace = { perMinute, active: before.counts.active }
  return {
    queue: { ...queue, warnings: [...queue.warnings, ...hazardsOf(hazards, to)] },
    share: left === null ? null : shareOf(to, paceBefore(pace, left)),
    leaves: shareOf(to, pace),
  }
}

type Pace = Parameters<typeof shareOf>[1]

/** What the throttles that last leave of the pace before the first of them: the strictest counts; null if not known. */
const leftBy = (lasting: readonly Pick<ThrottleHold, 'share'>[]): number | null =>
  lasting.reduce<number | null>(
    (least, { share }) => (least === null || share === null ? null : Math.min(least, share)),
    1,
  )

/** Measured against a pace that is throttled already, a queue could be stopped step by step. */
const paceBefore = ({ perMinute, active }: Pace, left: number): Pace => ({
  perMinute: perMinute === null ? null : perMinute / left,
  active: active / left,
})
