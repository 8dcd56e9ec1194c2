import { queueKey, type QueueRef, type Sampled, type TypeShare } from '../../domain/queue.ts'
import { incidentKey, ruleFor } from '../../domain/settings.ts'
import type { StatusView } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { nearestIfUnknown } from './known-queues.ts'
import { ignoreDatabase } from './list-queues.ts'
import { queueTokens } from './queue-tokens.ts'

type StatusDeps = Pick<Deps, 'store' | 'systems' | 'settings' | 'clock' | 'ids'>

/** One queue in detail, with the incident that is open for it. Throws `system_unreachable` when its system is away. */
export async function queueStatus(
  deps: StatusDeps,
  { ref }: { readonly ref: QueueRef },
): Promise<StatusView> {
  const system = deps.systems.get(ref.system)
  const key = incidentKey(deps.settings, ref)
  const [detail, state, health, holds, throttles, incident] = await Promise.all([
    system.detail(ref.queue),
    system.pauseState(ref.queue),
    system.health(),
    deps.store.now.holds.active(ref).catch(ignoreDatabase),
    deps.store.now.throttles.active(ref).catch(ignoreDatabase),
    deps.store.now.incidents.unresolvedByKey(key).catch(noIncident),
  ])
  return {
    line: { overview: detail.overview, rule: ruleFor(deps.settings, ref), holds, throttles },
    detail,
    nearest: nearestIfUnknown(deps.systems, detail.overview),
    hazards: state.hazards,
    health,
    incident,
    tokens: await queueTokens(deps, ref, incident?.id ?? null, detail.overview).catch(noTokens),
    at: deps.clock.now(),
  }
}

const noIncident = (error: unknown): null => {
  ignoreDatabase(error)
  return null
}

const noTokens = (error: unknown): object => {
  ignoreDatabase(error)
  return {}
}

/** All waiting jobs counted by type, in small slices; null if that is not done within `forMs`. */
export async function exactTypes(
  { systems, log }: Pick<Deps, 'systems' | 'log'>,
  { ref, forMs }: { readonly ref: QueueRef; readonly forMs: number },
): Promise<Sampled<TypeShare> | null> {
  const system = systems.get(ref.system)
  try {
    return await system.exactTypes(ref.queue, () => undefined, AbortSignal.timeout(forMs))
  } catch (error) {
    log.info({ event: 'types.not_counted', queue: queueKey(ref), err: error }, 'the sample stands')
    return null
  }
}
