import type { ButtonPurpose } from '../../domain/message.ts'
import { queueKey, type QueueOverview, type QueueRef } from '../../domain/queue.ts'
import type { Tokens } from '../../domain/views.ts'
import type { Deps } from '../deps.ts'

type TokenDeps = Pick<Deps, 'store' | 'clock' | 'ids' | 'systems'>

/** The token of the button for a purpose; the same one as long as nobody has used it up. */
export async function tokenFor(deps: TokenDeps, purpose: ButtonPurpose): Promise<string> {
  const button = await deps.store.now.buttons.ensure(purpose, deps.ids.token(), deps.clock.now())
  return button.token
}

/**
 * Buttons of one queue: look at it, and stop it or start it again, whichever applies. None for a queue that
 * does not exist: to pause it would invent it.
 */
export async function queueTokens(
  deps: TokenDeps,
  ref: QueueRef,
  incidentId: number | null,
  overview: QueueOverview | null,
): Promise<Tokens> {
  const system = deps.systems.all().find(({ name }) => name === ref.system)
  // An incident may outlive its system's place in the configuration.
  if (system === undefined || overview?.isKnown === false) return {}
  const about = { system: ref.system, queue: ref.queue, incidentId }
  const [status, failed] = await Promise.all([
    tokenFor(deps, { kind: 'status', ...about }),
    tokenFor(deps, { kind: 'failed', ...about }),
  ])
  if (!system.capabilities.pause) return { status, failed }
  const action = overview?.isPaused === true ? 'resume' : 'pause'
  const planned = { scope: queueKey(ref), refs: [ref], incidentId }
  const change = await tokenFor(deps, { kind: 'plan', action, ...planned, holdMs: null })
  return { status, failed, [action]: change }
}
