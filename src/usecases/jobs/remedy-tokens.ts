import { OperatorError } from '../../domain/errors.ts'
import type { QueueSystem } from '../../domain/ports/queue-system.ts'
import { queueKey, type QueueOverview, type QueueRef } from '../../domain/queue.ts'
import type { RemedyAction } from '../../domain/remedy.ts'
import { NO_THROTTLE, type Throttle } from '../../domain/throttle.ts'
import type { Tokens } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'
import { ignoreDatabase } from '../queues/list-queues.ts'
import { tokenFor } from '../queues/queue-tokens.ts'
import { jobToken } from './job-tokens.ts'

type TokenDeps = Pick<Deps, 'store' | 'clock' | 'ids' | 'systems'>

interface About {
  readonly ref: QueueRef
  readonly incidentId: number | null
}

/**
 * Tokens of what remedies advise for a queue as a whole: pause, throttle, unstick. What would change nothing, as
 * the pause of a paused queue, is left out; so is everything while the queue or our database cannot be asked.
 */
export async function remedyTokens(
  deps: TokenDeps,
  about: About,
  advised: ReadonlySet<RemedyAction>,
): Promise<Tokens> {
  const system = deps.systems.get(about.ref.system)
  try {
    const [overview] = await system.overview([about.ref.queue])
    if (overview === undefined || !overview.isKnown) return {}
    return {
      ...(advised.has('pause') ? await pauseToken(deps, about, system, overview) : {}),
      ...(advised.has('throttle') ? await throttleToken(deps, about, system, overview) : {}),
      ...(advised.has('unstick') ? await unstickToken(deps, about, system) : {}),
    }
  } catch (error) {
    if (!isSystemAway(error)) ignoreDatabase(error)
    return {}
  }
}

const isSystemAway = (error: unknown): boolean =>
  error instanceof OperatorError && ['system_unreachable', 'not_supported'].includes(error.code)

async function pauseToken(
  deps: TokenDeps,
  about: About,
  { capabilities }: QueueSystem,
  { isPaused }: QueueOverview,
): Promise<Tokens> {
  if (!capabilities.pause || isPaused) return {}
  return { pause: await tokenFor(deps, { kind: 'plan', action: 'pause', ...wholeQueue(about) }) }
}

async function throttleToken(
  deps: TokenDeps,
  about: About,
  system: QueueSystem,
  overview: QueueOverview,
): Promise<Tokens> {
  const to = system.capabilities.throttle ? await half(system, overview) : null
  if (to === null) return {}
  const throttle = { to, thenMs: null }
  const purpose = { kind: 'plan' as const, action: 'throttle' as const, throttle }
  return { throttle: await tokenFor(deps, { ...purpose, ...wholeQueue(about) }) }
}

async function unstickToken(deps: TokenDeps, about: About, { jobs }: QueueSystem): Promise<Tokens> {
  if (jobs === null) return {}
  return { unstick: await jobToken(deps, 'unstick', { ...about, filter: '', options: {} }) }
}

const wholeQueue = ({ ref, incidentId }: About) => ({
  scope: queueKey(ref),
  refs: [ref],
  incidentId,
  holdMs: null,
})

const MINUTE_MS = 60_000

/** Half as many jobs at once as run now, else half as many a minute as of late; null where there is nothing to halve. */
async function half(system: QueueSystem, { ref, counts }: QueueOverview): Promise<Throttle | null> {
  if (counts.active > 1) return { ...NO_THROTTLE, concurrency: Math.floor(counts.active / 2) }
  const { rate } = await system.planFacts(ref.queue)
  const max = Math.floor((rate?.perMinute ?? 0) / 2)
  return max > 0 ? { ...NO_THROTTLE, rate: { max, durationMs: MINUTE_MS } } : null
}
