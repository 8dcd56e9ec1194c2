import type { Hold } from '../../domain/action.ts'
import { isSameQueue, type QueueOverview, type QueueRef } from '../../domain/queue.ts'
import { isThrottled } from '../../domain/throttle.ts'
import type { HeldView, Tokens } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { live } from './queue-reads.ts'
import { tokenFor } from './queue-tokens.ts'

/** Everything that Spillway holds, and what somebody else has paused or limited. */
export async function listHeld(
  deps: Pick<Deps, 'store' | 'systems' | 'clock' | 'ids'>,
): Promise<HeldView> {
  const at = deps.clock.now()
  const [holds, throttles, freeze] = await Promise.all([
    deps.store.now.holds.active(null),
    deps.store.now.throttles.active(null),
    deps.store.now.control.frozen(),
  ])
  // Every system is asked, also one of which no queue is known: silence is not "nothing is paused".
  const answers = await Promise.all(
    deps.systems.all().map((system) =>
      live(at, async () => {
        const known = system.knownQueues()
        return system.overview(known.length > 0 ? known : await system.discoverNow())
      }),
    ),
  )
  const seen: QueueOverview[] = answers.flatMap((answer) => (answer.isLive ? answer.value : []))
  const isOurs = (all: readonly Hold[], ref: QueueRef): boolean =>
    all.some((hold) => isSameQueue(hold.ref, ref))
  const tokens: Tokens =
    freeze === null ? {} : { unfreeze: await tokenFor(deps, { kind: 'unfreeze' }) }
  return {
    holds,
    throttles,
    freeze,
    foreign: seen.flatMap(({ isPaused, ref }) => (isPaused && !isOurs(holds, ref) ? [ref] : [])),
    limited: seen.filter(({ throttle, ref }) => isThrottled(throttle) && !isOurs(throttles, ref)),
    problems: answers.flatMap((answer) => (answer.isLive ? [] : [answer.problem])),
    tokens,
    at,
  }
}
